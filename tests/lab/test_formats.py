"""Requests in floats and blocks whose answers are known from the specifications and from the reports of bugs."""

from typing import Any

import lab
import pytest

Json = dict[str, Any]
NAN = None  # in JSON
ODD_ONES = "1000, 448, 464, 465, -1000"
RAMP = " ".join(map(str, range(-16, 16)))


def answer(**request: str) -> Json:
    """The answer to a request that is one."""
    found = lab.answer({**request, "show": "table"})
    assert found["ok"], found
    return found


def test_e4m3_saturates_or_not() -> None:
    """464 is a tie that goes to 448; 465 is beyond, and becomes NaN where nothing saturates."""
    kept = answer(format="float8_e4m3fn", values=ODD_ONES)
    assert kept["dequantized"] == [448, 448, 448, 448, -448]
    assert kept["codes"] == [0x7E, 0x7E, 0x7E, 0x7E, 0xFE]
    lost = answer(format="float8_e4m3fn", values=ODD_ONES, overflow="overflow")
    assert lost["dequantized"] == [NAN, 448, 448, NAN, NAN]
    assert lost["codes"] == [0x7F, 0x7E, 0x7E, 0x7F, 0xFF]
    assert lost["metrics"]["max_abs"] == 16


def test_e4m3_rounds_to_the_nearest() -> None:
    """Between 1.75 and 1.875, 224 and 240, 4 and 4.5."""
    found = answer(format="float8_e4m3fn", values="1.8131605, 232.03683398099045, 4.25")
    assert found["dequantized"] == [1.875, 240, 4]
    assert found["codes"] == [0x3F, 0x77, 0x48]


def test_mxfp8_e5m2_of_a_ramp() -> None:
    """The scale is 2^(6 - 15); what is just below 128 becomes 112, for 128 is out of reach."""
    values = ", ".join(map(str, [*range(1, 32), 127.99999]))
    found = answer(format="mxfp8_e5m2", values=values)
    assert bytes.fromhex(found["stored"]["hex"])[32] == 118
    assert [found["dequantized"][i] for i in (28, 29, 31)] == [28, 32, 112]


@pytest.mark.parametrize(("mode", "scale", "back"), [("floor", 2.0, 896.0), ("rceil", 4.0, 960.0)])
def test_mxfp8_e4m3_near_the_end_of_a_block(mode: str, scale: float, back: float) -> None:
    """Under floor 957 is clipped to 448 * 2; under rceil it is rounded."""
    found = answer(format="mxfp8_e4m3", values="960, 957", scale_mode=mode)
    assert found["params"]["scale"] == [scale]
    assert found["dequantized"][1] == back


@pytest.mark.parametrize(("mode", "code"), [("floor", 126), ("ceil", 127), ("rceil", 126)])
def test_three_rules_for_one_largest_magnitude(mode: str, code: int) -> None:
    """150 / 448 lies between 2^-2 and 2^-1, and 150 between 2^7 and 2^8."""
    found = answer(format="mxfp8_e4m3", values="150, 1", scale_mode=mode)
    assert bytes.fromhex(found["stored"]["hex"])[32] == code


def test_ties_of_e2m1_go_to_the_even_code() -> None:
    """Each lies halfway between two of the eight magnitudes."""
    found = answer(format="float4_e2m1fn", values="0.25 0.75 1.25 1.75 2.5 3.5 5")
    assert found["dequantized"] == [0, 1, 1, 2, 2, 4, 4]


def test_nf4_of_five_numbers() -> None:
    """The block's largest magnitude is 2; the last byte is filled up with the code of 0."""
    found = answer(format="nf4", values="-2, -1, 0, 1, 2")
    assert found["codes"] == [0, 2, 7, 12, 15]
    assert found["stored"]["hex"].startswith("027cf7")
    assert found["dequantized"] == pytest.approx([-2, -1.0501461, 0, 0.8814197, 2], abs=5e-8)


def test_q4_0_of_a_ramp() -> None:
    """d is 2 as a float16, and the nibbles of the first half come with those of the second."""
    found = answer(format="q4_0", values=RAMP)
    assert found["params"]["scale"] == [2]
    assert found["stored"]["hex"] == "0040" + "8091 91a2 a2b3 b3c4 c4d5 d5e6 e6f7 f7f8".replace(" ", "")


def test_nvfp4_with_a_divisor_of_the_tensor() -> None:
    """6 times 448 over 3584, where bytes hold codes, divisor and scales."""
    data = "77" * 8 + "00006045" + "7e"
    found = answer(format="nvfp4_compressed_tensors", direction="dequantize", bytes=data)
    assert found["dequantized"] == [0.75] * 16


