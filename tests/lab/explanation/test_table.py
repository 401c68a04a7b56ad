"""The table: one page of rows around the followed number, every cell from the notebook's example by hand."""

from base64 import b64decode

import lab
import numpy as np
import pytest


def test_the_cells_of_the_notebooks_example() -> None:
    """Value, scaled value, code in three forms, reconstruction and error of 0.1, worked out by hand."""
    table = lab.answer({"element": "1"})["table"]
    assert [column["key"] for column in table["columns"]] == [
        "x", "scaled", "q", "hex", "bits", "x_hat", "error", "error_steps",
    ]  # fmt: skip
    # 0.1 * 255 / 6.2 = 4.112903225806451; -1 is 0xFF; 4 * 6.2 / 255 = 0.0972549019607843
    assert table["rows"][1] == {
        "index": 1,
        "selected": True,
        "cells": [
            "0.1", "4.112903225806451", "−1", "0xFF", "1111 1111", "0.09725490196078432", "−0.0027450980392156876",
            "−0.11290322580645167",
        ],
        "brief": {"1": "4.1129", "5": "0.097255", "6": "−0.0027451", "7": "−0.1129"},
    }  # fmt: skip
    assert table["is_rounded"]


def test_the_page_holds_the_followed_number() -> None:
    """The page shown is the one with the followed number, whose row is marked."""
    table = lab.answer({"values": " ".join(map(str, range(120))), "element": "77"})["table"]
    assert (table["first"], table["total"], table["page_size"]) == (70, 120, 10)
    assert [row["index"] for row in table["rows"] if row["selected"]] == [77]
    assert [row["index"] for row in table["rows"]] == list(range(70, 80))


@pytest.mark.parametrize(("rows", "shown"), [("10", range(100, 110)), ("100", range(100, 120)), ("1000", range(120))])
def test_more_rows_on_request(rows: str, shown: range) -> None:
    """A longer page holds the followed number, too, and all of the shorter one."""
    table = lab.answer({"values": " ".join(map(str, range(120))), "element": "107", "table_rows": rows})["table"]
    assert [row["index"] for row in table["rows"]] == list(shown)
    assert table["page_size"] == int(rows)


CAST = {"profile": "onnx", "calibration": "given", "scale": "1", "zero_point": "0", "table_order": "error"}


def test_the_largest_errors_come_first() -> None:
    """With a scale of 1 the error is the distance to the next whole number, or beyond 127: by hand."""
    values = "0.25, -0.5, 0.125, 3, 130, 0.5, -7.375"
    table = lab.answer({**CAST, "values": values, "element": "3"})["table"]
    assert [row["index"] for row in table["rows"]] == [4, 1, 5, 6, 0, 2, 3]
    column = [column["key"] for column in table["columns"]].index("error")
    assert [row["cells"][column] for row in table["rows"]] == ["−3.0", "0.5", "−0.5", "0.375", "−0.25", "−0.125", "0.0"]
    assert [row["index"] for row in table["rows"] if row["selected"]] == [3]
    assert table["caption"] == "All 7 numbers, the largest error first"


def test_only_the_largest_of_many() -> None:
    """Of thousands, ten: those that a sort of all errors begins with; equal ones by their index."""
    errors = np.random.default_rng(3).integers(-30, 31, 3000) / 64
    answer = lab.answer({**CAST, "values": " ".join(map(str, errors)), "table_rows": "100"})
    expected = sorted(range(3000), key=lambda i: (-abs(errors[i]), i))[:100]
    assert [row["index"] for row in answer["table"]["rows"]] == expected
    assert (answer["table"]["first"], answer["table"]["total"]) == (0, 3000)
    assert answer["table"]["caption"] == "The 100 numbers with the largest errors, of 3,000"


def test_what_has_no_error_comes_last() -> None:
    """Where infinity comes back as infinity there is no error; codes alone have none, and stay in their order."""
    floats = {"format": "float8_e5m2", "calibration": "none", "overflow": "overflow", "table_order": "error"}
    table = lab.answer({**floats, "values": "1, 70000, 1.0625"})["table"]
    assert [row["index"] for row in table["rows"]] == [1, 2, 0]  # an infinity for 70000 is an infinite error
    codes = {"direction": "dequantize", "codes": "5, 1, 9", "table_order": "error"}
    assert [row["index"] for row in lab.answer(codes)["table"]["rows"]] == [0, 1, 2]


def test_the_report_has_twenty_rows() -> None:
    """A report is not shorter because the page's table is."""
    report = b64decode(lab.export({"values": " ".join(map(str, range(40)))}, "report.md")["data"]).decode()
    numbers = report.split("## Numbers")[1].split("## Number ")[0]
    assert sum(line.startswith("|") for line in numbers.splitlines()) == 2 + 20


def test_a_matrix_tells_places() -> None:
    """In a matrix, each row tells where its number stands."""
    table = lab.answer({"values": "[[1, 2], [3, 4]]"})["table"]
    assert table["columns"][0]["key"] == "place"
    assert [row["cells"][0] for row in table["rows"]] == ["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"]


def test_codes_outside_their_width_have_no_bits() -> None:
    """A code of the notebook that does not fit is shown in decimal only."""
    cells = lab.answer({"values": "-129.5 0 125.5"})["table"]["rows"][2]["cells"]
    assert cells[2:5] == ["128", "0x80", "1000 0000"] or cells[2:5] == ["128", "–", "–"]


def test_dequantize_tells_the_interval() -> None:
    """When only codes are known, the table tells which reals each of them stands for."""
    table = lab.answer({"direction": "dequantize", "scale": "0.5", "zero_point": "1", "codes": "3"})["table"]
    assert [column["key"] for column in table["columns"]][-3:] == ["x_hat", "from", "to"]
    assert table["rows"][0]["cells"][-3:] == ["1.0", "0.75", "1.25"]
