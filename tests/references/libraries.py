"""Calls of the libraries, and what quantcore calls the same. A library is imported where it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import quantcore as qc

Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """Values (2, n) in float32, and a scale and a zero point for the calls that take them."""

    x: Any
    scale: Any
    zero_point: int

    def arrays(self) -> Answers:
        """By name."""
        return {"x": self.x, "scale": self.scale, "zero_point": np.int32(self.zero_point)}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a library, and ours."""

    theirs: Callable[[Case], Answers]
    ours: Callable[[Case], Answers]


def given(arithmetic: str) -> Callable[[Case], Answers]:
    """Our codes and reconstructions with the parameters of the case."""

    def ours(case: Case) -> Answers:
        params = qc.QuantParams(case.scale, case.zero_point, qc.INT8)
        q = qc.quantize(case.x, params, arithmetic)
        return {"q": q, "dq": qc.dequantize(q, params, arithmetic)}

    return ours


def chosen(toolkit: str, fmt: qc.IntFormat, scheme: str = "affine", by_rows: bool = False) -> Callable[[Case], Answers]:
    """Our parameters, and codes and reconstructions with them."""

    def ours(case: Case) -> Answers:
        params = qc.choose_qparams(case.x, fmt, scheme, qc.PerAxis(0) if by_rows else None, toolkit=toolkit)
        arithmetic = qc.TOOLKITS[toolkit].arithmetic
        q = qc.quantize(case.x, params, arithmetic)
        answers = {"scale": params.scale, "zero_point": params.zero_point, "q": q}
        return answers | {"absmax": np.abs(case.x).max(axis=1), "dq": qc.dequantize(q, params, arithmetic)}

    return ours


def torch_per_tensor(case: Case) -> Answers:
    """The storage of the codes, and back."""
    import torch

    q = torch.quantize_per_tensor(torch.tensor(case.x), float(case.scale), case.zero_point, torch.qint8)
    return {"q": q.int_repr().numpy(), "dq": q.dequantize().numpy()}


def torch_per_channel(case: Case) -> Answers:
    """Two rows with the same parameters."""
    import torch

    scales, zero_points = torch.full((2,), float(case.scale), dtype=torch.float64), torch.full((2,), case.zero_point)
    q = torch.quantize_per_channel(torch.tensor(case.x), scales, zero_points, 0, torch.qint8)
    return {"q": q.int_repr().numpy(), "dq": q.dequantize().numpy()}


def torch_fake_quantize(case: Case) -> Answers:
    """There and back at once."""
    import torch

    dq = torch.fake_quantize_per_tensor_affine(torch.tensor(case.x), float(case.scale), case.zero_point, -128, 127)
    return {"dq": dq.numpy()}


def torch_observer(qscheme: str) -> Callable[[Case], Answers]:
    """MinMaxObserver's parameters for quint8."""

    def theirs(case: Case) -> Answers:
        import torch

        observer = torch.ao.quantization.MinMaxObserver(torch.quint8, getattr(torch, qscheme))
        observer(torch.tensor(case.x))
        scale, zero_point = observer.calculate_qparams()
        return {"scale": scale.numpy(), "zero_point": zero_point.numpy()}

    return theirs


def torch_dynamic(case: Case) -> Answers:
    """What dynamic quantization chooses."""
    import torch

    scale, zero_point = torch._choose_qparams_per_tensor(torch.tensor(case.x))
    return {"scale": np.float32(scale), "zero_point": zero_point}


def torchao(mapping: str) -> Callable[[Case], Answers]:
    """Parameters of each row, codes and reconstructions."""

    def theirs(case: Case) -> Answers:
        import torch
        from torchao.quantization import quant_primitives as primitives

        x, block, dtype = torch.tensor(case.x), (1, case.x.shape[1]), torch.int8
        scale, zero_point = primitives.choose_qparams_affine(x, getattr(primitives.MappingType, mapping), block, dtype)
        q = primitives.quantize_affine(x, block, scale, zero_point, dtype)
        dq = primitives.dequantize_affine(q, block, scale, zero_point, dtype)
        return {"scale": scale.numpy(), "zero_point": zero_point.numpy(), "q": q.numpy(), "dq": dq.numpy()}

    return theirs


