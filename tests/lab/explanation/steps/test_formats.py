"""The steps of a number through floats, codebooks and blocks: what they say, and that every one of them is true."""

import re
from typing import Any

import lab
import pytest
from lab.answer import computed
from lab.explanation.steps.followed import steps
from lab.explanation.steps.names import NAMES
from lab.notation.nodes import text_of
from lab.request.fields import FIELDS
from lab.request.fields.formats import CHOICES

import quantcore as qc
from tests.lab.reading import untruths_of

Json = dict[str, Any]
NAMED = [name for name in CHOICES if name]
BLOCKS = [name for name in NAMED if name in qc.BLOCK_FORMATS]
VALUES = {
    "zeros": "0, 0, 0",
    "ties": "0.25 0.75 1.25 1.75 2.5 3.5 5",
    "both signs": "-1, -0.6, 0.1, 0.3, -0.0",
    "far apart": "1e30, 1, -2e-30",
    "the largest": "3e38, -3e38, 1",
    "subnormal": "1e-40, -3e-42, 0",
    "half steps": "-16 -15 -8.5 -3 0 4 15",
}


def answered(**request: str) -> Json:
    """The answer with its steps."""
    answer = lab.answer({"show": "steps", **request})
    assert answer["ok"], answer["errors"]
    return answer


def steps_of(**request: str) -> dict[str, Json]:
    """The steps by their key."""
    found = answered(**request)["steps"]
    assert len({step["key"] for step in found}) == len(found)
    return {step["key"]: step for step in found}


def end_of(step: Json) -> str:
    """The last member of a step's chain, as it is read."""
    return re.split("[=≈]", text_of(step["math"]))[-1]


def check(request: dict[str, str]) -> None:
    """Every step has words, and its equation holds."""
    result = computed(request)
    if isinstance(result, list):
        return
    found = steps(result)
    assert found
    for step in found:
        own = "half_even" if step["key"] == "edge_code" else result.settings.rounding
        assert untruths_of(step, own) == [], (step["key"], request)
        assert step["text"].endswith("."), (step["key"], step["text"])
        assert "{" not in step["text"]


@pytest.mark.parametrize("name", NAMED)
def test_every_format_walks_and_is_true(name: str) -> None:
    """Zeros, ties, negative, huge and tiny values; the first, the middle and the last of them."""
    for values in VALUES.values():
        for element in ("0", "1", "2"):
            check({"format": name, "values": values, "element": element})


@pytest.mark.parametrize("name", NAMED)
def test_every_format_is_read_and_is_true(name: str) -> None:
    """Bytes of every pattern, and every kind of code, also those that stand for no number."""
    if name in BLOCKS:
        size = qc.BLOCK_FORMATS[name].block_bytes
        for start in (0, 127, 255):
            data = bytes((start + 37 * i) % 256 for i in range(size))
            check({"format": name, "direction": "dequantize", "bytes": data.hex(), "element": "7"})
        return
    fmt = qc.FORMATS[name]
    top = (1 << fmt.bits) - 1
    codes = f"0, 1, {top // 2}, {top // 2 + 1}, {top}"
    for element in range(5):
        request = {"format": name, "direction": "dequantize", "codes": codes, "scale": "0.375"}
        check({**request, "element": str(element)})


@pytest.mark.parametrize("rounding", list(FIELDS["rounding"].choices))
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float4_e2m1fn", "nf4", "bfloat16"])
def test_every_rounding_is_true(name: str, rounding: str) -> None:
    """Ties and others, by every rule, with a scale that was chosen and without."""
    for calibration in ("none", "minmax"):
        for element in range(7):
            check(
                {
                    "format": name,
                    "values": VALUES["ties"],
                    "rounding": rounding,
                    "calibration": calibration,
                    "element": str(element),
                }
            )


@pytest.mark.parametrize("mode", ["floor", "ceil", "even", "rceil"])
@pytest.mark.parametrize("name", [name for name in BLOCKS if "scale_mode" in qc.BLOCK_FORMATS[name].options])
def test_every_scale_mode_is_true(name: str, mode: str) -> None:
    """Magnitudes just above and below a power of two, and at the ends of the exponent."""
    for values in ("150, 1", "127.99999, 3", "960, 957", *VALUES.values()):
        check({"format": name, "values": values, "scale_mode": mode, "element": "1"})


