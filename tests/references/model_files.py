"""Writes files of models with the libraries, and the values that they decode.

Run it where onnx 1.23.2, onnxruntime 1.32.0 and ai-edge-litert 2.3.0 are installed:
python tests/references/model_files.py types nbits tflite
"""

import sys
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
import onnxruntime
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

FOLDER = Path(__file__).parents[1] / "files"
RANDOM = np.random.default_rng(23)


def dequantized(codes: TensorProto, scale: TensorProto, zero: TensorProto | None, **attributes: int) -> np.ndarray:
    """What onnx's reference makes of a tensor."""
    names = ["x", "s"] + (["z"] if zero is not None else [])
    tensors = [part for part in (codes, scale, zero) if part is not None]
    copies = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in tensors]
    for copy, name in zip(copies, names, strict=True):
        copy.name = name
    node = helper.make_node("DequantizeLinear", names, ["y"], **attributes)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", [], [result], copies)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=13)
    return np.asarray(ReferenceEvaluator(model).run(None, {})[0], np.float32)


def packed(name: str, kind: int, codes: np.ndarray, bits: int) -> TensorProto:
    """A tensor of codes below a byte in raw_data, the first in the lowest bits."""
    flat = [int(code) & (1 << bits) - 1 for code in codes.reshape(-1)]
    whole = sum(code << (bits * i) for i, code in enumerate(flat))
    data = whole.to_bytes(-(-len(flat) * bits // 8), "little")
    return TensorProto(name=name, data_type=kind, dims=codes.shape, raw_data=data)


def record_onnx() -> None:
    """Types and fields in which values may be, with parameters of every granularity."""
    values, nodes, tensors = {}, [], []

    def add(name: str, codes: TensorProto, zero: TensorProto | None, scale: np.ndarray, **attributes: int) -> None:
        by = numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale")
        values[name] = dequantized(codes, by, zero, **attributes)
        inputs = [codes.name, by.name] + ([] if zero is None else [zero.name])
        nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}.y"], **attributes))
        tensors.extend(part for part in (codes, by, zero) if part is not None)

    for name, kind, bits, low in (
        ("uint4", TensorProto.UINT4, 4, 0),
        ("int4", TensorProto.INT4, 4, -8),
        ("uint2", TensorProto.UINT2, 2, 0),
        ("int2", TensorProto.INT2, 2, -2),
    ):
        codes = packed(name, kind, RANDOM.integers(low, low + (1 << bits), (7, 9)), bits)
        zero = packed(f"{name}.zero", kind, RANDOM.integers(low, low + (1 << bits), (9,)), bits)
        add(name, codes, zero, RANDOM.uniform(0.1, 1, 9), axis=-1)
    for name, kind in (("float4", TensorProto.FLOAT4E2M1), ("int4_blocks", TensorProto.INT4)):
        codes = packed(name, kind, RANDOM.integers(0, 16, (5, 32)), 4)
        add(name, codes, None, RANDOM.uniform(0.1, 1, (5, 2)), axis=1, block_size=16)
    for name, kind in (("e5m2", TensorProto.FLOAT8E5M2), ("e4m3", TensorProto.FLOAT8E4M3FN)):
        data = RANDOM.integers(0, 0x7A, (3, 8)).astype(np.uint8)
        add(name, TensorProto(name=name, data_type=kind, dims=(3, 8), raw_data=data.tobytes()), None, np.array(0.5))
    in_list = helper.make_tensor("in_int32_data", TensorProto.INT8, (4, 6), RANDOM.integers(-128, 128, 24).tolist())
    zeros = helper.make_tensor("in_int32_data.zero", TensorProto.INT8, (4,), [-5, 0, 7, 100])
    add("in_int32_data", in_list, zeros, RANDOM.uniform(0.1, 1, 4), axis=0)
    half = RANDOM.normal(size=6).astype(np.float16)
    plain = [
        helper.make_tensor("in_float_data", TensorProto.FLOAT, (2, 3), RANDOM.normal(size=6).tolist()),
        helper.make_tensor("in_double_data", TensorProto.DOUBLE, (5,), RANDOM.normal(size=5).tolist()),
        helper.make_tensor("in_int64_data", TensorProto.INT64, (4,), [-(2**40), -1, 0, 2**40]),
        helper.make_tensor("half", TensorProto.FLOAT16, (6,), half.tolist()),
        TensorProto(
            name="half_list", data_type=TensorProto.FLOAT16, dims=(6,), int32_data=half.view(np.uint16).tolist()
        ),
        numpy_helper.from_array(RANDOM.normal(size=(40, 8)).astype(np.float32), "outside"),
        numpy_helper.from_array(np.float32(1.25), "scalar"),
    ]
    values |= {tensor.name: numpy_helper.to_array(tensor).astype(np.float32) for tensor in plain}
    constant = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "inner")
    nodes.append(helper.make_node("Constant", [], ["constant"], value=constant))
    values["constant"] = numpy_helper.to_array(constant)
    outputs = [helper.make_tensor_value_info("constant", TensorProto.FLOAT, (2, 3))]
    graph = helper.make_graph(nodes, "g", [], outputs, [*tensors, *plain])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=13)
    (FOLDER / "types.onnx.data").unlink(missing_ok=True)  # the library would append to it
    onnx.save_model(
        model, FOLDER / "types.onnx", save_as_external_data=True, location="types.onnx.data", size_threshold=1000
    )
    np.savez_compressed(FOLDER / "types.onnx.expected.npz", **values)


