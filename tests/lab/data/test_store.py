"""The store: files in pieces, pictures, what is kept, and what is said about a file that is not here."""

import hashlib
import tracemalloc

import lab
import numpy as np
import pytest
from lab.data import store as module
from lab.data.files.contents import MAX_BYTES
from lab.data.store import Intake, Store

import quantcore as qc
from tests.lab.data.writers import npy_bytes, tensors_bytes

DATA = npy_bytes(np.arange(1000, dtype=np.float32).reshape(10, 100))
DIGEST = hashlib.sha256(DATA).hexdigest()


def test_pieces_make_the_file() -> None:
    """A file that comes in pieces is the file that comes at once, and the progress is told."""
    store = Store()
    intake = Intake("a.npy", len(DATA), store)
    progress = [intake.write(memoryview(DATA)[start : start + 1000]) for start in range(0, len(DATA), 1000)]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert 0 < progress[0] < 1
    assert intake.finish() == Store().load("a.npy", DATA)
    assert store.values("a.npy")[2].tolist() == np.arange(1000).reshape(10, 100).tolist()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_taken(kind: type) -> None:
    """Bytes, byte arrays and views of memory are the same file; changing them later changes nothing."""
    store = Store()
    given = kind(DATA)
    assert store.load("a.npy", given)["file"]["sha256"] == DIGEST
    if isinstance(given, bytearray):
        given[:] = bytes(len(given))
    assert store.values("a.npy")[2][0, 1] == 1


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
def test_a_file_that_changed_is_refused(size: int) -> None:
    """More or fewer bytes than announced are an error."""
    intake = Intake("a.npy", size, Store())
    intake.write(DATA)
    answer = intake.finish()
    assert "it changed meanwhile" in answer["errors"][0]["message"]


