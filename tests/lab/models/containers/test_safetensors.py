"""Safetensors files of every type, and those that are damaged."""

import numpy as np
import pytest
from lab.models.containers.safetensors import CODED, PLAIN, read_safetensors
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import FileSource

from tests.lab.models.files import FOLDER, INDEX, Counting, expected, safetensors, same, source

FILES = {entry["file"]: entry for entry in INDEX if entry["file"].endswith(".safetensors")}


@pytest.mark.parametrize("name", FILES)
def test_stored_numbers(name: str) -> None:
    """All tensors that are numbers of their own, to the last bit, from any row on."""
    container = read_safetensors(FileSource.at(FOLDER / name))
    assert container.notices == ()
    stored = {tensor.name: tensor for tensor in container.tensors}
    for entry in FILES[name]["tensors"]:
        for part, said in entry["stored"].items():
            assert (stored[part].dtype, list(stored[part].shape)) == (said["dtype"], said["shape"])
        if len(entry["made_of"]) == 1:
            tensor, wanted = stored[entry["made_of"][0]], expected(name)[entry["name"]]
            rows = wanted.reshape(tensor.n_rows, tensor.row_length)
            assert same(tensor.rows(0, tensor.n_rows), rows), tensor.name
            for row in range(min(5, tensor.n_rows)):
                assert same(tensor.rows(row, row + 1), rows[row : row + 1]), tensor.name


def test_every_type_is_seen() -> None:
    """The files hold all types of the format but those that no library writes."""
    seen = {said["dtype"] for entry in FILES.values() for one in entry["tensors"] for said in one["stored"].values()}
    assert {*PLAIN, *CODED} - seen <= {"U64", "U16", "F8_E4M3FNUZ", "F8_E5M2FNUZ"}


def test_fnuz_and_odd_widths() -> None:
    """Types that no file here has: -0 is the NaN of FNUZ, and 64-bit numbers are rounded to float32."""
    data = safetensors(
        {
            "fnuz": ("F8_E4M3FNUZ", (3,), bytes([0x80, 0x08, 0x7F])),
            "big": ("U64", (1,), (2**63).to_bytes(8, "little")),
            "small": ("U16", (2,), bytes([1, 0, 255, 255])),
        }
    )
    fnuz, big, small = read_safetensors(source(data)).tensors
    np.testing.assert_array_equal(fnuz.rows(0, 1)[0], np.array([np.nan, 2**-7, 240], np.float32))
    assert big.rows(0, 1).item() == 2.0**63
    assert small.rows(0, 1).tolist() == [[1, 65535]]


def test_codes_below_a_byte_say_what_is_assumed() -> None:
    """The format does not say how they lie in a byte, and the reader says so."""
    for tensor in read_safetensors(FileSource.at(FOLDER / "dtypes-f6.safetensors")).tensors:
        assert tensor.encoding is not None
        assert "does not say" in tensor.encoding.note


def header(text: str, rest: bytes = b"") -> bytes:
    """A file with this header."""
    return len(text.encode()).to_bytes(8, "little") + text.encode() + rest


REFUSED = {
    "nothing": (b"", "not even the length"),
    "no object": (header("[]"), "no object"),
    "no JSON": (header("{"), "no JSON"),
    "no text": ((1).to_bytes(8, "little") + b"\xff", "UTF-8"),
    "deep": (header("[" * 100_000), "nested|JSON"),
    "many": (header("{" + "," * 3_000_000), "at most"),
    "metadata no texts": (header('{"__metadata__": {"a": 1}}'), "texts"),
    "a key twice": (header('{"a": 1, "a": 2}'), "appears twice"),
    "a key twice inside": (header('{"a": {"dtype": "U8", "dtype": "I8"}}'), "appears twice"),
    "long header": ((2**60).to_bytes(8, "little") + b"{}", "claims"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_headers(name: str) -> None:
    """A header that is none is refused in words."""
    data, message = REFUSED[name]
    with pytest.raises(ModelFileError, match=message):
        read_safetensors(source(data))


BAD = {
    "no dtype": '{"shape": [4], "data_offsets": [4, 8]}',
    "no shape": '{"dtype": "U8", "shape": 4, "data_offsets": [4, 8]}',
    "a negative length": '{"dtype": "U8", "shape": [-4], "data_offsets": [4, 8]}',
    "a fraction": '{"dtype": "U8", "shape": [4.0], "data_offsets": [4, 8]}',
    "truth": '{"dtype": "U8", "shape": [true], "data_offsets": [4, 8]}',
    "an endless length": '{"dtype": "U8", "shape": [99999999999999999999999999], "data_offsets": [4, 8]}',
    "a shape that overflows": '{"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [4, 8]}',
    "backwards": '{"dtype": "U8", "shape": [4], "data_offsets": [8, 4]}',
    "not its size": '{"dtype": "F32", "shape": [4], "data_offsets": [4, 8]}',
    "half a byte": '{"dtype": "F4", "shape": [7], "data_offsets": [4, 8]}',
    "beyond the end": '{"dtype": "U8", "shape": [400], "data_offsets": [4, 404]}',
    "unknown": '{"dtype": "F5", "shape": [4], "data_offsets": [4, 8]}',
    "complex": '{"dtype": "C64", "shape": [1], "data_offsets": [4, 12]}',
    "over another": '{"dtype": "U8", "shape": [3], "data_offsets": [6, 9]}',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tensors(name: str) -> None:
    """A tensor that cannot be is listed with its fault, and the one beside it can be read."""
    good = '"good": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}'
    other = '"other": {"dtype": "U8", "shape": [4], "data_offsets": [8, 12]}'
    data = header(f'{{{good}, "bad": {BAD[name]}, {other}}}', bytes(range(16)))
    found = {tensor.name: tensor for tensor in read_safetensors(source(data)).tensors}
    assert "bad" in found["bad"].fault or "C64" in found["bad"].fault
    with pytest.raises(ModelFileError):
        found["bad"].rows(0, 1)
    assert found["good"].rows(0, 1).tolist() == [[0, 1, 2, 3]]


def test_only_the_rows_that_are_asked_for_are_read() -> None:
    """Two rows of bfloat16 are two rows of bytes."""
    counting = Counting(source(safetensors({"a": ("BF16", (1000, 50), bytes(100_000))})))
    tensor = read_safetensors(counting).tensors[0]
    before = counting.n_read
    tensor.rows(500, 502)
    assert counting.n_read - before == 200
