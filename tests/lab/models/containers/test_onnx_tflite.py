"""ONNX and TFLite files: every tensor with values, and the parameters that belong to it."""

import numpy as np
import pytest
from lab.models.containers import protobuf
from lab.models.containers.onnx import read_onnx
from lab.models.containers.onnx_operators import Node, scaled_of
from lab.models.containers.protobuf import varints
from lab.models.opening import Model, open_model
from lab.models.reading.fault import ModelFileError
from lab.models.reading.raw import RawTensor
from lab.models.reading.source import BytesSource, FileSource

from tests.lab.models.files import FOLDER, INDEX, Counting, expected, same, source

FILES = {entry["file"]: entry for entry in INDEX if entry["file"].endswith((".onnx", ".tflite"))}
WRITTEN = ("types.onnx", "nbits.onnx", "types.tflite")  # by tests/references/model_files.py


def model(name: str) -> Model:
    """A file with its external data, if there are some."""
    names = [name, *(path.name for path in FOLDER.glob(f"{name}.data"))]
    return open_model({one: FileSource.at(FOLDER / one) for one in names})


@pytest.mark.parametrize("name", [*FILES, *WRITTEN])
def test_every_value(name: str) -> None:
    """All tensors with their parameters, to the last bit, whole and from any row on."""
    found = {tensor.name: tensor for tensor in model(name).tensors}
    for key, wanted in expected(name).items():
        tensor = found[key]
        assert tensor.fault == ""
        assert tensor.shape == wanted.shape
        rows = wanted.reshape(tensor.n_rows, tensor.row_length)
        assert same(tensor.rows(0, tensor.n_rows), rows), key
        for row in range(tensor.n_rows):
            assert same(tensor.rows(row, row + 1), rows[row : row + 1]), (key, row)


@pytest.mark.parametrize("name", FILES)
def test_what_they_are_made_of(name: str) -> None:
    """Scales and zero points that are tensors belong to their weight."""
    found = {tensor.name: tensor for tensor in model(name).tensors}
    for entry in FILES[name]["tensors"]:
        assert {part.name for part in found[entry["name"]].made_of} == set(entry["made_of"])
    assert set(found) - {entry["name"] for entry in FILES[name]["tensors"]} == set(FILES[name].get("not_logical", ()))


LABELS = {
    "int4": "ONNX INT4, DequantizeLinear, a scale for each index of axis 1",
    "float4": "ONNX FLOAT4E2M1, DequantizeLinear, blocks of 16 along axis 1",
    "e4m3": "ONNX FLOAT8E4M3FN, DequantizeLinear, one scale",
    "constant": "FLOAT",
    "w1": "ONNX INT4, MatMulNBits, groups of 32, with zero points",
    "w4": "ONNX INT8, MatMulNBits, a scale for each row",
    "0:int4": "TFLite INT4, parameters, a scale for each index of axis 1",
    "2:blocks": "TFLite INT4, blockwise, blocks of 32 along axis 1",
}


def test_labels() -> None:
    """Type, operator and granularity."""
    found = {tensor.name: tensor.label for name in WRITTEN for tensor in model(name).tensors}
    assert {name: found[name] for name in LABELS} == LABELS


def test_packed_weights_that_do_not_fit() -> None:
    """Columns in groups of another order, and fewer bytes than codes, are said; the other weights stay readable."""
    data = (FOLDER / "nbits.onnx").read_bytes()
    node = data.index(b"w0.x")
    attribute = data.index(b"\n\x01K", node)
    place = data.index(b"\x18\x40", attribute)  # AttributeProto.i = 64
    opened = open_model({"nbits.onnx": source(data[:place] + b"\x18\x7f" + data[place + 2 :])})
    (fault,) = [one.fault for one in opened.tensors if one.fault]
    assert fault.startswith("w0 has 192 bytes; 6 × 127 codes of 4 bits in blocks of 32 do not fit")
    stored = [RawTensor(name, "UINT8", (1, 1, 16), source(b""), 0, 16, None) for name in ("w", "s", "g")]
    attributes = {"N": 1, "K": 32, "bits": 4, "block_size": 32}
    (scaled,) = scaled_of([Node("MatMulNBits", ["x", "w", "s", "", "g"], attributes)], stored)
    assert "groups of another order (g_idx)" in scaled.fault


