"""The table of instruments: fixed order, built only when asked for, each in its group; nothing else names them."""

import re
from pathlib import Path

import lab
import pytest
from lab.instruments import GROUPS, INSTRUMENTS, Size
from lab.request.fields import FIELDS

SITE = Path(lab.__file__).parents[1]
REQUESTS = re.compile(r"<!--render:[\w.]+\?.*?-->|>>> .*|^    \(\[.*", re.MULTILINE)  # an author's, and examples


def test_every_instrument_is_listed_in_the_same_order() -> None:
    """Whatever is asked, the answer lists every instrument in the order of the table, each with its group and title."""
    for request in ({}, {"direction": "dequantize"}, {"show": "error"}, {"show": "histogram,mapping"}):
        views = lab.answer(request)["instruments"]
        assert [view["name"] for view in views] == list(INSTRUMENTS)
        assert all(view["group"] in GROUPS and view["title"] for view in views)


def test_only_what_is_asked_for_is_built() -> None:
    """`show` names what is built; the rest has no figure and waits, unless it does not apply at all."""
    answer = lab.answer({"show": " error , histogram,error"})
    assert answer["request"]["show"] == "error,histogram"
    assert set(answer["figures"]) == {"error", "histogram"}
    views = {view["name"]: view for view in answer["instruments"]}
    waiting = views["mapping"]
    assert (waiting["applies"], waiting["has_figure"], waiting["waits"]) == (False, False, True)
    assert "caption" not in waiting
    assert "waits" not in views["heatmaps"]  # three numbers are no matrix
    assert views["error"]["applies"]
    assert views["error"]["has_figure"]


def test_nothing_asked_for_means_everything() -> None:
    """An empty `show` builds all that applies, and nothing waits."""
    answer = lab.answer({"show": ""})
    built = {view["name"] for view in answer["instruments"] if view["applies"]}
    assert set(answer["figures"]) == {view["name"] for view in answer["instruments"] if view["has_figure"]} <= built
    assert not any(view.get("waits") for view in answer["instruments"])


def test_unknown_names_are_errors_at_show() -> None:
    """A name that is no instrument is refused at `show`, with advice, beside every other error."""
    answer = lab.answer({"show": "mapping,histogramm", "bits": "99"})
    assert [error["field"] for error in answer["errors"]] == ["bits", "show"]
    assert 'Did you mean "histogram"?' in answer["errors"][1]["message"]


@pytest.mark.parametrize("name", ["histogram", "calibration", "error_histogram"])
def test_what_needs_the_values_does_not_apply_to_codes(name: str) -> None:
    """Where only codes are given, nobody knows the values, and what needs them does not apply."""
    views = {view["name"]: view for view in lab.answer({"direction": "dequantize"})["instruments"]}
    assert not views[name]["applies"]
    assert "waits" not in views[name]


def test_one_instrument_leads() -> None:
    """The page has one instrument above all others."""
    assert [entry.size for entry in INSTRUMENTS.values()].count(Size.LEAD) == 1


@pytest.mark.parametrize("name", [name for name in INSTRUMENTS if name not in FIELDS and name != "error"])
def test_nothing_but_the_table_names_an_instrument(name: str) -> None:
    """Outside its folder nothing of the site has an instrument's name, so that a new one is a line to add."""
    files = [path for kind in ("py", "html", "css", "js", "mjs") for path in SITE.rglob(f"*.{kind}")]
    others = [path for path in files if "instruments" not in path.parts]
    quoted = re.compile(rf"""[\"'=,&]{name}[\"',&]""")
    assert [path.name for path in others if quoted.search(REQUESTS.sub("", path.read_text("utf-8")))] == []
