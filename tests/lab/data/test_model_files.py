"""Model files in the laboratory: listed, read by rows, shown as they are stored, equal to what libraries decode."""

from typing import Any

import lab
import numpy as np
import pytest
from lab.data.store import STORE, Store
from lab.models.reading.source import BytesSource, FileSource

from tests.lab.models.files import FOLDER, NAMES, Counting, expected, gguf


def sources(name: str) -> dict[str, FileSource]:
    """A file, its configurations and its values that stand apart."""
    stem = name.rpartition(".")[0]
    beside = [*FOLDER.glob(f"{stem}.*json"), *FOLDER.glob(f"{name}.data")]
    return {path.name: FileSource.at(path) for path in (FOLDER / name, *beside)}


@pytest.mark.parametrize("name", NAMES)
def test_tensors_are_what_the_library_decodes(name: str) -> None:
    """Every tensor can be taken as values, and those of block formats also as they are stored: the same numbers."""
    loaded = STORE.open(name, sources(name))
    assert loaded["ok"], loaded
    wanted = expected(name)
    arrays = [
        array for array in loaded["arrays"] if array["name"] in wanted and np.isfinite(wanted[array["name"]]).all()
    ]
    n_compared = 0
    for array in arrays:
        values = wanted[array["name"]].reshape(-1)[:10_000]
        request = {"profile": "onnx", "source": "file", "file": name, "tensor": array["name"], "show": "table"}
        if not values.size:
            assert lab.answer(request)["errors"][0]["field"] == "tensor"
            continue
        answer: dict[str, Any] = lab.answer(request)
        assert answer["ok"], answer["errors"]
        assert np.array_equal(np.float32(answer["values"]), values), array
        n_compared += 1
        if "as_stored" in array:
            answer = lab.answer({**request, **array["as_stored"], "direction": "dequantize"})
            assert answer["ok"], answer["errors"]
            assert np.array_equal(np.float32(answer["dequantized"]), values), array
    assert n_compared


def test_a_part_of_a_large_tensor_is_read() -> None:
    """Rows that nobody named are as many as a page holds, and that is said; named ones are read alone."""
    width, height = 4096, 1024
    data = np.arange(width * height, dtype="<f4").tobytes()
    source = Counting(BytesSource(gguf([("w", (height, width), 0, 0, data)])))
    STORE.open("big.gguf", {"big.gguf": source})
    n_header, request = source.n_read, {"profile": "onnx", "source": "file", "file": "big.gguf"}
    answer: dict[str, Any] = lab.answer(request)
    assert answer["shape"] == [256, width]
    assert any("Of the 1,024 rows of w, the first 256" in notice["message"] for notice in answer["notices"])
    assert source.n_read - n_header < 1.01 * 256 * width * 4
    answer = lab.answer({**request, "rows": "1000:1002"})
    assert answer["shape"] == [2, width]
    assert answer["values"][:2] == [1000.0 * width, 1000.0 * width + 1]


@pytest.mark.parametrize("rows", ["5:5", "9:2", "0:1025", "-1:3", "one", "1", "1:2:3", "0:4, 2:5", "0:4,", ",0:4"])
def test_rows_that_are_none_are_refused(rows: str) -> None:
    """An error at the field names what was found, how many there are, and an example."""
    STORE.open("big.gguf", {"big.gguf": BytesSource(gguf([("w", (1024, 4), 0, 0, bytes(16384))]))})
    answer: dict[str, Any] = lab.answer({"profile": "onnx", "source": "file", "file": "big.gguf", "rows": rows})
    [error] = answer["errors"]
    assert error["field"] == "rows"
    assert rows in error["message"]
    assert "1,024" in error["message"]
    assert "0:16" in error["message"]


