"""The settings of a request in words, for a page of paper and for a report."""

from collections.abc import Mapping

from ..answer_types import Setting
from ..request.fields import FORM, Field, Kind

LONGEST = 120  # characters of one setting


def settings_in_words(texts: Mapping[str, str], axis: str = "") -> list[Setting]:
    """Each setting of the form that plays a part, as its label and what it says; what is empty or off is left out.

    `axis` is what the axis means for the numbers at hand, in words.

    >>> texts = {field.name: field.default for group in FORM.values() for field in group}
    >>> [f"{found['label']}: {found['text']}" for found in settings_in_words(texts)][:3]
    ['Values: -3.0, 0.1, 3.2', 'Bits: 8', 'Number format: integer, by bits and sign']
    """
    found: list[Setting] = []
    for field in (field for group in FORM.values() for field in group):
        given = axis if axis and field.name == "axis" else texts[field.name]
        is_said = field.matters(texts) and field.kind is not Kind.HIDDEN and given not in ("", _unsaid(field))
        if is_said or field.name == "format":
            found.append({"name": field.name, "label": field.label, "text": in_words(field, given)})
    return found


def _unsaid(field: Field) -> str:
    """What of a field goes without saying: a box that is not ticked; that numbers are typed, and quantized."""
    return "0" if field.kind is Kind.FLAG else field.default if field.name in ("source", "direction") else ""


def in_words(field: Field, text: str) -> str:
    """What a field's text says, cut where it is long."""
    given = {"1": "yes", "0": "no"}[text] if field.kind is Kind.FLAG else field.choices.get(text, text)
    return given if len(given) <= LONGEST else given[: LONGEST - 1].rstrip(" ,") + "…"
