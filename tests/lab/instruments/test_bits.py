"""The bits of one code: fields, flips, and every code of the format."""

import re
from typing import Any

import lab
import numpy as np
import pytest
from lab.request.fields.formats import CHOICES

import quantcore as qc

from .conftest import Ask

Json = dict[str, Any]


def numbers_of(view: Json) -> dict[str, str]:
    """The number after each flip, by the bit's name in the table."""
    shown = [view["table"], *view.get("tables", [])]
    flips = next(table for table in shown if table["caption"] == "Each bit flipped alone")
    return {str(row["index"]): row["cells"][2] for row in flips["rows"]}


def test_flips_of_e4m3(ask: Ask) -> None:
    """448 is 0 1111 110: without its sign -448, with the last bit NaN, without the first of the exponent 1.75."""
    view, _ = ask("bits", [448.0], format="float8_e4m3fn")
    assert [bit["field"] for bit in view["switches"]["switches"]] == ["sign", *["exponent"] * 4, *["mantissa"] * 3]
    assert view["switches"]["code"] == 0x7E
    found = numbers_of(view)
    assert (found["7"], found["0"], found["6"], found["3"]) == ("−448", "NaN", "1.75", "224")
    assert view["switches"]["numbers"]["126"] == "0x7E is 448."
    assert view["switches"]["numbers"]["1"] == "0x01 is 0.001953125."


def test_every_code_of_e2m1(ask: Ask) -> None:
    """The sixteen numbers of OCP's table, in the order of their codes; 0.5 is the subnormal one."""
    view, _ = ask("bits", [6.0], format="float4_e2m1fn")
    cells = [row["cells"] for row in view["table"]["rows"]]
    assert [cell[2] for cell in cells[:8]] == ["0", "0.5, subnormal", "1", "1.5", "2", "3", "4", "6"]
    assert cells[15] == ["0xF", "1 11 1", "−6"]
    assert [row["index"] for row in view["table"]["rows"] if row["selected"]] == [7]


def test_special_codes_are_counted(ask: Ask) -> None:
    """E4M3 has 14 subnormal codes and 2 NaN; E5M2 6, 2 infinities and 6 NaN."""
    captions = [ask("bits", [1.0], format=name)[0]["caption"] for name in ("float8_e4m3fn", "float8_e5m2")]
    assert captions[0].endswith("Of its 256 codes, 14 are subnormal, 2 are NaN.")
    assert captions[1].endswith("Of its 256 codes, 6 are subnormal, 2 are infinite, 6 are NaN.")


def test_integers_are_in_twos_complement(ask: Ask) -> None:
    """-1 of INT4 is 1111: without its highest bit 7, without its lowest -2."""
    view, _ = ask("bits", direction="dequantize", codes="-1, 3", bits="4", scale="0.5", zero_point="0")
    assert view["switches"]["code"] == 15
    found = numbers_of(view)
    assert (found["3"], found["0"]) == ("7", "−2")
    assert view["switches"]["numbers"]["7"] == "0x7 is 7 and stands for 3.5."


def test_a_narrow_range_leaves_out_a_pattern_that_a_flip_can_make(ask: Ask) -> None:
    """0 of INT8 from -127 to 127, whose first bit is flipped, is -128 all the same."""
    view, _ = ask("bits", [0.0, 127.0], profile="onnx", scheme="symmetric", narrow="1")
    assert view["switches"]["numbers"]["128"] == "0x80 is −128."


def test_a_block_multiplies_by_its_scale(ask: Ask) -> None:
    """MXFP4 of 6 and 12: the scale is 2, and the code 7 stands for 12."""
    view, _ = ask("bits", [6.0, 12.0], format="mxfp4", element="1")
    assert view["switches"]["numbers"]["7"] == "0x7 is 6 and stands for 12.0."


def test_bits_of_q4_0_are_those_of_the_file(ask: Ask) -> None:
    """-16 to 15 with d = 2: the first nibble is 0, for -8; its highest bit adds 8, its lowest 1."""
    view, _ = ask("bits", np.arange(-16.0, 16.0), format="q4_0")
    bits = view["switches"]["switches"]
    assert view["switches"]["code"] == 0
    assert [bit["label"] for bit in bits] == [f"bit {bit} of byte 2, qs" for bit in (3, 2, 1, 0)]
    assert [numbers_of(view)[str(shift)] for shift in (3, 2, 1, 0)] == ["0", "−4", "−6", "−7"]


@pytest.mark.parametrize("name", list(CHOICES))
def test_every_format_has_bits(name: str) -> None:
    """The code itself and every code with one bit flipped are known, and give what decoding them gives."""
    answer = lab.answer({"format": name, "direction": "dequantize", "show": "bits", "element": "2"})
    assert answer["ok"]
    view = next(view for view in answer["instruments"] if view["name"] == "bits")
    shown = view["switches"]
    codes = [shown["code"], *(shown["code"] ^ 1 << bit["shift"] for bit in shown["switches"])]
    assert all(str(code) in shown["numbers"] for code in codes)
    if name in qc.FORMATS and name not in qc.BLOCK_FORMATS:
        fmt = qc.FORMATS[name]
        decoded = qc.decode([code for code in codes if code < 1 << fmt.bits], name)
        for code, number in zip(codes, decoded.tolist(), strict=True):
            text = re.match(r"0x\w+ is ≈?(\S+?)(?:\.$| and)", shown["numbers"][str(code)])
            assert text is not None
            said = float(text[1].replace("−", "-").replace("∞", "inf"))
            assert said == pytest.approx(number, rel=1e-9, nan_ok=True)  # ten digits are written


def test_what_is_no_code_has_no_bits() -> None:
    """The notebook does not clip: 300 does not fit in 8 bits."""
    request = {"values": "0, 100", "calibration": "manual", "range_min": "0", "range_max": "1", "element": "1"}
    answer = lab.answer({**request, "show": "bits"})
    view = next(view for view in answer["instruments"] if view["name"] == "bits")
    assert not view["applies"]
