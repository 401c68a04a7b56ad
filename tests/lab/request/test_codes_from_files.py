"""Codes out of a file: dequantized with typed parameters, or with those that lie beside them in the file."""

import io
import json
import struct
from collections.abc import Iterator
from typing import Any

import lab
import numpy as np
import pytest
from lab.data.store import STORE


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    """Files of one test are not those of another."""
    yield
    STORE.forget()


def npz(**arrays: Any) -> bytes:
    """What numpy.savez writes."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def answer(**request: str) -> dict[str, Any]:
    """The answer to a request for the codes of a file."""
    found: dict[str, Any] = lab.answer({"direction": "dequantize", "source": "file", "profile": "onnx", **request})
    return found


def test_the_codes_of_a_file_are_dequantized() -> None:
    """The file's codes are taken, in their shape, and not those of the field."""
    STORE.load("q.npz", npz(q=np.array([[-128, 0], [5, 127]], np.int8)))
    found = answer(file="q.npz", codes="1, 2, 3", scale="0.5", zero_point="3")
    assert (found["codes"], found["shape"]) == ([-128, 0, 5, 127], [2, 2])
    assert found["dequantized"] == [-65.5, -1.5, 1.0, 62.0]


def test_parameters_may_be_arrays_of_the_same_file() -> None:
    """Scale and zero point may be names of arrays, one number for each row."""
    parameters = {"s": np.array([0.5, 0.25], np.float32), "z": np.array([1, -1], np.int8)}
    STORE.load("q.npz", npz(q=np.array([[3, 5], [7, 9]], np.int8), **parameters))
    found = answer(file="q.npz", tensor="q", scale="s", zero_point="z", granularity="axis")
    assert found["dequantized"] == [1.0, 2.0, 2.0, 2.5]
    assert found["request"]["scale"] == "s"


def test_numbers_that_are_no_codes_are_refused() -> None:
    """A file of reals is no file of codes, and codes must be those of the format."""
    STORE.load("x.npz", npz(x=np.array([0.5, 2.0], np.float32)))
    assert "whole numbers" in answer(file="x.npz", scale="1", zero_point="0")["errors"][0]["message"]
    STORE.load("y.npz", npz(y=np.array([300], np.int16)))
    assert answer(file="y.npz", scale="1", zero_point="0")["errors"][0]["field"] == "codes"


def test_raw_numbers_are_told_to_be_raw() -> None:
    """A file without a header is read as some type, and that is said."""
    STORE.load("w.bin", np.array([1.5, -2.0], "<f4").tobytes())
    found: dict[str, Any] = lab.answer({"source": "file", "file": "w.bin"})
    assert found["values"] == [1.5, -2.0]
    assert any("raw numbers without type and shape" in notice["message"] for notice in found["notices"])


def test_packed_words_are_no_weights() -> None:
    """Of a checkpoint of GPTQ the packed words are left out, with the reason; its scales can be read."""
    header, data = {}, b""
    for name, array in {"l.qweight": np.arange(4, dtype="<i4"), "l.scales": np.ones(2, "<f4")}.items():
        kind = "I32" if array.dtype.kind == "i" else "F32"
        offsets = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": kind, "shape": [array.size], "data_offsets": offsets}
        data += array.tobytes()
    text = json.dumps(header).encode()
    loaded = STORE.load("m.safetensors", struct.pack("<Q", len(text)) + text + data)
    assert [array["name"] for array in loaded["arrays"]] == ["l.scales"]
    assert "packed into words" in loaded["skipped"][0]["reason"]
