"""GGUF files of both versions, byte orders and any alignment, and those that are damaged."""

import struct
from pathlib import Path

import numpy as np
import pytest
from lab.models.containers.gguf import Values, read_gguf
from lab.models.containers.gguf_types import BLOCKED, REMOVED
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import FileSource

import quantcore as qc
from tests.lab.models.files import FOLDER, INDEX, Counting, expected, gguf, same, source, text

FILES = {entry["file"]: entry for entry in INDEX if entry["kind"] == "gguf"}


@pytest.mark.parametrize("name", FILES)
def test_every_type_as_ggml_decodes_it(name: str) -> None:
    """All tensors, to the last bit, and row by row what they are as a whole."""
    container = read_gguf(FileSource.at(FOLDER / name))
    assert container.notices == ()
    values = expected(name)
    assert [tensor.name for tensor in container.tensors] == [entry["name"] for entry in FILES[name]["tensors"]]
    for tensor in container.tensors:
        wanted = values[tensor.name].reshape(tensor.n_rows, tensor.row_length)
        assert tensor.shape == values[tensor.name].shape
        assert tensor.fault == ""
        assert same(tensor.rows(0, tensor.n_rows), wanted), tensor.name
        assert same(tensor.rows(tensor.n_rows - 1, tensor.n_rows), wanted[-1:]), tensor.name


def test_tokens_are_counted_and_not_built() -> None:
    """A tokenizer's list says how many words it has, and keeps the first."""
    name = "tiny-all-types.gguf"
    tokens = read_gguf(FileSource.at(FOLDER / name)).metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, Values)
    assert tokens.count == FILES[name]["gguf"]["n_tokens"]
    assert list(tokens.first)[:12] == FILES[name]["gguf"]["first_tokens"]


def blocks(name: str, order: str) -> tuple[bytes, np.ndarray]:
    """Two rows of a block format, their numbers in the byte order, and what they stand for."""
    fmt = qc.BLOCK_FORMATS[name]
    x = np.random.default_rng(1).normal(size=(2, 256)).astype(np.float32)
    stored = qc.store(x, fmt)
    data = stored.to_bytes()
    if order == ">":
        record = fmt.record  # type: ignore[attr-defined]
        data = np.frombuffer(data, record).astype(record.newbyteorder(">")).tobytes()
    return data, qc.restore(stored)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("alignment", [1, 8, 32, 256])
