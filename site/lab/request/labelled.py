"""Errors as a visitor reads them: a field is called by its label, a choice by what the form calls it.

`quantcore` and the readers name what they check by the name that a caller knows, such as `block_size`; on the page it
is “Block size”.
"""

import re

import quantcore as qc

from .fields import FIELDS, Kind

NAMED = tuple(name for name, field in FIELDS.items() if field.kind not in (Kind.FILE, Kind.HIDDEN))
_APART = re.compile(rf"\b({'|'.join(name for name in NAMED if '_' in name)})\b")
"""Names that are no English words, and so are names wherever they stand."""
_CHOICE = re.compile(rf"\b({'|'.join(name for name in NAMED if FIELDS[name].kind is Kind.CHOICE)}) (is )?(\w+)")


def labelled(error: qc.QuantError) -> str:
    """The message of an error with labels in place of names.

    >>> labelled(qc.QuantError("bits is 40; it must be a whole number from 2 to 16.", "bits"))
    '“Bits” is 40; it must be a whole number from 2 to 16.'
    >>> labelled(qc.QuantError("granularity is axis; choose the direction dequantize.", "granularity"))
    '“Granularity” is “per channel, along an axis”; choose the “Direction: Dequantize”.'
    """
    message = _CHOICE.sub(_of_choice, error.message)
    if error.field in NAMED:
        message = re.sub(rf"^{error.field}\b", f"“{FIELDS[error.field].label}”", message)
    return _APART.sub(lambda found: f"“{FIELDS[found[1]].label}”", message)


def _of_choice(found: re.Match[str]) -> str:
    field, verb, value = FIELDS[found[1]], found[2], found[3]
    if value not in field.choices:
        return found[0]
    choice = field.choices[value]
    return f"“{field.label}” is “{choice}”" if verb else f"“{field.label}: {choice}”"