@cache
def _onnx_model() -> Any:
    from onnx import TensorProto, checker, helper

    tensor = helper.make_tensor_value_info
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["dq"]),
    ]
    inputs = [tensor("x", TensorProto.FLOAT, [2, None]), tensor("s", TensorProto.FLOAT, [])]
    inputs.append(tensor("z", TensorProto.INT8, []))
    outputs = [tensor("q", TensorProto.INT8, [2, None]), tensor("dq", TensorProto.FLOAT, [2, None])]
    graph = helper.make_graph(nodes, "there_and_back", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    checker.check_model(model)
    return model


@cache
def _onnx_reference() -> Any:
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(_onnx_model())


@cache
def _onnxruntime_session() -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(_onnx_model().SerializeToString(), providers=["CPUExecutionProvider"])


def onnx(runner: Callable[[], Any]) -> Callable[[Case], Answers]:
    """QuantizeLinear and DequantizeLinear, opset 21."""

    def theirs(case: Case) -> Answers:
        feeds = {"x": case.x, "s": np.asarray(case.scale), "z": np.asarray(case.zero_point, np.int8)}
        q, dq = runner().run(None, feeds)
        return {"q": q, "dq": dq}

    return theirs


def bitsandbytes(case: Case) -> Answers:
    """LLM.int8() rows; the library takes float16, so the values are rounded to it and kept within it."""
    import torch
    from bitsandbytes.functional import int8_vectorwise_quant

    q, absmax, _ = int8_vectorwise_quant(torch.tensor(_float16(case).x).to(torch.float16))
    return {"q": q.numpy(), "absmax": absmax.numpy()}


def _float16(case: Case) -> Case:
    return Case(np.clip(case.x, -60000, 60000).astype(np.float16).astype(np.float32), case.scale, case.zero_point)


def modelopt(case: Case) -> Answers:
    """Fake quantization to int8, narrow, of the whole array."""
    import torch
    from modelopt.torch.quantization.tensor_quant import fake_tensor_quant

    x = torch.tensor(case.x)
    return {"dq": fake_tensor_quant(x, x.abs().max(), None, 8, False, True).numpy()}


CALLS = {
    "torch.quantize_per_tensor": Call(torch_per_tensor, given("torch_per_tensor")),
    "torch.quantize_per_channel": Call(torch_per_channel, given("torch_per_channel")),
    "torch.fake_quantize_per_tensor_affine": Call(torch_fake_quantize, given("torch_fake_quantize")),
    "torch MinMaxObserver affine": Call(torch_observer("per_tensor_affine"), chosen("torch", qc.UINT8)),
    "torch MinMaxObserver symmetric": Call(
        torch_observer("per_tensor_symmetric"), chosen("torch", qc.UINT8, "symmetric")
    ),
    "torch._choose_qparams_per_tensor": Call(torch_dynamic, chosen("torch_dynamic", qc.UINT8)),
    "torchao ASYMMETRIC": Call(torchao("ASYMMETRIC"), chosen("torchao", qc.INT8, by_rows=True)),
    "torchao SYMMETRIC": Call(torchao("SYMMETRIC"), chosen("torchao", qc.INT8, "symmetric", by_rows=True)),
    "torchao SYMMETRIC_NO_CLIPPING_ERR": Call(
        torchao("SYMMETRIC_NO_CLIPPING_ERR"),
        chosen("torchao_no_clipping", qc.INT8, "symmetric", by_rows=True),
    ),
    "onnx ReferenceEvaluator": Call(onnx(_onnx_reference), given("onnx")),
    "onnxruntime InferenceSession": Call(onnx(_onnxruntime_session), given("onnxruntime")),
    "bitsandbytes int8_vectorwise_quant": Call(
        bitsandbytes,
        lambda case: chosen("bitsandbytes", qc.INT8, "symmetric", by_rows=True)(_float16(case)),
    ),
    "modelopt fake_tensor_quant": Call(modelopt, chosen("modelopt", qc.INT8, "symmetric")),
}
