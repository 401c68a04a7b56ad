"""The table: one page of rows around the followed number, every cell from the notebook's example by hand."""

import lab


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
            "0.1", "≈4.11290323", "−1", "0xFF", "1111 1111", "≈0.097254902", "≈−0.0027451", "≈−0.1129",
        ],
    }  # fmt: skip


def test_the_page_holds_the_followed_number() -> None:
    """The page shown is the one with the followed number, whose row is marked."""
    table = lab.answer({"values": " ".join(map(str, range(120))), "element": "77"})["table"]
    assert (table["first"], table["total"], table["page_size"]) == (50, 120, 50)
    assert [row["index"] for row in table["rows"] if row["selected"]] == [77]
    assert [row["index"] for row in table["rows"]] == list(range(50, 100))


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