def test_every_step_of_quantcore_has_a_name() -> None:
    """Every step of any format has a symbol and a title, or is part of the formula of one that has."""
    for name in BLOCKS:
        block = qc.BLOCK_FORMATS[name]
        size = 2 * block.block_size
        x = [(i * 37 % 101 - 50) / 16 for i in range(size)]
        options = {"importance": [1.0] * size} if "importance" in block.options else {}
        stored = qc.store(x, block, **options)
        for trace in (qc.trace_stored(stored, 3, x), qc.trace_stored(block.from_bytes(stored.to_bytes(), (size,)), 3)):
            used = {operand.name for step in trace.steps for operand in step.operands}
            unnamed = [step for step in trace.steps if step.name not in NAMES]
            assert all(step.name in used and step.operation in ("add", "multiply") for step in unnamed)


@pytest.mark.parametrize(
    ("mode", "byte"),
    [("floor", "0x7E"), ("ceil", "0x7F"), ("rceil", "0x7E")],
)
def test_the_stored_scale_of_a_largest_magnitude_of_150(mode: str, byte: str) -> None:
    """MXFP8 E4M3: 126, 127 and 126, as OCP's floor, the ceiling, and NVIDIA's rule have it."""
    steps = steps_of(format="mxfp8_e4m3", values="150, 1", scale_mode=mode)
    assert f"8 bits: {byte}." in steps["scale_bits"]["text"]


def test_a_block_of_mxfp8_e5m2() -> None:
    """1, 2, ..., 31, 127.99999: the scale's byte is 118; the last comes back as 112, 30 as 32."""
    values = " ".join([*map(str, range(1, 32)), "127.99999"])
    last = steps_of(format="mxfp8_e5m2", values=values, element="31")
    assert "0x76" in last["scale_bits"]["text"]
    assert end_of(last["reconstruction"]) == "112.0"
    assert end_of(steps_of(format="mxfp8_e5m2", values=values, element="29")["reconstruction"]) == "32.0"


def test_ties_of_e2m1_go_to_the_even_code() -> None:
    """0.25 0.75 1.25 1.75 2.5 3.5 5 become 0 1 1 2 2 4 4, each said to be a tie."""
    ends = []
    for element in range(7):
        steps = steps_of(format="float4_e2m1fn", values=VALUES["ties"], element=str(element))
        assert "this is a tie; ties go to the number whose code ends in 0" in steps["rounded"]["text"]
        ends.append(end_of(steps["rounded"]))
    assert ends == ["0", "1", "1", "2", "2", "4", "4"]


def test_e4m3_beyond_its_largest_number() -> None:
    """465 becomes 448, 0x7E, where it saturates; NaN, 0x7F, where it may overflow; 464, a tie, stays."""
    saturated = steps_of(format="float8_e4m3fn", values="465, 464")
    assert "beyond the numbers of FP8 E4M3, and is clipped" in saturated["clamped"]["text"]
    assert "The code is 0x7E." in saturated["bits"]["text"]
    lost = steps_of(format="float8_e4m3fn", values="465, 464", overflow="overflow")
    assert "The code is 0x7F." in lost["bits"]["text"]
    assert "overflows" in lost["bits"]["text"]
    assert end_of(lost["number"]) == "NaN"
    assert "error" not in lost
    tie = steps_of(format="float8_e4m3fn", values="465, 464", overflow="overflow", element="1")
    assert "this is a tie" in tie["rounded"]["text"]
    assert end_of(tie["reconstruction"]) == "448.0"


@pytest.mark.parametrize(("element", "code", "number"), [(0, "0x3F", "1.875"), (1, "0x77", "240"), (2, "0x48", "4")])
def test_bits_of_e4m3_spell_the_number(element: int, code: str, number: str) -> None:
    """1.8131605, 232.03683398099045 and 4.25 are 0x3F, 0x77 and 0x48."""
    steps = steps_of(format="float8_e4m3fn", values="1.8131605, 232.03683398099045, 4.25", element=str(element))
    assert f"The code is {code}." in steps["bits"]["text"]
    assert end_of(steps["number"]) == number


def test_a_subnormal_is_spelled_without_a_leading_1() -> None:
    """0x01 of E4M3 is 2^-6 times 1/8."""
    steps = steps_of(format="float8_e4m3fn", direction="dequantize", codes="1", scale="1")
    assert steps["number"]["latex"].startswith(r"v=(-1)^{S}\cdot 2^{1-7}\cdot \frac{M}{2^{3}}=(-1)^{0}\cdot 2^{1-7}")
    assert end_of(steps["number"]) == "0.001953125"
    assert "subnormal" in steps["bits"]["text"]


def test_what_is_too_small_underflows() -> None:
    """A value nearer to 0 than to the smallest number is said to be lost."""
    steps = steps_of(format="float4_e2m1fn", values="0.2, 6")
    assert "underflows" in steps["bits"]["text"]


