from html.parser import HTMLParser
from typing import Any

import pytest
from assembly import controls
from assembly.prerender import to_html
from lab import answer
from lab.request.fields import BY_FORMAT, FORM, PROFILES, TABLE, Kind

IN_FORM = {field.name for group in FORM.values() for field in group}
BESIDE = [field for field in TABLE if field.name not in IN_FORM]
VIEWS = controls.views(FORM, BESIDE, PROFILES, BY_FORMAT, [".npy"])
NAMES = [field.name for field in TABLE if field.kind not in (Kind.FILE, Kind.HIDDEN)]


class Elements(HTMLParser):
    """Collects the elements of some markup: tag, attributes, and the tags around them."""

    def __init__(self, markup: str) -> None:
        """Reads the markup."""
        super().__init__()
        self.around: list[str] = []
        self.found: list[tuple[str, dict[str, Any], list[str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), list(self.around)))
        if tag != "input":
            self.around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.around.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name_a_label_and_a_hint(name: str) -> None:
    """Each field has controls named after it, each with a label around it or pointing at it, and a hint."""
    (node,) = VIEWS[f"field-{name}"](answer({}))
    elements = Elements(to_html(node)).found
    ids = {attributes.get("id") for _, attributes, _ in elements}
    labelled = {attributes.get("for") for tag, attributes, _ in elements if tag == "label"}
    named = [(attributes, around) for tag, attributes, around in elements if tag in ("input", "select", "textarea")]
    assert named
    mirrors = [attributes for attributes, _ in named if "data-mirror" in attributes]
    assert all(one["data-mirror"] == name and one["aria-label"] for one in mirrors)
    named = [(attributes, around) for attributes, around in named if attributes not in mirrors]
    assert {attributes["name"] for attributes, _ in named} == {name}
    assert all("label" in around or attributes.get("id") in labelled for attributes, around in named)
    pointed = {a[key] for _, a, _ in elements for key in ("aria-describedby", "aria-labelledby") if key in a}
    assert pointed <= ids
    assert f"{name}-hint" in ids


def test_the_form_shows_what_the_example_needs() -> None:
    """Controls that do not apply to the default request are hidden, and no others."""
    request = answer({})
    hidden = {name for name in NAMES if VIEWS[f"field-{name}"](request)[0][1].get("hidden")}
    assert "codes" in hidden
    assert "values" not in hidden


def test_a_number_format_says_what_it_is() -> None:
    """Each choice carries a sentence of its own, and the one of the default is the hint before any script."""
    (node,) = VIEWS["field-format"](answer({}))
    elements = Elements(to_html(node)).found
    hints = {a["value"]: a.get("data-hint", "") for tag, a, _ in elements if tag == "option"}
    assert all(hint.endswith(".") for hint in hints.values())
    assert "Blocks of 32, 4.25 bits a value" in hints["mxfp4"]
    assert "numbers up to 448" in hints["float8_e4m3fn"]
    assert hints[""] in to_html(node).partition('id="format-hint"')[2]


def test_choices_that_do_not_apply_say_when_they_do() -> None:
    """A search over whole numbers is for integers, and no scale at all for floats."""
    (node,) = VIEWS["field-calibration"](answer({}))
    when = {a["value"]: a.get("data-when", "") for tag, a, _ in Elements(to_html(node)).found if tag == "option"}
    assert when["entropy"] == "format="
    assert "float8_e4m3fn" in when["none"]
    assert not when["minmax"]
