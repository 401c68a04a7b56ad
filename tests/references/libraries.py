"""Calls of the libraries, and what quantcore calls the same. A library is imported where it is called."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    """One call of a library, and ours.

    Attributes:
        theirs: The library's answers by name.
        ours: The same names, and perhaps more.
        library: As package registries have it; for a recording, with
        family: whose adapter runs it.
        seldom: Whether it is slow, so that only one case in twenty is compared.
    """

    theirs: Callable[[Case], Answers]
    ours: Callable[[Case], Answers]
    library: str
    family: str
    seldom: bool = False


def given(arithmetic: str, dtype: type = np.float32, by_rows: bool = False) -> Callable[[Case], Answers]:
    """Our codes and reconstructions with the parameters of the case, the scale in a precision."""

    def ours(case: Case) -> Answers:
        scale = np.full(2, case.scale, dtype) if by_rows else dtype(case.scale)
        params = qc.QuantParams(scale, case.zero_point, qc.INT8, qc.PerAxis(0) if by_rows else None)
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


def decomposed(function: str, by_rows: bool) -> Callable[[Case], Answers]:
    """PT2E's operators, with float64 scales."""

    def theirs(case: Case) -> Answers:
        import torch
        from torch.ao.quantization.fx import _decomposed

        _ = _decomposed  # registers the operators
        library, x, codes = torch.ops.quantized_decomposed, torch.tensor(case.x), (-128, 127, torch.int8)
        parameters: tuple[Any, ...] = (float(case.scale), case.zero_point)
        if by_rows:
            shape = (2, 1) if function == "token" else (2,)
            parameters = (torch.full(shape, parameters[0], dtype=torch.float64), torch.full(shape, case.zero_point))
            parameters = (*parameters, 0) if function == "channel" else parameters
        q = getattr(library, f"quantize_per_{function}")(x, *parameters, *codes)
        codes = (*codes, torch.float32) if function == "token" else codes
        dq = getattr(library, f"dequantize_per_{function}")(q, *parameters, *codes)
        return {"q": q.numpy(), "dq": dq.numpy()}

    return theirs


def fbgemm(case: Case) -> Answers:
    """ChooseQuantizationParams, as PyTorch's own library has it, for int8."""
    import ctypes
    from pathlib import Path

    import torch

    class Found(ctypes.Structure):
        _fields_ = (("scale", ctypes.c_float), ("zero_point", ctypes.c_int32), ("precision", ctypes.c_int))

    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        function = library._ZN6fbgemm24ChooseQuantizationParamsEffiibb
    except (OSError, AttributeError) as error:
        raise ImportError(f"no FBGEMM in PyTorch: {error}") from None
    function.restype = Found
    function.argtypes = [ctypes.c_float] * 2 + [ctypes.c_int32] * 2 + [ctypes.c_bool] * 2
    found = function(float(case.x.min()), float(case.x.max()), -128, 127, False, False)
    return {"scale": np.float32(found.scale), "zero_point": found.zero_point}


def torchao_dont_preserve_zero(case: Case) -> Answers:
    """By rows, unsigned."""
    import torch
    from torchao.quantization import quant_primitives as primitives

    x, block = torch.tensor(case.x), (1, case.x.shape[1])
    mapping = primitives.MappingType.ASYMMETRIC
    scale, zero_point = primitives._choose_qparams_affine_dont_preserve_zero(x, mapping, block, torch.uint8)
    q = primitives.quantize_affine(x, block, scale, zero_point, torch.uint8)
    return {"scale": scale.numpy(), "zero_point": zero_point.numpy(), "q": q.numpy()}


def torchao_tinygemm(case: Case) -> Answers:
    """Four bits in bfloat16."""
    import torch
    from torchao.quantization import quant_primitives as primitives

    x, block = torch.tensor(case.x).to(torch.bfloat16), (1, case.x.shape[1])
    kind, codes = (primitives.MappingType.ASYMMETRIC, block, torch.int32), (torch.int32, 0, 15)
    scale, zero_point = primitives._choose_qparams_affine_tinygemm(x, *kind, 0, 15)
    q = primitives._quantize_affine_tinygemm(x, block, scale, zero_point, *codes)
    dq = primitives._dequantize_affine_tinygemm(q, block, scale, zero_point, *codes, output_dtype=torch.bfloat16)
    answers = {"scale": scale, "zero_point": zero_point, "dq": dq}
    return {"q": q.numpy(), **{name: value.float().numpy() for name, value in answers.items()}}


def our_tinygemm(case: Case) -> Answers:
    """The same."""
    params = qc.tinygemm.choose_params(case.x, case.x.shape[1])
    q = qc.tinygemm.quantize(case.x, params)
    return {"scale": params.scale, "zero_point": params.zero_point, "q": q, "dq": qc.tinygemm.dequantize(q, params)}