@pytest.mark.parametrize(("element", "byte", "code"), [(0, "0x80", "−8"), (16, "0x80", "0"), (31, "0xF8", "7")])
def test_bytes_of_q4_0(element: int, byte: str, code: str) -> None:
    """-16, -15, ..., 15: d is 2, the first byte of codes 0x80, the last 0xF8; the first half lies in the low bits."""
    values = " ".join(map(str, range(-16, 16)))
    steps = steps_of(format="q4_0", values=values, element=str(element))
    assert end_of(steps["d"]) == "2"
    packed = next(step for key, step in steps.items() if key.startswith("packed"))
    assert byte in packed["text"]
    assert end_of(steps["rounded"]) == code
    bits = "bits 0 to 3" if element < 16 else "bits 4 to 7"
    assert bits in packed["text"]


@pytest.mark.parametrize("element", range(5))
def test_codes_of_nf4(element: int) -> None:
    """-2 to 2 are the codes 0 2 7 12 15, in the bytes 02 7C F7, the first in the high bits."""
    steps = steps_of(format="nf4", values="-2, -1, 0, 1, 2", element=str(element))
    assert f"The code is 0x{'027CF'[element]}." in steps["bits"]["text"]
    packed = next(step for key, step in steps.items() if key.startswith("packed"))
    assert f"0x{('02', '7C', 'F7')[element // 2]}" in packed["text"]
    assert ("bits 4 to 7" if element % 2 == 0 else "bits 0 to 3") in packed["text"]


def test_q4_k_shows_every_level() -> None:
    """Two scales in float16 and two numbers of 6 bits, said to be searched, before the number itself."""
    keys = list(steps_of(format="q4_k", source="normal", shape="1,256", element="40"))
    assert keys[:4] == ["d_bits", "scale", "dmin_bits", "minimum"]
    steps = steps_of(format="q4_k", source="normal", shape="1,256", element="40")
    assert "sub-block 1, 6 bits, is" in steps["scale"]["text"]
    assert "chosen by a search" in steps["scale"]["text"]
    assert keys[-3].startswith("packed")
    read = steps_of(format="q4_k", direction="dequantize", element="40")
    assert list(read)[:4] == ["d_bits", "scale", "dmin_bits", "minimum"]
    assert "read from the bytes" in read["scale"]["text"]


def test_nvfp4_with_a_divisor() -> None:
    """A divisor of 3584, a block scale of 448 and the code 6, which is 4: 0.5; with the code 7, 6, 0.75."""
    data = bytes([0x76, *[0] * 7]).hex() + "00006045" + "7e"  # codes, the divisor in float32, the block's scale
    request = {"format": "nvfp4_compressed_tensors", "direction": "dequantize", "bytes": data, "shape": "16"}
    assert end_of(steps_of(**request, element="0")["reconstruction"]) == "0.5"
    assert end_of(steps_of(**request, element="1")["reconstruction"]) == "0.75"


def test_a_scale_that_was_chosen_or_given_keeps_its_symbol() -> None:
    """From the range -1.7 to 6.5 to the largest magnitude and the scale; one that is given has no range."""
    request = {"format": "float8_e4m3fn", "values": "-1.7, 6.5"}
    chosen = steps_of(**request, calibration="minmax")
    assert end_of(chosen["absmax"]) == "6.5"
    assert chosen["scaled"]["latex"].startswith(r"u=\frac{x}{s}=")
    given = steps_of(**request, calibration="given", scale="0.5")
    assert list(given)[:2] == ["scale", "scaled"]
    assert given["scale"]["text"] == "The scale that was given."


def test_steps_are_copied_as_they_are() -> None:
    """LaTeX and Markdown of every step of a block are the page's."""
    answer = answered(format="nvfp4", values="0.3, -1.7, 6.5")
    for step in answer["steps"]:
        assert step["latex"] in answer["copy"]["latex"]
        assert step["latex"] in answer["copy"]["markdown"]


@pytest.mark.parametrize(
    ("name", "octets", "width"), [("int4_f16", "88 " * 16 + "00 3c", 4), ("int8_f16", "80 " * 32 + "00 3c", 8)]
)
def test_a_code_that_is_only_read(name: str, octets: str, width: int) -> None:
    """Bytes may hold the lowest code, which these formats never write: it is two's complement all the same."""
    found = lab.answer({"format": name, "direction": "dequantize", "bytes": octets})
    assert found["dequantized"] == [-(2.0 ** (width - 1))] * 32
    told = next(step for step in found["steps"] if step["key"] == "bits")
    assert "read, but never written" in told["text"]
    assert untruths_of(told, "half_even") == []