def record_nbits() -> None:
    """Weights of ONNX Runtime's MatMulNBits: its product with the unit matrix is the transposed weight."""
    random = np.random.default_rng(24)
    nodes, tensors, inputs, outputs, feeds = [], [], [], [], {}
    for bits, n, k, block, zeros in (
        (4, 6, 64, 32, ""), (4, 5, 80, 32, "packed"), (8, 4, 64, 16, "packed"), (4, 3, 64, 16, "float"),
        (8, 3, 32, 32, ""), (2, 4, 64, 32, "packed"),
    ):  # fmt: skip
        name, blocks = f"w{len(nodes)}", -(-k // block)
        data = random.integers(0, 256, (n, blocks, block * bits // 8)).astype(np.uint8)
        scale = random.uniform(0.1, 1, (n, blocks)).astype(np.float32)
        parts = {"": data, ".scale": scale}
        if zeros == "packed":
            parts[".zero"] = random.integers(0, 256, (n, -(-blocks * bits // 8))).astype(np.uint8)
        elif zeros:
            parts[".zero"] = random.uniform(0, 15, (n, blocks)).astype(np.float32)
        tensors += [numpy_helper.from_array(part, name + end) for end, part in parts.items()]
        names = [name + end if end in parts else "" for end in ("", ".scale", ".zero")]
        feeds[f"{name}.x"] = np.eye(k, dtype=np.float32)
        inputs.append(helper.make_tensor_value_info(f"{name}.x", TensorProto.FLOAT, (k, k)))
        outputs.append(helper.make_tensor_value_info(f"{name}.y", TensorProto.FLOAT, (k, n)))
        nodes.append(
            helper.make_node(
                "MatMulNBits",
                [f"{name}.x", *names],
                [f"{name}.y"],
                domain="com.microsoft",
                K=k,
                N=n,
                bits=bits,
                block_size=block,
            )
        )
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    onnx.save_model(model, FOLDER / "nbits.onnx")
    session = onnxruntime.InferenceSession(FOLDER / "nbits.onnx", providers=["CPUExecutionProvider"])
    found = dict(zip((one.name.removesuffix(".y") for one in outputs), session.run(None, feeds), strict=True))
    np.savez_compressed(FOLDER / "nbits.onnx.expected.npz", **{name: value.T for name, value in found.items()})


def record_tflite() -> None:
    """INT4 and INT2 by channels, INT4 in blocks, float8, all packed by the description of the schema."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.description = 3, "types"
    model.buffers, graph.tensors, values = [schema.BufferT()], [], {}

    def add(name: str, kind: int, shape: tuple[int, ...], data: bytes) -> schema.TensorT:
        buffer, tensor = schema.BufferT(), schema.TensorT()
        buffer.data = np.frombuffer(data, np.uint8)
        model.buffers.append(buffer)
        tensor.name, tensor.type, tensor.shape = name, kind, list(shape)
        tensor.buffer = len(model.buffers) - 1
        graph.tensors.append(tensor)
        return tensor

    def bits(codes: np.ndarray, width: int) -> bytes:
        flat = [int(code) & (1 << width) - 1 for code in codes.reshape(-1)]
        return sum(code << (width * i) for i, code in enumerate(flat)).to_bytes(-(-len(flat) * width // 8), "little")

    for name, kind, width in (("int4", 17, 4), ("int2", 19, 2)):
        codes = RANDOM.integers(-(1 << width - 1), 1 << width - 1, (3, 5, 3))
        scale, zero = RANDOM.uniform(0.1, 1, 5).astype(np.float32), RANDOM.integers(-2, 2, 5)
        tensor = add(name, kind, codes.shape, bits(codes, width))
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = scale.tolist(), zero.tolist()
        tensor.quantization.quantizedDimension = 1
        values[f"{len(graph.tensors) - 1}:{name}"] = scale[:, None] * (codes - zero[:, None]).astype(np.float32)
    codes, scale = RANDOM.integers(-8, 8, (6, 64)), RANDOM.uniform(0.1, 1, (6, 2)).astype(np.float16)
    tensor = add("blocks", 17, codes.shape, bits(codes, 4))
    add("blocks_scale", 1, scale.shape, scale.tobytes())
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
    details = schema.BlockwiseQuantizationT()
    details.scales, details.zeroPoints, details.blockSize = len(graph.tensors) - 1, -1, 32
    tensor.quantization.details = details
    values[f"{len(graph.tensors) - 2}:blocks"] = codes.astype(np.float32) * np.repeat(scale.astype(np.float32), 32, 1)
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    (FOLDER / "types.tflite").write_bytes(bytes(builder.Output()))
    np.savez_compressed(FOLDER / "types.tflite.expected.npz", **values)


if __name__ == "__main__":
    RECORDERS = {"types": record_onnx, "nbits": record_nbits, "tflite": record_tflite}
    for wanted in sys.argv[1:]:
        RECORDERS[wanted]()