@cache
def _product_model() -> Any:
    from onnx import TensorProto, helper

    tensor, scalar = helper.make_tensor_value_info, ([], TensorProto.FLOAT)
    kinds = {"a": ([None, None], TensorProto.INT8), "b": ([None, None], TensorProto.INT8)}
    kinds |= dict.fromkeys(("a_s", "b_s", "y_s"), scalar) | dict.fromkeys(("a_z", "b_z", "y_z"), ([], TensorProto.INT8))
    names = ["a", "a_s", "a_z", "b", "b_s", "b_z", "y_s", "y_z"]
    inputs = [tensor(name, kinds[name][1], kinds[name][0]) for name in names]
    node = helper.make_node("QLinearMatMul", names, ["y"])
    graph = helper.make_graph([node], "product", inputs, [tensor("y", TensorProto.INT8, [None, None])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@cache
def _product_reference() -> Any:
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(_product_model())


@cache
def _product_session() -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(_product_model().SerializeToString(), providers=["CPUExecutionProvider"])


def _operands(case: Case) -> tuple[Any, Any, list[Any], list[int]]:
    """Two matrices of codes, made from the case's values, and scales: often powers of two, so that ties come."""
    rng = np.random.default_rng(np.abs(case.x).view(np.uint32).ravel())
    a, b = rng.integers(-128, 128, (3, case.x.shape[1]), np.int8), rng.integers(-4, 5, (case.x.shape[1], 2), np.int8)
    exponent = int(rng.integers(1, 6))
    scales = [np.float32(0.5), np.float32(1), np.float32(2.0**exponent)]
    if rng.random() < 0.5:
        scales = [np.float32(scale * rng.uniform(0.5, 2)) for scale in scales]
    return a, b, scales, [case.zero_point, int(rng.integers(-3, 4)), int(rng.integers(-128, 128))]


def product(runner: Callable[[], Any]) -> Callable[[Case], Answers]:
    """QLinearMatMul."""

    def theirs(case: Case) -> Answers:
        a, b, scales, zero_points = _operands(case)
        feeds: Answers = {"a": a, "b": b}
        for name, scale, zero_point in zip("aby", scales, zero_points, strict=True):
            feeds |= {f"{name}_s": np.asarray(scale), f"{name}_z": np.asarray(zero_point, np.int8)}
        return {"y": runner().run(None, feeds)[0]}

    return theirs


def our_product(name: str) -> Callable[[Case], Answers]:
    """The same with a requantization of ours."""

    def ours(case: Case) -> Answers:
        a, b, *parameters = _operands(case)
        params = [qc.QuantParams(scale, z, qc.INT8) for scale, z in zip(*parameters, strict=True)]
        return {"y": qc.qlinear_matmul(a, params[0], b, params[1], params[2], name)}

    return ours


def onnxruntime_tools(case: Case) -> Answers:
    """compute_scale_zp, for uint8 with a least range."""
    from onnxruntime.quantization.quant_utils import compute_scale_zp

    ends, codes = (case.x.min(), case.x.max()), (np.array(0, np.uint8), np.array(255, np.uint8))
    zero_point, scale = compute_scale_zp(*ends, *codes, False, 0.0001)
    return {"scale": scale, "zero_point": zero_point}


def our_tools(case: Case) -> Answers:
    """The same."""
    rules = replace(qc.TOOLKITS["onnxruntime"], min_real_range=0.0001)
    params = qc.choose_qparams(case.x, qc.UINT8, toolkit=rules)
    return {"scale": params.scale, "zero_point": params.zero_point}


def _batches(case: Case) -> list[Any]:
    """Two batches of hundreds of values, of which the case's are some."""
    rng = np.random.default_rng(np.abs(case.x).view(np.uint32).ravel())
    spread = np.float32(np.abs(case.x).mean())
    return [np.concatenate([row, rng.standard_t(4, 300).astype(np.float32) * spread]) for row in case.x]


def onnxruntime_calibrator(method: str, symmetric: bool) -> Callable[[Case], Answers]:
    """HistogramCollector over two batches."""

    def theirs(case: Case) -> Answers:
        from onnxruntime.quantization.calibrate import HistogramCollector

        collector = HistogramCollector(method, symmetric, 512, 128, 99.0, "same")
        with contextlib.redirect_stdout(io.StringIO()):
            for batch in _batches(case):
                collector.collect({"t": [batch]})
            found = collector.compute_collection_result()["t"]
        if method == "distribution":
            return {"mean": found.avg_std[0], "std": found.avg_std[1]}
        return {"low": found[0], "high": found[1]}

    return theirs


def our_calibration(method: str, scheme: str = "affine", **settings: Any) -> Callable[[Case], Answers]:
    """The same by a calibration of ours."""

    def ours(case: Case) -> Answers:
        found = qc.calibrate(_batches(case), qc.INT8, method, scheme=scheme, **settings)
        return {"low": np.float32(found.low), "high": np.float32(found.high), "amax": np.float32(found.high)}

    return ours


def our_distribution(case: Case) -> Answers:
    """The same."""
    found = qc.distribution_onnxruntime(_batches(case), 512)
    return {"mean": found.mean, "std": found.std}


def modelopt_calibrator(method: str) -> Callable[[Case], Answers]:
    """HistogramCalibrator over two batches, or MseCalibrator."""

    def theirs(case: Case) -> Answers:
        import torch
        from modelopt.torch.quantization import calib
        from modelopt.torch.quantization.calib.mse import MseCalibrator
        from modelopt.torch.quantization.tensor_quant import fake_tensor_quant

        batches = [torch.tensor(batch) for batch in _batches(case)]
        if method == "multiples":
            largest = torch.stack([batch.abs().max() for batch in batches]).max()
            calibrator = MseCalibrator(
                largest, quant_func=lambda x, amax: fake_tensor_quant(x, amax, None, 8, False, False)
            )
        else:
            calibrator = calib.HistogramCalibrator(num_bits=8, axis=None, unsigned=False, num_bins=512)
        for batch in batches:
            calibrator.collect(batch)
        if method == "multiples":
            return {"amax": calibrator.compute_amax().numpy()}
        arguments = {"percentile": 99.0} if method == "percentile" else {"start_bin": 128}
        return {"amax": calibrator.compute_amax(method, **arguments).numpy()}

    return theirs


def onnxruntime_bias(case: Case) -> Answers:
    """quantize_bias_static_impl, given no more of its quantizer than it asks for."""
    from types import SimpleNamespace

    from onnx import TensorProto, numpy_helper
    from onnxruntime.quantization.base_quantizer import BaseQuantizer

    tensors = [numpy_helper.from_array(case.x[0], "b")]
    model = SimpleNamespace(initializer=lambda: tensors, initializer_extend=tensors.extend)
    logging.disable(logging.WARNING)  # that a bias is beyond int32
    BaseQuantizer.quantize_bias_static_impl(
        SimpleNamespace(weight_qType=TensorProto.INT8, model=model), "b", np.asarray(case.scale), _weight_scales(case)
    )
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    return {"q": found["b_quantized"], "scale": found["b_quantized_scale"]}


def _weight_scales(case: Case) -> Any:
    return np.float32(2.0) ** -np.arange(case.x.shape[1], dtype=np.float32)


def our_bias(case: Case) -> Answers:
    """The same."""
    weights = qc.QuantParams(_weight_scales(case), 0, qc.INT8, qc.PerAxis(0))
    q, scale = qc.quantize_bias(case.x[0], qc.QuantParams(case.scale, case.zero_point, qc.INT8), weights)
    return {"q": q, "scale": scale}


def litert(dtype: str, resolver: str) -> Callable[[Case], Answers]:
    """QUANTIZE and DEQUANTIZE of one operator each, in a model that is made for the case."""

    def theirs(case: Case) -> Answers:
        scale, zero_point = float(case.scale), case.zero_point if dtype == "int8" else 0
        x = case.x.ravel()
        q = _run_litert("QUANTIZE", x, dtype, scale, zero_point, resolver)
        return {"q": q, "dq": _run_litert("DEQUANTIZE", q, dtype, scale, zero_point, resolver)}

    return theirs


def our_litert(dtype: str, arithmetic: str) -> Callable[[Case], Answers]:
    """The same; from 2^31 steps on the library wraps, and we saturate: there its own answer is taken for ours."""

    def ours(case: Case) -> Answers:
        fmt = qc.INT8 if dtype == "int8" else qc.INT16
        params = qc.QuantParams(case.scale, case.zero_point if dtype == "int8" else 0, fmt)
        x = case.x.ravel()
        if (np.abs(x / np.float64(case.scale)) >= 2.0**31).any():
            raise qc.QuantError("beyond int32, where the library wraps.", "values")
        q = qc.quantize(x, params, arithmetic)
        return {"q": q, "dq": qc.dequantize(q, params, arithmetic)}

    return ours


def _run_litert(operator: str, values: Any, dtype: str, scale: float, zero_point: int, resolver: str) -> Any:
    import flatbuffers
    from ai_edge_litert import interpreter as litert_interpreter
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str, kind: str, quantization: Any) -> Any:
        made = schema.TensorT()
        made.shape, made.type, made.buffer = [len(values)], getattr(schema.TensorType, kind.upper()), 0
        made.name, made.quantization = name, quantization
        return made

    quantization, code, graph, step, model = (
        make() for make in (
            schema.QuantizationParametersT, schema.OperatorCodeT, schema.SubGraphT, schema.OperatorT, schema.ModelT,
        )
    )  # fmt: skip
    quantization.scale, quantization.zeroPoint = [scale], [zero_point]
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 2 if dtype == "int8" else 3
    real, codes = tensor("real", "float32", None), tensor("codes", dtype, quantization)
    graph.tensors = [real, codes] if operator == "QUANTIZE" else [codes, real]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [step]
    step.opcodeIndex, step.inputs, step.outputs = 0, [0], [1]
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    interpreter = litert_interpreter.Interpreter(
        model_content=bytes(builder.Output()),
        experimental_op_resolver_type=getattr(litert_interpreter.OpResolverType, resolver),
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
