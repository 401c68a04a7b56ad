"""The last steps of a code, its bits and the byte it shares, and the whole derivation as a text to copy."""

import json
import re
import struct
from typing import Any

import lab
import pytest

Json = dict[str, Any]


def answer(values: list[float], **fields: str) -> Json:
    """An answer without charts."""
    found = lab.answer({"values": json.dumps(values), "profile": "onnx", "show": "mapping", **fields})
    assert found["ok"], found
    return found


def steps_of(found: Json) -> dict[str, Json]:
    """The steps by their keys."""
    return {step["key"]: step for step in found["steps"]}


def binary(latex: str) -> str:
    """The digits of the binary number that a formula ends with."""
    match = re.search(r"=([01\\,]+)_\{2\}$", latex)
    assert match, latex
    return match.group(1).replace(r"\,", "")


@pytest.mark.parametrize(("bits", "signed", "layout"), [(8, "1", "b"), (8, "0", "B"), (16, "1", ">h"), (16, "0", ">H")])
def test_bits_are_those_in_memory(bits: int, signed: str, layout: str) -> None:
    """The bits of a code are those that Python's struct writes."""
    for element in range(4):
        found = answer([-3.0, 0.1, 3.2, 1.0], bits=str(bits), signed=signed, element=str(element))
        octets = struct.pack(layout, found["codes"][element])
        assert binary(steps_of(found)["bits"]["latex"]) == "".join(f"{octet:08b}" for octet in octets)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 7])
def test_narrow_bits_are_twos_complement(bits: int) -> None:
    """A narrow code's bits, read as two's complement, are the code."""
    for element in range(5):
        found = answer([-3.0, 0.1, 3.2, 1.0, -1.5], bits=str(bits), element=str(element))
        digits = binary(steps_of(found)["bits"]["latex"])
        assert len(digits) == bits
        assert int(digits, 2) - (2**bits if digits[0] == "1" else 0) == found["codes"][element]


@pytest.mark.parametrize("signed", ["1", "0"])
@pytest.mark.parametrize("bits", [2, 4])
def test_packed_byte(bits: int, signed: str) -> None:
    """The byte holds all codes that share it, the first in its lowest bits; what is missing is zeros."""
    values = [-3.0, 0.1, 3.2, 1.0, -1.5, 2.0, 0.7]
    n = 8 // bits
    for element in range(7):
        found = answer(values, bits=str(bits), signed=signed, element=str(element))
        first = element // n * n
        byte = 0
        for i, code in enumerate(found["codes"][first : first + n]):
            byte += (code % 2**bits) * 2 ** (bits * i)
        packed = steps_of(found)["packed"]
        assert int(binary(packed["latex"]), 2) == byte
        assert f"={byte}=" in packed["latex"]
        assert f"byte {element // n};" in packed["text"]


def test_what_fills_a_byte_is_not_packed() -> None:
    """Codes of 8 bits share no byte, and a code outside the format has no bits at all."""
    assert "packed" not in steps_of(answer([1.0, 2.0]))
    beyond = lab.answer({"values": "-129.5, 0, 125.5", "element": "2", "show": "mapping"})
    assert beyond["codes"][2] == 128
    assert not {"bits", "packed"} & set(steps_of(beyond))


def test_given_codes_are_stored_too() -> None:
    """The way back begins with the code as it lies in memory."""
    found = lab.answer({"direction": "dequantize", "profile": "onnx", "bits": "4", "codes": "-8, 7", "show": "mapping"}
                       | {"zero_point": "0"})  # fmt: skip
    assert [step["key"] for step in found["steps"]] == ["bits", "packed", "dequantized"]


def test_copy_holds_every_step() -> None:
    """Both texts have each step's title and formula, in order."""
    found = answer([-3.0, 0.1, 3.2], bits="4", element="1")
    for text in found["copy"].values():
        places = [text.index(step["latex"]) for step in found["steps"]]
        assert places == sorted(places)
        assert all(step["title"] in text for step in found["steps"])


@pytest.mark.parametrize("fields", [{}, {"profile": "pytorch"}, {"bits": "4"}, {"scheme": "symmetric"}])
def test_latex_is_balanced_ascii(fields: dict[str, str]) -> None:
    """The LaTeX has no sign that a plain LaTeX does not know, its braces and its mathematics are closed."""
    text = lab.answer({"show": "mapping", **fields})["copy"]["latex"]
    assert text.isascii(), [sign for sign in text if not sign.isascii()]
    bare = text.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert text.count(r"\(") == text.count(r"\)")
    assert text.count(r"\[") == text.count(r"\]") == text.count(r"\item")
    assert "$" not in text
