"""ONNX Runtime as a rival of quantcore: the same round trip by its QuantizeLinear and DequantizeLinear."""

from collections.abc import Callable

import numpy as np

import quantcore as qc


def rival(x: np.ndarray, params: qc.QuantParams) -> dict[str, Callable[[], object]]:
    """QuantizeLinear and DequantizeLinear on one thread, where onnxruntime can be imported."""
    try:
        import onnxruntime as ort
    except ImportError:
        return {}
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # or it would take both nodes out
    session = ort.InferenceSession(_onnx_model(), options, ["CPUExecutionProvider"])
    feeds = {"x": x, "s": params.scale, "z": params.zero_point.astype(np.int8)}
    return {"onnxruntime, one thread": lambda: session.run(None, feeds)}


def _onnx_model() -> bytes:
    """x, s, z -> q = QuantizeLinear(x, s, z), y = DequantizeLinear(q, s, z), as ONNX writes it (protocol buffers)."""

    def node(operator: str, inputs: str, output: str) -> bytes:
        return b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, operator)

    def value(name: str, element_type: int, n_axes: int) -> bytes:
        shape = b"".join(_field(1, _field(2, "n")) for _ in range(n_axes))
        return _field(1, name) + _field(2, _field(1, _field(1, element_type) + _field(2, shape)))

    float32, int8 = 1, 3
    graph = (
        _field(1, node("QuantizeLinear", "xsz", "q"))
        + _field(1, node("DequantizeLinear", "qsz", "y"))
        + _field(2, "round trip")
        + b"".join(_field(11, value(*given)) for given in (("x", float32, 1), ("s", float32, 0), ("z", int8, 0)))
        + b"".join(_field(12, value(*result)) for result in (("q", int8, 1), ("y", float32, 1)))
    )
    opset = _field(1, "") + _field(2, 13)
    return _field(1, 8) + _field(7, graph) + _field(8, opset)


def _field(number: int, content: bytes | str | int) -> bytes:
    """One field of a protocol buffer: a varint, or bytes with their length before them."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    content = content.encode() if isinstance(content, str) else content
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    more = value >> 7
    return bytes([value & 127 | (128 if more else 0)]) + (_varint(more) if more else b"")