def test_many_small_messages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message counts as more than one field, for it takes longer to walk: a file of nothing else ends as soon."""
    monkeypatch.setattr(protobuf, "MAX_FIELDS", 1000)
    node = b"\x0a\x02\x22\x00"  # GraphProto.node, whose op_type is empty: two fields and a message
    for n_nodes, is_refused in ((248, False), (249, True)):  # each node is 4, and the model and its graph are 5
        graph = node * n_nodes
        data = bytes([7 << 3 | 2, len(graph) & 127 | 128, len(graph) >> 7]) + graph
        if is_refused:
            with pytest.raises(ModelFileError, match="more than 1,000 fields"):
                read_onnx(source(data))
        else:
            assert read_onnx(source(data)).tensors == ()


def test_values_are_passed_over() -> None:
    """Of tensors with many bytes each only what is between those is read."""

    def message(number: int, data: bytes) -> bytes:
        length = len(data)
        return bytes([number << 3 | 2, length & 127 | 128, length >> 7 & 127 | 128, length >> 14]) + data

    tensor = bytes([1 << 3, 100, 1 << 3 | 0, 125, 2 << 3, 1]) + message(9, bytes(50_000))
    data = message(7, b"".join(message(5, tensor + message(8, b"w%d" % i)) for i in range(40)))
    counting = Counting(source(data))
    opened = open_model({"a.onnx": counting})
    assert [one.shape for one in opened.tensors] == [(100, 125)] * 40
    assert counting.n_read < len(data) / 4


def test_sparse_initializers_are_listed() -> None:
    """SparseTensorProto: values, indices, dims; it has the shape of the whole, and its fault says what it is."""
    values = bytes([1 << 3, 2, 2 << 3, 1, 8 << 3 | 2, 1]) + b"w" + bytes([9 << 3 | 2, 8]) + bytes(8)
    sparse = bytes([1 << 3 | 2, len(values)]) + values + bytes([3 << 3 | 2, 2, 5, 7])
    graph = bytes([15 << 3 | 2, len(sparse)]) + sparse
    (tensor,) = open_model({"a.onnx": source(bytes([7 << 3 | 2, len(graph)]) + graph)}).tensors
    assert (tensor.name, tensor.shape, tensor.label, tensor.size_bytes) == ("w", (5, 7), "FLOAT", 8)
    assert tensor.fault == 'Tensor "w" is sparse, which cannot be read. Convert the model without sparsity.'


def test_scales_in_tables_count_as_bits() -> None:
    """8 bits and, for each row of 144, a float32 scale and a 64-bit zero point."""
    tensor = next(one for one in model("conv-int8.tflite").tensors if one.name == "4:MatMul")
    assert tensor.bits_per_value == 8 + (32 + 64) / 144


def test_external_data_are_read_by_rows_and_only_from_beside() -> None:
    """A row of them is read; a file that is missing is named; one of another folder is never opened."""
    name = "types.onnx"
    counting = Counting(FileSource.at(FOLDER / f"{name}.data"))
    files = {name: FileSource.at(FOLDER / name), f"{name}.data": counting}
    outside = next(one for one in open_model(files).tensors if one.name == "outside")
    outside.rows(3, 4)
    assert counting.n_read == 32
    alone = next(one for one in open_model({name: files[name]}).tensors if one.name == "outside")
    assert "'types.onnx.data', which is not here: choose it, too" in alone.fault
    data = (FOLDER / name).read_bytes().replace(b"types.onnx.data", b"/etc/types.data")
    moved = open_model({name: source(data), "types.data": counting, "/etc/types.data": counting})
    (fault,) = [one.fault for one in moved.tensors if one.name == "outside"]
    assert "outside of the model's folder" in fault
    short = open_model({name: files[name], f"{name}.data": BytesSource(b"12")})
    assert [one.name for one in short.tensors if "cut short" in one.fault] == ["outside"]


@pytest.mark.parametrize("name", ["onnx-truncated.onnx", "tflite-truncated.tflite"])
def test_hostile(name: str) -> None:
    """A file that is cut short says so, in few reads."""
    counting = Counting(FileSource.at(FOLDER / "hostile" / name))
    try:
        opened = open_model({name: counting})
        said = " ".join(opened.notices)
        assert all(one.fault or one.rows(0, one.n_rows).size for one in opened.tensors)
    except ModelFileError as error:
        said = error.message
    assert "cut short" in said
    assert counting.n_read < 6 * counting.size


def test_graphs_in_graphs_without_end() -> None:
    """A chain of subgraphs is followed to a depth, and refused beyond."""
    data = b""
    for _ in range(20):  # GraphProto.node -> NodeProto.attribute -> AttributeProto.g
        for tag in (6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2):
            length = len(data)
            data = bytes([tag, length & 127 | 128, length >> 7]) + data
    model = bytes([7 << 3 | 2, len(data) & 127 | 128, len(data) >> 7]) + data
    with pytest.raises(ModelFileError, match="nested"):
        read_onnx(source(model))


def test_varints() -> None:
    """Numbers of one to ten bytes, by the specification's own examples."""
    assert varints(bytes([0x96, 0x01])).tolist() == [150]
    assert varints(bytes([3, 0x8E, 2, 0x9E, 0xA7, 5])).tolist() == [3, 270, 86942]
    assert varints(bytes([0xFE] + [0xFF] * 8 + [1])).tolist() == [-2]
    assert varints(b"\x80").size == 0
    assert np.array_equal(varints(bytes(range(128))), np.arange(128))
