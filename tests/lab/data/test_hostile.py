"""Broken and hostile files: each is refused with a message, nothing is executed, and memory stays within a bound."""

import contextlib
import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.data.files.contents import MAX_ARRAYS, MAX_BYTES, MAX_VALUES
from lab.data.files.npz import MAX_UNPACKED
from lab.data.store import Store

import quantcore as qc
from tests.lab.data.writers import npy_bytes, npy_with_header, npz_bytes, safetensors_bytes, tensors_bytes, zip_bytes

GOOD_NPY = npy_bytes(np.arange(6, dtype="<f4").reshape(2, 3))
GOOD_NPZ = npz_bytes(True, a=np.arange(400.0), b=np.arange(3))
GOOD_SAFETENSORS = tensors_bytes(a=("F32", (2,), struct.pack("<2f", 1, 2)), b=("BF16", (1,), b"\x80\x3f"))
EIGHT = struct.pack("<2f", 1, 2)


class Trap:
    """Unpickling this would tell."""

    sprung = False

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _spring, ()


def _spring() -> None:
    Trap.sprung = True


def npy(descr: str = "<f4", fortran: str = "False", shape: str = "(2,)", data: bytes = EIGHT) -> bytes:
    """An .npy file with these words in its header."""
    return npy_with_header(f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n", data)


def tensor(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8), data: bytes = EIGHT) -> bytes:
    """A safetensors file of one tensor with these words in its header."""
    return safetensors_bytes({"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}, data)


def two_tensors(first: tuple[int, int], second: tuple[int, int], size: int = 8) -> bytes:
    """A safetensors file of two tensors of one number at these places."""
    entries = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": list(at)} for name, at in (("a", first), ("b", second))
    }
    return safetensors_bytes(entries, bytes(size))


def bomb(declared: int | None = None) -> bytes:
    """An archive of a few kilobytes whose one array unpacks to more than is allowed, or declares another size."""
    content = npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (5000000,), }", bytes(20_000_000))
    data = bytearray(zip_bytes([("a.npy", content)]))
    if declared is not None:
        directory = data.rindex(b"PK\x01\x02")
        data[directory + 24 : directory + 28] = struct.pack("<I", declared)
        data[22:26] = struct.pack("<I", declared)
    return bytes(data)