def test_bytes_of_q4_0_become_numbers() -> None:
    """The same bytes read again are the numbers that were stored."""
    stored = answer(format="q4_0", values=RAMP)
    back = answer(format="q4_0", direction="dequantize", bytes=stored["stored"]["hex"])
    assert back["dequantized"] == stored["dequantized"]


def test_what_was_filled_up_and_what_was_lost_is_said() -> None:
    """Zeros that follow, values that became NaN, values that became 0, and a search."""
    said = [note["message"] for note in answer(format="mxfp4", values="1, 2, 1e-9")["notices"]]
    assert "3 numbers; MXFP4 stores whole blocks of 32, so 29 zeros follow." in said
    assert any(text.startswith("1 value became 0") for text in said)
    lost = answer(format="float8_e4m3fn", values=ODD_ONES, overflow="overflow")["notices"]
    assert lost[0]["level"] == "warning"
    assert lost[0]["message"].startswith(
        "3 values came back as NaN, because they are beyond the largest number of FP8 E4M3."
    )
    searched = answer(format="q4_k", source="normal", shape="1,256")["notices"]
    assert any("searches" in note["message"] for note in searched)


def test_the_table_shows_fields_number_and_steps() -> None:
    """The bits of a code stand in their fields; a step is the gap between the two numbers around the value."""
    table = answer(format="float8_e4m3fn", values="17, 500")["table"]
    cells = dict(zip([column["key"] for column in table["columns"]], table["rows"][0]["cells"], strict=True))
    assert (cells["q"], cells["bits"], cells["number"]) == ("0x58", "0 1011 000", "16")
    assert (cells["error"], cells["error_steps"]) == ("−1.0", "−0.5")  # between 16 and 18


@pytest.mark.parametrize(
    ("fields", "bits"),
    [
        ({"format": "float8_e4m3fn"}, 8),
        ({"format": "float8_e4m3fn", "calibration": "minmax"}, 8 + 32 / 12),
        ({"format": "float8_e4m3fn", "calibration": "minmax", "granularity": "axis", "axis": "0"}, 8 + 3 * 32 / 12),
        ({"format": "float4_e2m1fn", "calibration": "minmax", "precision": "float16"}, 4 + 16 / 12),
        ({"format": "float8_e4m3fn", "direction": "dequantize", "codes": "[1, 2, 3, 4]", "scale": "0.5"}, 8 + 32 / 4),
        ({"format": "mxfp4"}, 4.25),
    ],
)
def test_scales_count_too(fields: dict[str, str], bits: float) -> None:
    """What a value costs is its code and its part of the scales, in the answer as in the figures on the page."""
    found = answer(**{"source": "normal", "shape": "3,4"} | fields if "codes" not in fields else fields)
    assert found["stored"]["bits_per_value"] == pytest.approx(bits)
    assert float(tiles_of(found)["bits_per_value"]["value"].strip("≈")) == pytest.approx(bits, rel=1e-4)


def tiles_of(found: Json) -> dict[str, Json]:
    """The figures for people, by their keys."""
    return {tile["key"]: tile for tile in found["summary"]}


def test_tiles_name_the_zeros_that_fill_a_block() -> None:
    """Three numbers take the bytes of 32, and rows of 70 those of 96; where a block may be short, nothing is filled."""
    for fields, words in (
        (
            {"format": "mxfp4", "values": "1 2 3"},
            "17 bytes for 3 numbers and 29 zeros after them, so that the last block",
        ),
        (
            {"format": "mxfp4", "source": "normal", "shape": "4,70"},
            "280 numbers and 104 zeros after them, so that the last block of each row is whole",
        ),
        ({"format": "nf4", "values": "1 2 3"}, "6 bytes for 3 numbers: codes"),
    ):
        assert words in tiles_of(answer(**fields))["bits_per_value"]["hint"]


def test_numbers_that_are_all_alike_are_one_in_the_tiles() -> None:
    """A scheme without zero points has the same one for every slice; stored numbers are counted as such."""
    rows = {"profile": "onnx", "source": "normal", "shape": "4,16", "granularity": "axis", "axis": "0"}
    assert tiles_of(answer(**rows, scheme="symmetric"))["zero_point"]["value"] == "0 for all 4"
    found = tiles_of(answer(format="mxfp4", source="normal", shape="4,70"))
    assert found["level_scale"]["value"] == "12 numbers, 0.125 to 0.5"
