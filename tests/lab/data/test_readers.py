"""Files read: what NumPy and hand-written writers wrote comes back, number for number."""

import hashlib
import struct
from typing import Any

import numpy as np
import pytest
from lab.data.store import Store

from tests.lab.data.writers import npy_bytes, npy_with_header, npz_bytes, safetensors_bytes, tensors_bytes, zip_bytes

MATRIX = np.arange(-6, 6).reshape(3, 4) / 4
DTYPES = ("?", "i1", "u1", "<i2", ">i2", "<u4", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8")


def read(name: str, data: bytes, tensor: str = "") -> np.ndarray[Any, Any]:
    """The numbers of a file's array, the file known to be right."""
    store = Store()
    answer = store.load(name, data)
    assert answer["ok"], answer
    return store.values(name, tensor=tensor)[2]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_npy_comes_back(dtype: str, order: Any) -> None:
    """An array of every plain type, in both byte orders and both orders of the axes, is read as it was."""
    array = np.asarray(np.abs(MATRIX * 8), dtype=dtype, order=order)
    numbers = read("a.npy", npy_bytes(array))
    assert numbers.dtype in (np.float32, np.float64)
    assert numbers.flags.c_contiguous
    assert numbers.tolist() == array.astype(np.float64).tolist()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_npy_of_every_version(version: int) -> None:
    """Versions 1 to 3 differ in the header's length field only."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
    assert read("a.npy", npy_with_header(header, struct.pack("<2f", 1.5, -2), version)).tolist() == [1.5, -2]


@pytest.mark.parametrize(
    "header",
    [
        "{'shape': (2,), 'descr': '<f4', 'fortran_order': False}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }     ",
    ],
)
def test_npy_headers_of_other_writers(header: str) -> None:
    """The header's entries may come in any order, with any blanks, and with the long integers of Python 2."""
    assert read("a.npy", npy_with_header(header, struct.pack("<2f", 1.5, -2))).ravel().tolist() == [1.5, -2]


def test_npy_keeps_float32_without_a_copy() -> None:
    """float32 numbers stay float32 and lie in the bytes that were read."""
    data = npy_bytes(MATRIX.astype("<f4"))
    store = Store()
    store.load("a.npy", data)
    numbers = store.values("a.npy")[2]
    assert numbers.dtype == np.float32
    assert np.shares_memory(numbers, np.frombuffer(data, np.uint8))


def test_npy_scalar_is_a_list_of_one() -> None:
    """An array without axes is read as one number."""
    assert read("a.npy", npy_bytes(np.float32(2.5))).tolist() == [2.5]


@pytest.mark.parametrize("compress", [False, True])
def test_npz_lists_its_arrays(compress: bool) -> None:
    """Every array of an archive is listed with shape and type and can be chosen; the first is the default."""
    data = npz_bytes(compress, weight=MATRIX.astype(np.float16), bias=np.arange(3, dtype=np.int64))
    answer = Store().load("a.npz", data)
    assert answer["arrays"] == [
        {"name": "weight", "shape": [3, 4], "dtype": "float16"},
        {"name": "bias", "shape": [3], "dtype": "int64"},
    ]
    assert read("a.npz", data).tolist() == MATRIX.tolist()
    assert read("a.npz", data, "bias").tolist() == [0, 1, 2]


def test_npz_skips_what_it_cannot_use() -> None:
    """Objects, texts and other files in an archive are named with the reason; the rest can be used."""
    members = [
        ("good.npy", npy_bytes(MATRIX)),
        ("text.npy", npy_bytes(np.array(["a"]))),
        ("objects.npy", npy_bytes(np.array([{}], object), allow_pickle=True)),
        ("notes.txt", b"hello"),
    ]
    answer = Store().load("a.npz", zip_bytes(members))
    assert [array["name"] for array in answer["arrays"]] == ["good"]
    assert {one["name"]: one["reason"].split(";")[0] for one in answer["skipped"]} == {
        "text": "holds text",
        "objects": "holds pickled Python objects, which are never loaded because they can run programs",
        "notes.txt": "is no .npy file.",
    }


SAFETENSORS = {
    "f64": ("F64", "<f8"),
    "f32": ("F32", "<f4"),
    "f16": ("F16", "<f2"),
    "i64": ("I64", "<i8"),
    "i32": ("I32", "<i4"),
    "i16": ("I16", "<i2"),
    "i8": ("I8", "i1"),
    "u8": ("U8", "u1"),
    "u16": ("U16", "<u2"),
    "u32": ("U32", "<u4"),
    "u64": ("U64", "<u8"),
    "bool": ("BOOL", "?"),
}


def test_safetensors_comes_back() -> None:
    """A tensor of every type is listed and read as it was written."""
    arrays = {name: np.abs(MATRIX * 8).astype(dtype) for name, (_, dtype) in SAFETENSORS.items()}
    data = tensors_bytes(
        **{name: (SAFETENSORS[name][0], array.shape, array.tobytes()) for name, array in arrays.items()}
    )
    store = Store()
    answer = store.load("model.safetensors", data)
    assert [(one["name"], one["dtype"]) for one in answer["arrays"]] == [
        (name, dtype) for name, (dtype, _) in SAFETENSORS.items()
    ]
    for name, array in arrays.items():
        numbers = store.values("model.safetensors", tensor=name)[2]
        assert numbers.tolist() == array.astype(np.float64).tolist()
        assert numbers.flags.aligned


def test_safetensors_reads_bfloat16() -> None:
    """BF16 codes are the upper halves of float32: 1, -2, the largest, the smallest normal and a subnormal number."""
    codes = [0x3F80, 0xC000, 0x7F7F, 0x0080, 0x0001]
    expected = [1.0, -2.0, (2 - 2.0**-7) * 2.0**127, 2.0**-126, 2.0**-133]
    data = tensors_bytes(w=("BF16", (5,), struct.pack("<5H", *codes)))
    numbers = read("m.safetensors", data)
    assert numbers.dtype == np.float32
    assert numbers.tolist() == expected


def test_safetensors_skips_types_it_cannot_read() -> None:
    """Complex numbers are named with the reason, and the other tensors can be used."""
    data = tensors_bytes(a=("C64", (1,), b"12345678"), b=("F32", (), struct.pack("<f", 0.5)))
    answer = Store().load("m.safetensors", data)
    assert [one["name"] for one in answer["arrays"]] == ["b"]
    assert answer["skipped"][0]["name"] == "a"
    assert "type C64" in answer["skipped"][0]["reason"]
    assert read("m.safetensors", data, "b").tolist() == [0.5]


def test_safetensors_in_odd_places_is_aligned() -> None:
    """Numbers that begin at an odd byte are read right, and aligned."""
    content = np.array([1.5, -2.5], "<f4").tobytes()
    data = tensors_bytes(a=("U8", (3,), b"\1\2\3"), b=("F32", (2,), content))
    numbers = read("m.safetensors", data, "b")
    assert numbers.tolist() == [1.5, -2.5]
    assert numbers.flags.aligned


def test_safetensors_is_known_without_its_name() -> None:
    """A safetensors file under another name is read as one."""
    assert read(
        "weights", safetensors_bytes({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}, b"\7")
    ).tolist() == [7]


CSV = {
    "commas": ("1,2\n3,4\n", [[1, 2], [3, 4]]),
    "semicolons": ("1;2\n3;4", [[1, 2], [3, 4]]),
    "tabs": ("1\t2\r\n3\t4\r\n", [[1, 2], [3, 4]]),
    "blanks": ("1  2\n 3 4\n", [[1, 2], [3, 4]]),
    "decimal commas": ("1,5;2\n3;-4,25\n", [[1.5, 2], [3, -4.25]]),
    "header": ("left,right\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "quoted": ('"left","right"\n"1","2"\n3,4\n', [[1, 2], [3, 4]]),
    "byte order mark": ("\ufeffleft,right\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "comment": ("# from NumPy\n1 2\n3 4\n", [[1, 2], [3, 4]]),
    "blank lines": ("\n\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
    "old line ends": ("1,2\r3,4\r", [[1, 2], [3, 4]]),
    "one row": ("1,2,3", [1, 2, 3]),
    "one column": ("weight\n1\n2\n3", [1, 2, 3]),
    "words": ("name,x,y\na,1,2\nb,3,4\n", [[1, 2], [3, 4]]),
    "decimal commas between tabs": ("1,5\t-2,25\n3,0\t0,5", [[1.5, -2.25], [3, 0.5]]),
    "decimal commas in one column": ("0,1\n-0,2\n0,3\n", [0.1, -0.2, 0.3]),
    "typographic minus": ("\u22121.5,2\n3,\u22124\n", [[-1.5, 2], [3, -4]]),
    "empty cell": ("1,2\n3,\n5,6\n", [[1, 2], [5, 6]]),
    "trailing comma": ("1,2,\n3,4,\n", [[1, 2], [3, 4]]),
    "exponents": ("1e-3,2E5\n+3,-.5\n", [[1e-3, 2e5], [3, -0.5]]),
}


@pytest.mark.parametrize("name", CSV)
def test_tables_are_read(name: str) -> None:
    """Tables with every usual separator, with and without names, give their rows."""
    text, expected = CSV[name]
    assert read("table.csv", text.encode()).tolist() == expected


def test_columns_can_be_chosen() -> None:
    """A table with names offers all of it, and each column of numbers by its name."""
    data = b"id,weight,note\n1,0.5,a\n2,-0.5,b\n"
    answer = Store().load("t.csv", data)
    assert [array["name"] for array in answer["arrays"]] == ["table", "id", "weight"]
    assert answer["skipped"] == [{"name": "note", "reason": 'holds words, such as "a".'}]
    assert read("t.csv", data, "weight").tolist() == [0.5, -0.5]


def test_what_a_table_lacks_is_told() -> None:
    """Rows with an empty cell and empty columns are left out, by number."""
    answer = Store().load("t.csv", b"a,b,\n1,2,\n3,,\n5,6,\n")
    assert answer["skipped"] == [
        {"name": "column 3", "reason": "is empty."},
        {"name": "row 3", "reason": "left out, because a cell of it is empty."},
    ]


def test_utf16_text_is_read() -> None:
    """A text that says by its mark that it is UTF-16, as a spreadsheet may write it, is read."""
    assert read("t.csv", "1\t2\n3\t4\n".encode("utf-16")).tolist() == [[1, 2], [3, 4]]


JSON = {
    "list": ("[1, -2.5, 3e-1]", [1, -2.5, 0.3]),
    "matrix": ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
    "object": ('{"w": [[1, 2], [3, 4]], "b": [5]}', [[1, 2], [3, 4]]),
    "nested": ('{"layer": {"w": [7]}}', [7]),
    "large whole number": ('{"w": [123456789012345678901234567890]}', [1.2345678901234568e29]),
    "beside texts": ('{"name": "x", "shape": null, "w": [1]}', [1]),
}


@pytest.mark.parametrize("name", JSON)
def test_json_is_read(name: str) -> None:
    """Nested lists give their shape; of an object, the first array is the default."""
    text, expected = JSON[name]
    assert read("a.json", text.encode()).tolist() == expected


def test_json_arrays_are_called_by_their_path() -> None:
    """Arrays inside of objects are called by the keys that lead to them."""
    answer = Store().load("a.json", b'{"layer": {"w": [[1, 2]], "b": [1]}, "x": 3}')
    assert [(one["name"], one["shape"]) for one in answer["arrays"]] == [
        ("layer.w", [1, 2]),
        ("layer.b", [1]),
        ("x", [1]),
    ]


@pytest.mark.parametrize("text", ["1 2 3", "1\n2\n3", "[1, 2, 3]", "1; 2; 3", "array([1., 2., 3.])"])
def test_plain_text_is_read_as_if_it_were_typed(text: str) -> None:
    """A text file is read like the field for values."""
    assert read("a.txt", text.encode()).tolist() == [1, 2, 3]


def test_a_file_is_known_by_its_digest() -> None:
    """The answer to a file names it, its size and the SHA-256 of its bytes."""
    data = b"1 2 3"
    about = Store().load("a.txt", data)["file"]
    assert about == {"name": "a.txt", "size": 5, "sha256": hashlib.sha256(data).hexdigest()}
