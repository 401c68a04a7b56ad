"""Which number format a request names, what it leaves open, and what is wrong with what it gives."""

import lab
import numpy as np
import pytest
from lab.request.fields import FIELDS
from lab.request.settings import RequestError, Settings, read

import quantcore as qc


def problems(**request: str) -> dict[str, str]:
    """What is wrong with a request, by field."""
    with pytest.raises(RequestError) as raised:
        read(request)
    return {error.field: error.message for error in raised.value.errors}


def test_a_named_integer_is_bits_and_sign() -> None:
    """The name of an integer stands for its width and sign, and the form shows these."""
    settings = read({"format": "uint4"})
    assert settings.are_integers
    assert (settings.integers.bits, settings.integers.signed) == (4, False)
    assert (settings.texts["format"], settings.texts["bits"], settings.texts["signed"]) == ("", "4", "0")


@pytest.mark.parametrize("name", [name for name in FIELDS["format"].choices if name])
def test_every_choice_is_read(name: str) -> None:
    """The list offers what quantcore has: a format of blocks, or of single elements."""
    settings = read({"format": name, "direction": "dequantize"})
    assert settings.codes.name == name
    assert (settings.codes.block is None) == (name not in qc.BLOCK_FORMATS)
    assert not settings.are_integers


def test_a_format_has_defaults_of_its_own() -> None:
    """Without a word on it a float has the scale 1 in float32, whatever the profile; NF4 has blocks of 64."""
    settings = read({"format": "float8_e4m3fn"})
    assert (settings.calibration, settings.dtype) == ("none", np.float32)
    block = read({"format": "nf4"}).codes.block
    assert block is not None
    assert block.block_size == 64
    narrow = read({"format": "nf4", "block_size": "128"}).codes.block
    assert narrow is not None
    assert narrow.block_size == 128


def test_options_reach_the_format() -> None:
    """What a format leaves open is read where it has it."""
    assert read({"format": "mxfp4", "scale_mode": "rceil"}).codes.options == {"scale_mode": "rceil"}
    assert read({"format": "nvfp4", "tensor_scale": "0.5"}).codes.options == {"tensor_scale": 0.5}
    squares = read({"format": "q4_0", "importance": "squares"}).codes.options["importance"]
    np.testing.assert_array_equal(squares, np.square([-3.0, 0.1, 3.2]))
    assert read({"format": "float8_e5m2", "overflow": "overflow"}).codes.overflow == "overflow"
    assert read({"format": "q4_0", "scale_mode": "rceil"}).codes.options == {}


def dequantizing(**request: str) -> Settings:
    """The settings of a request from bytes to numbers."""
    return read({"direction": "dequantize", **request})


def test_bytes_are_blocks() -> None:
    """Bytes in hexadecimal, with or without blanks and 0x, are blocks, in a shape if one is given."""
    text = "00 40 80 91 91 a2 a2 b3 b3 c4 c4 d5 d5 e6 e6 f7 f7 f8"
    for written in (text, text.replace(" ", ""), "0x" + text.upper().replace(" ", ", 0x").replace("0X", "0x")):
        stored = dequantizing(format="q4_0", bytes=written).stored
        assert stored is not None
        assert qc.restore(stored).tolist()[:4] == [-16, -14, -14, -12]
    shaped = dequantizing(format="q4_0", bytes=text * 2, shape="2,32").stored
    assert shaped is not None
    assert shaped.shape == (2, 32)


def test_without_bytes_there_is_an_example() -> None:
    """An empty field becomes the bytes of an example, which then are the request's."""
    settings = dequantizing(format="mxfp4")
    assert len(bytes.fromhex(settings.texts["bytes"])) == 2 * 17


@pytest.mark.parametrize(
    ("request_", "field", "part"),
    [
        ({"format": "mxfp3"}, "format", "must be one of"),
        ({"format": "float8_e8m0fnu"}, "format", "must be one of"),
        ({"format": "mxfp4", "scale_mode": "up"}, "scale_mode", "floor"),
        ({"format": "nf4", "block_size": "47"}, "block_size", "47"),
        ({"format": "q4_0", "importance": "a"}, "importance", "a"),
        ({"format": "q4_0", "bytes": "0g", "direction": "dequantize"}, "bytes", '"g"'),
        ({"format": "q4_0", "bytes": "123", "direction": "dequantize"}, "bytes", "odd"),
        ({"format": "q4_0", "bytes": "12", "direction": "dequantize"}, "bytes", "18"),
        ({"format": "q4_0", "bytes": "00" * 36, "shape": "2,16", "direction": "dequantize"}, "shape", "32"),
        ({"format": "float8_e4m3fn", "codes": "256", "direction": "dequantize"}, "codes", "0 to 255"),
        ({"format": "", "calibration": "none"}, "calibration", "integers need a scale"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(request_: dict[str, str], field: str, part: str) -> None:
    """Each error names the field and what is allowed there."""
    assert part in problems(**request_)[field]


@pytest.mark.parametrize("granularity", ["axis", "block"])
def test_without_a_scale_nothing_divides_the_values(granularity: str) -> None:
    """A float without a scale has none for an axis or a block either: it is 1 for the whole tensor."""
    request = {"format": "float4_e2m1fn", "values": "[[0.4, 2.6], [9, -1]]", "granularity": granularity}
    answer = lab.answer({**request, "block_size": "1"})
    assert answer["params"]["scale"] == [1.0]
    assert answer["dequantized"] == [0.5, 3, 6, -1]