def encrypted() -> bytes:
    """An archive whose member says that it is encrypted."""
    data = bytearray(zip_bytes([("a.npy", GOOD_NPY)], zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def twice_in_zip() -> bytes:
    """An archive with one name twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", GOOD_NPY)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.npy", GOOD_NPY)
    return file.getvalue()


def overlapping_zip() -> bytes:
    """An archive whose directory lists the same bytes a hundred times under different names."""
    data = zip_bytes([("a00.npy", npy_bytes(np.arange(500.0)))], zipfile.ZIP_STORED)
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = data[start:end]
    entries = b"".join(entry.replace(b"a00", b"a%02d" % i) for i in range(100))
    tail = bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", 100, 100)
    tail[12:16] = struct.pack("<I", len(entries))
    return data[:start] + entries + bytes(tail)


def objects() -> bytes:
    """An .npy file of Python objects, with a trap in its pickle."""
    return npy_bytes(np.array([Trap()], object), allow_pickle=True)


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.npy", b"", "is empty"),
    "too large": ("a.npy", bytes(MAX_BYTES + 1), "at most 100 MB are read"),
    "pointer": ("a.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
    "pickle": ("a.pkl", pickle.dumps(Trap()), "loading a pickle can run programs"),
    "pickle in disguise": ("a", pickle.dumps(Trap()), "loading a pickle can run programs"),
    "torch": ("a.pt", zip_bytes([("archive/data.pkl", pickle.dumps(Trap()))]), "because they can run programs"),
    "onnx": ("model.onnx", b"\x08\x07", "it is no ONNX model"),
    # .npy
    "npy magic": ("a.npy", b"<html>" + bytes(100), "does not begin like an .npy file"),
    "npy only magic": ("a.npy", b"\x93NUMPY", "is cut short"),
    "npy version": ("a.npy", b"\x93NUMPY\x09" + GOOD_NPY[7:], "is of version 9"),
    "npy cut in header": ("a.npy", GOOD_NPY[:60], "is cut short: its header should end"),
    "npy cut in numbers": ("a.npy", GOOD_NPY[:-1], "needs 24 bytes, and there are 23"),
    "npy with more": ("a.npy", GOOD_NPY + b"\0", "has 1 bytes after the array"),
    "npy huge header": ("a.npy", npy_with_header(" " * 60_000), "has a header of 60,000 bytes"),
    "npy header 4 GB": ("a.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100), "header of 4,294,967,295 bytes"),
    "npy header code": ("a.npy", npy_with_header("__import__('os').abort()"), "has a header that cannot be read"),
    "npy header deep": ("a.npy", npy_with_header("{" * 9000), "has a header that cannot be read"),
    "npy header blanks": ("a.npy", npy_with_header("{" + " " * 9000 + "x"), "has a header that cannot be read"),
    "npy without shape": ("a.npy", npy_with_header("{'descr': '<f4', 'fortran_order': False}"), "cannot be read"),
    "npy absurd shape": ("a.npy", npy(shape="(99999999999999999999,)"), "claims the shape"),
    "npy large shape": ("a.npy", npy(shape="(2147483648,)"), "claims the shape"),
    "npy many axes": ("a.npy", npy(shape="(" + "1," * 100 + ")"), "claims the shape"),
    "npy overflowing shape": ("a.npy", npy(shape="(2147483647, 2147483647, 2147483647)"), "is cut short"),
    "npy negative shape": ("a.npy", npy(shape="(-2,)"), "has a header that cannot be read"),
    "npy objects": ("a.npy", objects(), "holds pickled Python objects"),
    "npy complex": ("a.npy", npy("<c8", shape="(1,)"), "holds complex numbers"),
    "npy text": ("a.npy", npy("<U1"), "holds text"),
    "npy long double": ("a.npy", npy("<f16"), "floating-point numbers of a width"),
    "npy records": ("a.npy", npy_bytes(np.zeros(2, [("a", "f4"), ("b", "i2")])), "holds records of several fields"),
    # .npz
    "npz magic": ("a.npz", b"Rar!" + bytes(100), "does not begin like a zip archive"),
    "npz cut": ("a.npz", GOOD_NPZ[:-30], "cannot be opened as a zip archive"),
    "npz empty": ("a.npz", zip_bytes([]), "holds no arrays"),
    "npz other files": ("a.npz", zip_bytes([("a.txt", b"1")]), "holds nothing that can be used"),
    "npz only objects": ("a.npz", zip_bytes([("a.npy", objects())]), "holds pickled Python objects"),
    "npz twice": ("a.npz", twice_in_zip(), 'holds "a" twice'),
    "npz encrypted": ("a.npz", encrypted(), "is encrypted"),
    "npz other method": ("a.npz", zip_bytes([("a.npy", GOOD_NPY)], zipfile.ZIP_LZMA), "other than deflate"),
    "npz overlapping": ("a.npz", overlapping_zip(), "overlap, as a zip bomb's do"),
    "npz declared bomb": ("a.npz", bomb(4_000_000_000), "unpacks to 4,000,000,000 bytes"),
    "npz many files": ("a.npz", zip_bytes([(f"{i}", b"") for i in range(MAX_ARRAYS + 1)]), "holds 10,001 files"),
    # .safetensors
    "tensors short": ("a.safetensors", b"\1\2\3", "is cut short"),
    "tensors absurd header": ("a.safetensors", safetensors_bytes("{}", length=2**63), "claims 9223372036854775808"),
    "tensors large header": ("a.safetensors", safetensors_bytes("{}" + " " * 40_000_000), "has 40,000,002 bytes"),
    "tensors no object": ("a.safetensors", safetensors_bytes("[1, 2]"), "no object with the names"),
    "tensors no JSON": ("a.safetensors", safetensors_bytes("{'a': 1}"), "The header is no JSON"),
    "tensors no text": ("a.safetensors", safetensors_bytes("{").replace(b"{", b"{\xff") + b" ", "The header is no"),
    "tensors deep": ("a.safetensors", safetensors_bytes('{"a":' * 100_000), "The header is nested too deeply"),
    "tensors twice": ("a.safetensors", safetensors_bytes('{"a": {}, "a": {}}'), 'The key "a" appears twice'),
    "tensors empty": ("a.safetensors", safetensors_bytes("{}"), "holds no tensors"),
    "tensors incomplete": ("a.safetensors", safetensors_bytes({"w": {"dtype": "F32"}}), "no dtype, shape and"),
    "tensors odd dtype": ("a.safetensors", tensor(dtype=7), "no dtype, shape and"),
    "tensors unknown dtype": ("a.safetensors", tensor(dtype="Q4_K"), "has type Q4_K, which is not known"),
    "tensors negative shape": ("a.safetensors", tensor(shape=[-2]), "no dtype, shape and"),
    "tensors broken shape": ("a.safetensors", tensor(shape=[2.0]), "no dtype, shape and"),
    "tensors true shape": ("a.safetensors", tensor(shape=[True, 2]), "no dtype, shape and"),
    "tensors absurd shape": ("a.safetensors", tensor(shape=[10**30]), "no dtype, shape and"),
    "tensors overflowing": ("a.safetensors", tensor(shape=[2**31 - 1] * 3), 'Tensor "w" has 8 bytes'),
    "tensors wrong size": ("a.safetensors", tensor(shape=[3]), 'Tensor "w" has 8 bytes; 3 of F32 need 12.'),
    "tensors backwards": ("a.safetensors", tensor(offsets=[8, 0]), "no dtype, shape and"),
    "tensors before file": ("a.safetensors", tensor(offsets=[-8, 0]), "no dtype, shape and"),
    "tensors broken offsets": ("a.safetensors", tensor(offsets=[0, 8.0]), "no dtype, shape and"),
    "tensors long offsets": ("a.safetensors", tensor(offsets=[0, 10**4000]), "no dtype, shape and"),
    "tensors beyond file": ("a.safetensors", tensor(offsets=[0, 8], data=EIGHT[:4]), "it is cut short"),
    "tensors overlapping": ("a.safetensors", two_tensors((0, 4), (0, 4), 4), "overlap in the bytes of the numbers"),
    # text
    "binary text": ("a.txt", b"1 2\0 3", "is no text: byte 3 is 0"),
    "latin text": ("a.txt", b"1 2 \xe9", "is no text in UTF-8: byte 4"),
    "words": ("a.txt", b"one two", "which is not a number"),
    "too many numbers": ("a.txt", b"1 " * 10_000_001, "holds 10,000,001 numbers as text"),
    "csv ragged": ("a.csv", b"1,2\n3\n", "has 1 columns in row 2 and 2 before it"),
    "csv word": ("a.csv", b"a,b\n1,2\n3,x\n", 'holds "x", which is not a number, in row 3, column 2'),
    "csv names only": ("a.csv", b"a,b\n", "and no numbers below it"),
    "csv words only": ("a.csv", b"a,b\nc,d\n", "holds no numbers in its first row"),
    "csv blank": ("a.csv", b"\n \n", "holds no numbers"),
    "json broken": ("a.json", b'{"a": [1, 2}', "has its text that is no JSON"),
    "json ragged": ("a.json", b'{"a": [[1, 2], [3]]}', "is ragged"),
    "json ragged list": ("a.json", b"[[1, 2], [3]]", "is ragged"),
    "json words": ("a.json", b'{"a": ["x"]}', "something other than numbers"),
    "json records": ("a.json", b'[{"a": 1}]', "something other than numbers"),
    "json twice": ("a.json", b'{"a": [1], "a": [2]}', 'holds the name "a" twice'),
    "json deep": ("a.json", b"[" * 100_000 + b"1" + b"]" * 100_000, "lists deep"),
    "json deep object": ("a.json", b'{"a":' + b"[" * 1_000_000, "is nested more than 64 lists deep"),
    "json many": ("a.json", b'{"a":[' + b"[]," * 3_000_001 + b"1]}", "entries in its text"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_broken_file_is_refused(case: str) -> None:
    """Each is answered with one error at the field `file` that names the file and says what is wrong and what to do."""
    name, data, reason = HOSTILE[case]
    store = Store()
    store.load("before.txt", b"1 2 3")
    answer = store.load(name, data)
    assert answer["ok"] is False, answer
    (error,) = answer["errors"]
    assert error["field"] == "file"
    assert error["message"].startswith((f'file "{name}" ', f'file "{name}": '))
    assert reason in error["message"]
    assert error["message"].endswith((".", ".)"))
    assert store.values("before.txt")[2].tolist() == [1, 2, 3], "nothing is lost"
    assert not Trap.sprung
    json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tensor(data=EIGHT + b"\0"), "1 bytes"),
        (two_tensors((0, 4), (8, 12), 12), "Bytes 4 to 8"),
    ],
)
def test_what_is_odd_about_a_file_is_said(data: bytes, said: str) -> None:
    """Bytes that belong to no tensor leave the tensors readable, and are told."""
    answer = Store().load("a.safetensors", data)
    assert answer["ok"]
    assert any(said in notice for notice in answer["model"]["notices"]), answer["model"]["notices"]


LATE: dict[str, tuple[str, bytes, str, str]] = {
    "nan": ("a.npy", npy_bytes(np.array([[1, 2], [3, np.nan]])), "tensor", "holds nan at index 1, 1"),
    "infinity": ("a.npy", npy_bytes(np.array([-np.inf, 1], np.float16)), "tensor", "holds -inf at index 0"),
    "no numbers": ("a.npy", npy_bytes(np.zeros((0, 3))), "tensor", "its shape is 0 × 3"),
    "no numbers, absurd": (
        "a.npy",
        npy(shape="(0, 2147483647, 2147483647, 2147483647)", data=b""),
        "tensor",
        "no numbers",
    ),
    "odd name": (
        "a.safetensors",
        safetensors_bytes('{"\\ud800": ' + json.dumps({"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}) + "}"),
        "tensor",
        "holds no numbers",
    ),
    "too many": ("a.npy", npy_bytes(np.zeros(MAX_VALUES + 1, np.int8)), "tensor", "at most 33,554,432 fit"),
}


@pytest.mark.parametrize("case", LATE)
def test_an_unusable_array_is_refused_when_chosen(case: str) -> None:
    """A file may hold arrays that cannot be used; choosing one is an error that names it."""
    name, data, field, reason = LATE[case]
    store = Store()
    assert store.load(name, data)["ok"]
    with pytest.raises(qc.QuantError) as caught:
        store.values(name)
    assert caught.value.field == field
    assert reason in caught.value.message


def test_a_damaged_member_is_refused_when_read() -> None:
    """An archive whose numbers do not have the checksum that it states is refused once they are read."""
    data = bytearray(zip_bytes([("a.npy", npy_bytes(np.arange(5000.0)))], zipfile.ZIP_STORED))
    data[20_000] ^= 1
    store = Store()
    assert store.load("a.npz", bytes(data))["ok"]
    with pytest.raises(qc.QuantError, match=r"is damaged in .*Bad CRC-32"):
        store.values("a.npz")


def test_a_bomb_unpacks_to_no_more_than_it_declares() -> None:
    """An archive that declares 300 bytes and unpacks to 20 MB is refused within a megabyte of memory."""
    data = bomb(300)
    answer, peak = measured("a.npz", data)
    assert answer["ok"] is False
    assert peak < 2_000_000


def test_a_large_array_is_unpacked_only_when_chosen() -> None:
    """To list an archive, only the beginnings of its members are unpacked."""
    answer, peak = measured("a.npz", bomb())
    assert answer["ok"] is True
    assert peak < 2_000_000
    assert MAX_UNPACKED > 20_000_000


def measured(name: str, data: bytes) -> tuple[dict[str, Any], int]:
    """The answer to a file, and the most memory that was allocated for it."""
    store = Store()
    tracemalloc.start()
    try:
        answer = store.load(name, data)
        return answer, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOUND = 20_000_000
"""Bytes that reading a file of a few kilobytes may allocate, whatever it claims."""

ENDINGS = [".npy", ".npz", ".safetensors", ".csv", ".json", ".txt", ""]
SEEDS = [
    (".npy", GOOD_NPY),
    (".npz", GOOD_NPZ),
    (".npz", npz_bytes(a=np.arange(6.0))),
    (".safetensors", GOOD_SAFETENSORS),
    (".csv", b'name,x,y\n"a",1,2\nb,3,4\n'),
    (".json", b'{"a": [[1, 2], [3, 4]], "b": {"c": [5e-3]}}'),
    (".txt", b"[[1, 2], [3, -4e-1]]"),
]


def answer_within_bound(name: str, data: bytes) -> None:
    """Load a file and read all of its arrays; only refusals may come of it, and little memory may go."""
    store = Store()
    tracemalloc.start()
    try:
        answer = store.load(name, data)
        for array in answer.get("arrays", ()):
            with contextlib.suppress(qc.QuantError):
                store.values(name, tensor=array["name"])
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    assert not Trap.sprung
    json.dumps(answer, allow_nan=False).encode()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ENDINGS), st.binary(max_size=400))
def test_random_bytes_are_answered(ending: str, data: bytes) -> None:
    """Whatever the bytes, the answer is the file's arrays or an error, within a bound of memory."""
    answer_within_bound("file" + ending, data)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_mutated_files_are_answered(seed: tuple[str, bytes], draw: st.DataObject) -> None:
    """Bytes of a right file changed, left out, doubled or cut off: arrays or an error, within a bound of memory."""
    ending, good = seed
    data = bytearray(good)
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw.draw(st.integers(0, 8))
        kind = draw.draw(st.sampled_from(["set", "cut", "delete", "double", "insert"]))
        if kind == "set":
            data[place : place + 1] = draw.draw(st.binary(min_size=1, max_size=1))
        elif kind == "cut":
            del data[place:]
        elif kind == "delete":
            del data[place : place + length]
        elif kind == "double":
            data[place:place] = data[place : place + length]
        else:
            data[place:place] = draw.draw(st.binary(max_size=8))
    answer_within_bound("file" + ending, bytes(data))


@settings(max_examples=200, deadline=None)
@given(
    st.text("0123456789.,;\t -+eE\n\r\"'#naif\x0b\u2028", max_size=80),
    st.sampled_from([".csv", ".tsv", ".json", ".txt"]),
)
def test_scribbled_tables_are_answered(text: str, ending: str) -> None:
    """Texts of digits, separators, quotes and odd line ends: arrays or an error."""
    answer_within_bound("file" + ending, text.encode())
