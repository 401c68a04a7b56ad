"""Numbers that are only read have at most five digits, and all where one asks; powers are written as on axes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import lab
import pytest

REQUESTS = [
    {},
    {"profile": "onnx", "source": "normal", "shape": "8,64", "spread": "0.00002", "granularity": "axis"},
    {"format": "q4_k", "source": "normal", "shape": "2,256"},
    {"format": "nvfp4", "values": "0.123456789, 123456.789, -1e-9"},
    {"direction": "dequantize"},
]

DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")

POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

NEAR_TIES = {"requantize"}
"""Instruments whose numbers are about to be rounded: as many digits are written as decide."""

NEAR_ONE = {"cosine"}
"""Columns of figures that differ in the seventh digit."""


def read_texts(answer: dict[str, Any]) -> Iterator[str]:
    """What is written in sentences, in tables and beside the figures, and in no derivation."""
    for tile in answer["summary"]:
        yield tile["brief"]
    for notice in answer["notices"]:
        yield notice["message"]
    tables = [answer["table"]]
    for item in answer["instruments"]:
        if "caption" in item and item["name"] not in NEAR_TIES:
            yield item["caption"]
            yield item.get("reply", "")
            tables += [item["table"], *item.get("tables", [])]
    for table in tables:
        yield table["caption"]
        for row in table["rows"]:
            for at, (column, cell) in enumerate(zip(table["columns"], row["cells"], strict=True)):
                if column["key"] not in NEAR_ONE and not column.get("is_text"):
                    yield row.get("brief", {}).get(str(at), cell)


def significant(text: str) -> int:
    """How many digits are written, zeros around them left out; all before the point, for whole parts are kept."""
    whole, _, rest = text.partition(".")
    digits = (whole + rest.rstrip("0")).lstrip("0")
    return len(digits) if rest.strip("0") else 0


@pytest.mark.parametrize("request_", REQUESTS)
def test_numbers_have_five_digits(request_: dict[str, str]) -> None:
    """No decimal has more, unless it takes more to reach its point; none has an e, none a sign of approximation."""
    found = 0
    for text in read_texts(lab.answer(request_)):
        assert not re.search(r"(?<![\w.])\d+(\.\d+)?e[−-]?\d+(?!\w)", text), text
        assert not re.search(r"≈[\d−]", text), text
        for number in DECIMAL.findall(text):
            found += 1
            assert significant(number) <= max(5, len(number.partition(".")[0])), text
    assert found > 50


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_words_of_a_derivation_are_sentences(request_: dict[str, str]) -> None:
    """The sign that digits were left out stands in the formulas, not in what is said of them."""
    answer = lab.answer(request_)
    steps = [*answer["steps"], *(step for item in answer["instruments"] for step in item.get("steps", []))]
    assert len(steps) >= 2
    assert [step["text"] for step in steps if re.search(r"≈[\d−]", step["text"])] == []


def test_all_digits_are_there() -> None:
    """A float64 is told by the shortest decimal that stands for it; what is seen is that number in five digits."""
    row = lab.answer({"values": "0.123456789, 0.7", "precision": "float64"})["table"]["rows"][0]
    assert (row["cells"][0], row["brief"]["0"]) == ("0.123456789", "0.12346")


def test_a_number_to_be_rounded_never_looks_like_a_tie_that_it_is_not() -> None:
    """2.4999999 steps of a scale of 1 are no 2.5."""
    request = {"values": "2.4999999, 2.5", "profile": "onnx", "calibration": "given", "scale": "1", "zero_point": "0"}
    rows = lab.answer({**request, "precision": "float64"})["table"]["rows"]
    assert [row.get("brief", {}).get("1", row["cells"][1]) for row in rows] == ["2.4999999", "2.5"]


def test_a_table_says_whether_digits_are_left_out() -> None:
    """Halves and quarters need no more digits than are seen."""
    exact = {"values": "-0.5 0 0.25", "profile": "onnx", "calibration": "given", "scale": "0.25", "zero_point": "0"}
    assert "is_rounded" not in lab.answer(exact)["table"]
    assert lab.answer({})["table"]["is_rounded"]


def told(answer: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every shortened number of a sentence, with the sentence."""
    for notice in answer["notices"]:
        yield from ((notice["message"], number) for number in notice.get("digits", []))
    for item in answer["instruments"]:
        for name in ("caption", "reply"):
            yield from ((item[name], number) for number in item.get(f"{name}_digits", []))


CLIPPING = {"profile": "onnx", "values": "0.1, 0.2, 7.7", "calibration": "manual", "range_min": "-1", "range_max": "3"}


@pytest.mark.parametrize("request_", [*REQUESTS, CLIPPING, {"max_error": "0.0123456"}])
def test_sentences_have_all_digits_too(request_: dict[str, str]) -> None:
    """Each shortened number stands where it is said to, and is the longer one in fewer digits."""
    answer = lab.answer(request_)
    assert "\u2063" not in json.dumps(answer, ensure_ascii=False)
    found = list(told(answer))
    for text, number in found:
        brief, digits = number["brief"], number["digits"]
        assert text[number["at"] :].startswith(brief)
        seen, full = (re.sub(r"[ %dB]", "", plain(one)) for one in (brief, digits))
        assert len(seen) < len(full) or "×" in brief
        assert float(seen) == pytest.approx(float(full), rel=5.1e-3)
    assert len(found) > 2


def plain(text: str) -> str:
    """A number as programs read it."""
    text = re.sub(r"(?:×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found[1].translate(POWERS), text)
    return text.replace("−", "-")


def test_a_clipped_share_is_told_with_all_digits() -> None:
    """One of three values, as a number of the notice."""
    notice = next(one for one in lab.answer(CLIPPING)["notices"] if "clipped" in one["message"])
    assert notice["message"].startswith("1 value is clipped (33.3 %)")
    assert notice["digits"] == [{"at": 20, "brief": "33.3 %", "digits": "33.33333333333333 %"}]