def test_versions_orders_and_alignments(order: str, version: int, alignment: int) -> None:
    """A plain tensor, one of float16 and two of blocks are the same in each."""
    plain, half = np.arange(6, dtype=order + "f4"), np.array([1.5, -2], order + "f2")
    parts = [("a", (2, 3), 0, plain.tobytes()), ("b", (2,), 1, half.tobytes())]
    values = [plain.reshape(2, 3).astype(np.float32), half.astype(np.float32)]
    for number, name in ((12, "q4_k"), (23, "iq4_xs")):
        data, wanted = blocks(name, order)
        parts.append((name, (2, 256), number, data))
        values.append(wanted)
    offset, tensors = 0, []
    for name, shape, number, data in parts:
        tensors.append((name, shape, number, offset, data))
        offset += -(-len(data) // alignment) * alignment
    entry = text("general.alignment", order) + struct.pack(order + "II", 4, alignment)
    container = read_gguf(source(gguf(tensors, entry, 1, order, version, alignment)))
    assert container.kind == f"GGUF version {version}" + (", big-endian" if order == ">" else "")
    assert container.notices == ()
    assert [tensor.fault for tensor in container.tensors] == ["", "", "", ""]
    for tensor, wanted in zip(container.tensors, values, strict=True):
        assert same(tensor.rows(0, tensor.n_rows), wanted.reshape(tensor.n_rows, -1)), tensor.name


@pytest.mark.parametrize("name", ["q4_0", "q8_0", "q4_k", "q6_k", "iq4_xs", "q2_k"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_blocks_of_a_big_endian_file(name: str, order: str) -> None:
    """As ggml reads them, or as gguf-py leaves them: the order in which scales are of one size, and it is said."""
    number = next(number for number, one in BLOCKED.items() if one == name)
    data, wanted = blocks(name, order)
    found = read_gguf(source(gguf([("a", (2, 256), number, 0, data)], order=">")))
    assert same(found.tensors[0].rows(0, 2), wanted)
    assert ["little-endian" in notice for notice in found.notices] == [True] * (order == "<")


@pytest.mark.parametrize("number", [*REMOVED, 9, 43, 99, 2**31])
def test_removed_and_unknown_types_are_named(number: int) -> None:
    """A tensor of such a type is listed with what is wrong; the one beside it can be read."""
    data = np.arange(8, dtype="<f4").tobytes()
    found = read_gguf(source(gguf([("a", (1, 256), number, 0, bytes(288)), ("b", (8,), 0, 288, data)])))
    assert str(number) in found.tensors[0].fault
    assert REMOVED.get(number, "") in found.tensors[0].fault
    with pytest.raises(ModelFileError, match=str(number)):
        found.tensors[0].rows(0, 1)
    np.testing.assert_array_equal(found.tensors[1].rows(0, 1)[0], np.arange(8))


def test_every_format_of_quantcore_has_a_number() -> None:
    """No block format of GGUF is left out of the table of types."""
    formats = {name for name, fmt in qc.BLOCK_FORMATS.items() if fmt.library == "ggml"}
    assert set(BLOCKED.values()) == formats


def test_a_tensor_at_the_end_of_six_gigabytes(tmp_path: Path) -> None:
    """Of a sparse file only the header and the bytes of what is decoded are read."""
    data, wanted = blocks("q4_k", "<")
    big = 6 * 2**30 // 144
    offset = -(-big * 144 // 32) * 32
    head = gguf([("big", (big, 256), 12, 0, b""), ("last", (2, 256), 12, offset, b"")])
    path = tmp_path / "sparse.gguf"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + offset)
        file.seek(len(head) + offset)
        file.write(data)
    counting = Counting(FileSource.at(path))
    container = read_gguf(counting)
    assert [tensor.shape for tensor in container.tensors] == [(big, 256), (2, 256)]
    assert counting.n_read <= 1 << 16
    counting.n_read = 0
    assert same(container.tensors[1].rows(1, 2), wanted[1:])
    assert counting.n_read == 144
    assert not container.tensors[0].rows(big - 1, big).any()
    assert counting.n_read == 288
    with pytest.raises(ModelFileError, match="Choose fewer rows"):
        container.tensors[0].rows(0, big)


HEADERS = {
    "too many strings": (text("t") + struct.pack("<IIQ", 9, 8, 2**40), 1, "claims"),
    "too many numbers": (text("t") + struct.pack("<IIQ", 9, 6, 2**62), 1, "claims"),
    "lists in lists": ((text("t") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 6), 1, "lists deep"),
    "list of many lists": (text("t") + struct.pack("<IIQ", 9, 9, 2**50), 1, "more than the file"),
    "unknown value": (text("t") + struct.pack("<I", 77), 1, "type 77"),
    "unknown value in a list": (text("t") + struct.pack("<IIQ", 9, 77, 1), 1, "type 77"),
    "more entries than bytes": (b"", 2**60, "more than the file"),
    "alignment 0": (text("general.alignment") + struct.pack("<II", 4, 0), 1, "power of two"),
    "alignment a text": (text("general.alignment") + struct.pack("<I", 8) + text("x"), 1, "power of two"),
    "alignment 3": (text("general.alignment") + struct.pack("<II", 4, 3), 1, "power of two"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_bad_headers(name: str) -> None:
    """What a header claims beyond the file, or against the format, is refused in words, and little is read."""
    entries, count, message = HEADERS[name]
    counting = Counting(source(gguf([("a", (8,), 0, 0, bytes(32))], entries, count)))
    with pytest.raises(ModelFileError, match=message):
        read_gguf(counting)
    assert counting.n_read <= 4096


TENSORS = {
    "shape overflows": ((2, 2**32, 2**32), 0, 0, "takes 147,573,952,589,676,412,928 bytes"),
    "not whole blocks": ((2, 100), 12, 0, "whole blocks of 256"),
    "off the alignment": ((8,), 0, 16, "no multiple of the alignment"),
    "beyond the end": ((8,), 0, 2**63, "cut short"),
}


@pytest.mark.parametrize("name", TENSORS)
def test_bad_tensors(name: str) -> None:
    """A tensor that cannot be is listed with its fault, and the one beside it can be read."""
    shape, kind, offset, message = TENSORS[name]
    head = gguf([("a", (8,), 0, 0, b""), ("bad", shape, kind, offset, b"")]) + np.arange(64, dtype="<f4").tobytes()
    good, bad = read_gguf(source(head)).tensors
    assert message in bad.fault
    with pytest.raises(ModelFileError, match=message):
        bad.rows(0, 1)
    np.testing.assert_array_equal(good.rows(0, 1)[0], np.arange(8))


def test_other_versions() -> None:
    """Version 1 had other counts; those to come are not guessed."""
    for version in (0x0, 1, 4):
        with pytest.raises(ModelFileError, match="versions 2 and 3"):
            read_gguf(source(gguf([], version=version)))


@pytest.mark.parametrize("name", FILES)
def test_cut_short_anywhere_in_the_header(name: str) -> None:
    """A header that ends early is refused; data that do leave the tensors before them."""
    data = (FOLDER / name).read_bytes()
    whole = read_gguf(source(data)).tensors
    start, last = whole[0].offset, whole[-1]
    for end in {*range(min(start, 400)), *range(start - 1, 0, -997)}:
        try:
            read_gguf(source(data[:end]))
        except ModelFileError:
            continue
        assert start - end < 64, end  # only the padding is missing
    found = read_gguf(source(data[: last.offset + last.size_bytes - 1]))
    assert "cut short" in found.tensors[-1].fault
    assert {tensor.fault for tensor in found.tensors[:-1]} == {""}