def test_a_file_that_is_too_large_is_refused_before_it_is_kept() -> None:
    """Of a file beyond the limit, whether announced or not, no byte is kept."""
    announced = Intake("a.npy", MAX_BYTES + 1, Store())
    assert announced.write(bytes(10)) == 1.0
    assert announced.finish()["errors"][0]["message"].startswith('file "a.npy" has 100 MB; at most 100 MB are read.')
    piece = bytes(MAX_BYTES // 4 + 1)
    growing = Intake("a.npy", 10, Store())
    tracemalloc.start()
    for _ in range(8):
        growing.write(piece)
    assert tracemalloc.get_traced_memory()[1] < MAX_BYTES + len(piece)
    tracemalloc.stop()
    assert "at most 100 MB" in growing.finish()["errors"][0]["message"]


def test_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of memory the file that came first goes, and the rest stays."""
    monkeypatch.setattr(module, "MAX_KEPT", 12)
    store = Store()
    for name in ("a.txt", "b.txt", "c.txt"):
        store.load(name, b"1 2 3" if name != "b.txt" else b"4 5 6")
    store.load("d.txt", b"7 8 9")
    assert store.values("d.txt")[2].tolist() == [7, 8, 9]
    with pytest.raises(qc.QuantError, match="is not here"):
        store.values("b.txt")


def test_a_file_is_found_by_name_or_by_digest() -> None:
    """Without a digest the latest file of the name counts; with one, the very file under whatever name."""
    store = Store()
    first = store.load("a.txt", b"1")["file"]["sha256"]
    store.load("a.txt", b"2")
    assert store.values("a.txt")[2].tolist() == [2]
    assert store.values("a.txt", first)[2].tolist() == [1]
    assert store.values("renamed.txt", first)[2].tolist() == [1]


@pytest.mark.parametrize(
    ("arguments", "field", "parts"),
    [
        (("", "", "", ""), "file", ["file is empty; drop a file"]),
        (("b.npy", "", "", ""), "file", ['file "b.npy" is not here', 'Drop "b.npy" on the page.']),
        (("b.npy", "00ff", "", "3,4"), "file", ['Drop "b.npy" (shape 3,4, SHA-256 00ff) on the page.']),
        (("a.npy", "00ff", "", ""), "file", [f"it is another one: its SHA-256 is {DIGEST}", "(SHA-256 00ff)"]),
        (("a.npy", "", "b", ""), "tensor", ['tensor is "b", which "a.npy" does not hold', 'such as "a"']),
    ],
)
def test_what_is_missing_is_named(arguments: tuple[str, str, str, str], field: str, parts: list[str]) -> None:
    """A file that is not here is named with all that the request tells of it; so is an array that the file has not."""
    store = Store()
    store.load("a.npy", DATA)
    with pytest.raises(qc.QuantError) as caught:
        store.values(*arguments)
    assert caught.value.field == field
    assert all(part in caught.value.message for part in parts), caught.value.message


def test_a_skipped_tensor_says_why() -> None:
    """Choosing an array of a type that cannot be read gives the reason."""
    store = Store()
    store.load("m.safetensors", tensors_bytes(a=("C64", (1,), b"12345678"), b=("U8", (1,), b"1")))
    with pytest.raises(qc.QuantError, match="has type C64"):
        store.values("m.safetensors", tensor="a")


def test_forget_drops_everything() -> None:
    """After forgetting, no file is here."""
    store = Store()
    store.load("a.npy", DATA)
    store.forget()
    with pytest.raises(qc.QuantError, match="is not here"):
        store.values("a.npy")


def test_grey_pixels_are_rows_of_numbers() -> None:
    """One byte a pixel gives a matrix of its greys."""
    store = Store()
    answer = store.load_pixels("p.png", 3, 2, bytes([0, 10, 20, 30, 40, 255]))
    assert answer["arrays"] == [{"name": "picture", "shape": [2, 3], "dtype": "grey"}]
    assert store.values("p.png")[2].tolist() == [[0, 10, 20], [30, 40, 255]]


def test_coloured_pixels_become_grey() -> None:
    """Greys stay themselves, green is the brightest primary, what is transparent is white; digests are of the file."""
    pixels = [(0, 0, 0, 255), (255, 255, 255, 255), (90, 90, 90, 255)]
    pixels += [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0), (0, 0, 0, 51)]
    store = Store()
    answer = store.load_pixels("p.png", 4, 2, bytes(channel for pixel in pixels for channel in pixel), b"the file")
    assert answer["file"] == {"name": "p.png", "size": 8, "sha256": hashlib.sha256(b"the file").hexdigest()}
    # Rec. 601: 0.299, 0.587 and 0.114 of 255 are 76.2, 149.7 and 29.1; a fifth of black on white leaves 204.
    assert store.values("p.png")[2].tolist() == [[0, 255, 90, 77], [149, 29, 255, 204]]


@pytest.mark.parametrize(
    ("width", "height", "n_bytes", "part"),
    [(0, 5, 0, "it may have 1 to"), (5, 5, 24, "and 24 bytes came in"), (10**5, 10**5, 10, "it may have 1 to")],
)
def test_pixels_that_do_not_fit_are_refused(width: int, height: int, n_bytes: int, part: str) -> None:
    """A picture whose bytes are not width times height pixels is an error."""
    answer = Store().load_pixels("p.png", width, height, bytes(n_bytes))
    assert answer["errors"][0]["field"] == "file"
    assert part in answer["errors"][0]["message"]


def test_a_request_takes_its_values_from_a_file() -> None:
    """A file's array is quantized, and the answer's request says which file it was, so that a link can ask for it."""
    module.STORE.load("weights.npy", DATA)
    answer = lab.answer({"source": "file", "file": "weights.npy", "profile": "onnx"})
    assert answer["ok"], answer
    assert answer["shape"] == [10, 100]
    assert answer["values"] == list(range(1000))
    said = {name: answer["request"][name] for name in ("file", "file_sha256", "tensor", "file_shape", "shape")}
    assert said == {
        "file": "weights.npy",
        "file_sha256": DIGEST,
        "tensor": "weights",
        "file_shape": "10,100",
        "shape": "",
    }
    again = lab.answer({**answer["request"], "bits": "4"})
    assert again["ok"]
    module.STORE.forget()
    gone = lab.answer(answer["request"])
    assert [error["field"] for error in gone["errors"]] == ["file"]
    assert f'Drop "weights.npy" (shape 10,100, SHA-256 {DIGEST})' in gone["errors"][0]["message"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"source": "normal", "shape": "4,x"}, "shape"),
        ({"source": "normal", "shape": "100000,100000"}, "shape"),
        ({"source": "normal", "seed": "-1"}, "seed"),
        ({"source": "normal", "spread": "0"}, "spread"),
        ({"source": "outliers", "outlier_share": "101"}, "outlier_share"),
        ({"source": "outliers", "outlier_size": "x"}, "outlier_size"),
        ({"source": "student_t", "degrees": "2"}, "degrees"),
        ({"source": "picture", "shape": "5,5"}, "shape"),
        ({"source": "file"}, "file"),
        ({"source": "elsewhere"}, "source"),
    ],
)
def test_what_is_wrong_with_a_source_is_told_once(request_: dict[str, str], field: str) -> None:
    """A wrong setting of a source is one error, at its field."""
    answer = lab.answer(request_)
    assert [error["field"] for error in answer["errors"]] == [field], answer


def test_generated_values_follow_the_request() -> None:
    """Shape, seed, spread and the outliers' share and size reach the generator."""
    request = {"source": "outliers", "shape": "50,40", "seed": "3", "spread": "0.5", "outlier_share": "10"}
    answer = lab.answer({**request, "outlier_size": "100"})
    assert answer["shape"] == [50, 40]
    assert 150 < sum(abs(value) > 45 for value in answer["values"]) < 250
    assert lab.answer({"source": "normal"})["shape"] == [16, 16]


def test_raw_bytes_are_any_type_that_divides_them() -> None:
    """A .bin file without a header is offered under each type, little-endian first; its reader says which it is."""
    store = Store()
    numbers = np.array([1.5, -2.0, 3.0, 0.25], "<f4")
    found = store.load("w.bin", numbers.tobytes())
    assert [array["name"] for array in found["arrays"]][:4] == ["float32", "float16", "bfloat16", "float64"]
    np.testing.assert_array_equal(store.values("w.bin")[2], numbers)
    swapped = store.load("w.bin", numbers.byteswap().tobytes())
    np.testing.assert_array_equal(store.values("w.bin", swapped["file"]["sha256"], "float32, big-endian")[2], numbers)
    halves = store.load("h.raw", np.array([0x3FC0, 0xC000], "<u2").tobytes())
    np.testing.assert_array_equal(store.values("h.raw", halves["file"]["sha256"], "bfloat16")[2], [1.5, -2])
    assert [array["name"] for array in store.load("b.bin", b"abc")["arrays"]] == ["int8", "uint8"]