def test_columns_of_blocks_as_they_are_stored() -> None:
    """Blocks are shown by whole rows, which is said; their values by the columns that are named."""
    name = "tiny-all-types.gguf"
    loaded = STORE.open(name, sources(name))
    tensor = next(array for array in loaded["arrays"] if array["dtype"] == "Q4_K")
    request = {"source": "file", "file": name, "tensor": tensor["name"], "rows": "1:2, 3:8"}
    stored = lab.answer({**request, "direction": "dequantize", "format": "q4_k"})
    assert stored["shape"] == [1, tensor["shape"][-1]]
    assert any("whole rows are shown" in notice["message"] for notice in stored["notices"])
    values = lab.answer({**request, "profile": "onnx"})
    assert np.array_equal(np.float32(values["values"]), expected(name)[tensor["name"]][1, 3:8])


def test_another_format_than_the_stored_is_refused() -> None:
    """Bytes of one format are not read as those of another; the message says which it is."""
    name = "tiny-all-types.gguf"
    loaded = STORE.open(name, sources(name))
    tensor = next(array for array in loaded["arrays"] if array["dtype"] == "Q4_K")
    request = {"direction": "dequantize", "source": "file", "file": name, "tensor": tensor["name"]}
    [error] = lab.answer({**request, "format": "q5_k"})["errors"]
    assert error["field"] == "format"
    assert "stored with “Number format: Q4_K, 4.5 bits”" in error["message"]
    plain = next(array for array in loaded["arrays"] if array["dtype"] == "F32")
    [error] = lab.answer({**request, "tensor": plain["name"], "format": "q4_k"})["errors"]
    assert error["field"] == "tensor"


@pytest.mark.parametrize("fields", [{"profile": "onnx"}, {"direction": "dequantize", "format": "q8_0"}])
def test_another_number_is_followed_without_reading(fields: dict[str, str]) -> None:
    """What was read last, as values or as it is stored, is not read again."""
    blocks = bytes.fromhex("003c" + "05" * 32) * 4
    source = Counting(BytesSource(gguf([("w", (2, 64), 8, 0, blocks)])))
    STORE.open("q8.gguf", {"q8.gguf": source})
    request = {**fields, "source": "file", "file": "q8.gguf"}
    assert lab.answer(request)["ok"]
    n_read = source.n_read
    assert lab.answer({**request, "element": "70"})["request"]["element"] == "70"
    assert source.n_read == n_read


def test_a_file_is_known_by_its_size_and_its_ends() -> None:
    """A change at either end, or of the size, is another file; nothing between is read."""
    store, size = Store(), 10_000_000
    header = gguf([("w", (64,), 0, 0, bytes(256))])
    whole = bytearray(header + bytes(size - len(header)))
    digests = []
    for place in (None, size - 1, size - 500_000):
        changed = bytearray(whole)
        if place is not None:
            changed[place] = 1
        source = Counting(BytesSource(bytes(changed)))
        digests.append(store.open("m.gguf", {"m.gguf": source})["file"]["sha256"])
        assert source.n_read < 4_000_000
    digests.append(store.open("m.gguf", {"m.gguf": BytesSource(bytes(whole) + b"\0")})["file"]["sha256"])
    assert len(set(digests)) == len(digests)


def test_models_take_no_memory_of_the_store() -> None:
    """However large, they do not make it forget other files."""

    class Huge(BytesSource):
        """A file of 40 GB, of which only the beginning is there."""

        @property
        def size(self) -> int:
            """Bytes that it claims."""
            return 40 * 2**30

        def read(self, offset: int, length: int) -> bytes:
            """Zeros after the beginning."""
            return super().read(offset, length).ljust(length, b"\0")

    store = Store()
    store.load("before.txt", b"1 2 3")
    header = gguf([("w", (2, 64), 0, 0, b"")])
    assert store.open("m.gguf", {"m.gguf": Huge(header)})["ok"]
    assert store.values("before.txt")[2].tolist() == [1, 2, 3]
    assert store.values("m.gguf")[2].shape == (2, 64)
