"""The computation in PyTorch: its own quantized operators where they compute this, else tensor operations."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling, Unscaling

from .case import Case, fused_multiply_add, nested, program
from .origin import FEW
from .with_numpy import for_slices

ROUNDED = {
    "half_even": "torch.round({0})",
    "half_away": "torch.trunc({0}) + torch.sign({0}) * ({0}.frac().abs() >= 0.5)",
    "half_up": "torch.floor({0}) + ({0} - torch.floor({0}) >= 0.5)",
    "toward_zero": "torch.trunc({0})",
    "floor": "torch.floor({0})",
    "ceil": "torch.ceil({0})",
    "stochastic": "torch.floor({0}) + (chance < {0} - torch.floor({0}))",
}
STORED = {"int8": "torch.qint8", "uint8": "torch.quint8"}


def torch_tensors(case: Case) -> str:
    """The program."""
    remarks = [f"# {reason}" for reason in _remarks(case)]
    has_chance = not case.is_dequantize and case.arithmetic.rounding == "stochastic"
    head = [*remarks, *case.head(*(["import numpy as np"] if has_chance else []), "import torch")]
    show = "print(x_hat)" if case.is_dequantize else "print(q, x_hat)"
    own, made = _own_operator(case), case.origin.functions
    if own:
        return program(head, *made, _given(case, "float32"), own, [show])
    numbers = _given(case, str(case.given.dtype))
    return program(head, *made, _helper(case), numbers, _parameters(case), _computed(case), [show])


def _remarks(case: Case) -> list[str]:
    """What PyTorch's operators would do otherwise."""
    settings = case.result.settings
    if _own_operator(case):
        return ["PyTorch calls these operators deprecated; they compute as before."] if _is_eager(case) else []
    if settings.profile_name == "pytorch":
        return ["PyTorch has no operator for these settings; tensor operations compute what the page computes."]
    whose = settings.profile.label
    whose = whose[0].lower() + whose[1:] if whose.startswith("The ") else whose
    return [f"Not as PyTorch's own operators would, but in tensor operations, as {whose} computes."]


def _is_plain(case: Case) -> bool:
    """Whether the settings are those of an operator of PyTorch's own, granularity and width aside."""
    is_pytorch = case.result.settings.profile_name == "pytorch" and case.arithmetic.rounding == "half_even"
    return is_pytorch and not case.is_dequantize and case.has_whole_zero_point


def _is_eager(case: Case) -> bool:
    return not isinstance(case.granularity, qc.PerBlock)


def _own_operator(case: Case) -> list[str]:
    """PyTorch's own operator, if there is one for the settings."""
    if not _is_plain(case):
        return []
    if isinstance(case.granularity, qc.PerBlock):
        return _by_groups(case)
    stored = STORED.get(repr(case.fmt))
    if stored is None:
        return []
    lines = ["q, x_hat = stored.int_repr(), stored.dequantize()"]
    if isinstance(case.granularity, qc.PerTensor):
        scale, zero_point = float(case.scale), int(case.zero_point)
        return [f"stored = torch.quantize_per_tensor(x, {scale!r}, {zero_point}, {stored})", *lines]
    axis = case.granularity.axis % case.given.ndim
    return [
        f"scales = {_tensor(case, case.scale.reshape(-1), 'scale')}",
        f"zero_points = {_tensor(case, case.zero_point.astype(np.int64).reshape(-1), 'zero_point')}",
        f"stored = torch.quantize_per_channel(x, scales, zero_points, {axis}, {stored})",
        *lines,
    ]


def _by_groups(case: Case) -> list[str]:
    """Groups along the last axis of a matrix, as PT2E has them."""
    if not isinstance(case.granularity, qc.PerBlock) or case.given.ndim != 2 or case.granularity.axis % 2 != 1:
        return []
    size, fmt = case.granularity.block_size, case.fmt
    if size < 2 or case.given.shape[1] % size or fmt.dtype.itemsize > 1:
        return []
    arguments = f"scales, zero_points, {fmt.qmin}, {fmt.qmax}, torch.{fmt.dtype}, {size}"
    return [
        "from torch.ao.quantization.fx import _decomposed  # registers the operators",
        "",
        f"scales = {_tensor(case, case.scale.astype(np.float32), 'scale')}",
        f"zero_points = {_tensor(case, case.zero_point.astype(np.int32), 'zero_point')}",
        f"q = torch.ops.quantized_decomposed.quantize_per_channel_group(x, {arguments})",
        f"x_hat = torch.ops.quantized_decomposed.dequantize_per_channel_group(q, {arguments}, torch.float32)",
    ]


# Tensor operations


def _given(case: Case, dtype: str) -> list[str]:
    kind = _torch_type(dtype)
    if case.origin.is_written:
        text = nested(case.given.astype(dtype))
        return [f"{case.name} = torch.tensor({text}, dtype=torch.{kind})"]
    lines = [*case.origin.lines, *_slices_in_numpy(case)]
    wide = "" if dtype == str(case.given.dtype) and dtype == kind else f".astype(np.{kind})"
    return [*lines, f"{case.name} = torch.from_numpy({case.name}{wide})"]


def _slices_in_numpy(case: Case) -> list[str]:
    """Many scales are computed from the values, or read from where they are saved, before `x` is a tensor."""
    if not _has_many_slices(case):
        return []
    fmt = case.fmt
    ends = [] if case.is_dequantize else [f"qmin, qmax = {fmt.qmin}, {fmt.qmax}"]
    return [*ends, *for_slices(case)]


def _has_many_slices(case: Case) -> bool:
    return not case.origin.is_written and case.scale.size > FEW


def _torch_type(dtype: str) -> str:
    """PyTorch computes little with uint16; int32 holds the same codes."""
    return "int32" if dtype == "uint16" else dtype


def _parameters(case: Case) -> list[str]:
    fmt = case.fmt
    ends = [] if case.is_dequantize or not case.result.is_clipping else [f"qmin, qmax = {fmt.qmin}, {fmt.qmax}"]
    if case.keeps_factor:
        factor = "1 / " + _written(case.scale) if case.is_dequantize else _written(case.result.scale_factor)
        return [f"scale_factor = {factor}", f"zero_point = {_written(case.zero_point.astype(case.dtype))}"]
    z = case.zero_point.astype(case.wide)
    if not isinstance(case.granularity, qc.PerBlock):
        return [
            *ends,
            f"scale = {_tensor(case, case.scale, 'scale')}",
            f"zero_point = {_tensor(case, z, 'zero_point')}",
        ]
    name, axis, size = case.name, case.granularity.axis, case.granularity.block_size
    return [
        *ends,
        f"block = torch.arange({name}.shape[{axis}]) // {size}",
        f"scale = {_tensor(case, case.scale, 'scale')}.index_select({axis}, block)",
        f"zero_point = {_tensor(case, z, 'zero_point')}.index_select({axis}, block)",
    ]


def _tensor(case: Case, numbers: Any, name: str) -> str:
    """Parameters as a tensor: written out where they are few, else what NumPy has of that name."""
    if not _has_many_slices(case):
        return _written(numbers)
    flat = ".reshape(-1)" if numbers.ndim == 1 and case.scale.ndim > 1 else ""
    return f"torch.from_numpy({name}{flat}.astype(np.{numbers.dtype}))"


def _written(numbers: Any) -> str:
    return f"torch.tensor({nested(numbers)}, dtype=torch.{numbers.dtype})"


def _computed(case: Case) -> list[str]:
    if case.is_dequantize:
        return _way_back(case)
    chance = []
    if case.arithmetic.rounding == "stochastic":
        seed = case.result.settings.seed
        chance = [f"chance = torch.from_numpy(np.random.default_rng({seed}).random(tuple(x.shape)))"]
        if isinstance(case.granularity, qc.PerBlock):
            chance = [
                "# chance is drawn in another order than on the page, block by block: codes may differ by one",
                *chance,
            ]
    return [*chance, *_way_there(case), *_way_back(case)]


def _way_there(case: Case) -> list[str]:
    rules, rounded = case.arithmetic, ROUNDED[case.arithmetic.rounding].format("scaled")
    x, scale = _in(case, "x", case.given.dtype), _in(case, "scale", case.scale.dtype)
    if case.is_fused:
        lines = [f"scaled = fused_multiply_add({x}, 1 / {scale}, zero_point)"]
    else:
        if case.keeps_factor:
            scaled = f"{x} * scale_factor"
        elif rules.scaling is Scaling.DIVIDE:
            scaled = f"{x} / {scale}"
        elif rules.scaling is Scaling.FROM_LOWEST:
            scaled = f"({x} - (qmin - zero_point) * {scale}) / {scale} + (qmin - zero_point)"
        elif rules.scaling is Scaling.RECIPROCAL_FLOAT64:
            scaled = f"{x} * (1 / scale.double()).to(torch.{case.working})"
        elif rules.scaling is Scaling.ABSMAX:
            qmax = case.fmt.qmax
            scaled = f"{x} * (1 / (scale.double() * {qmax}).to(torch.{case.working}) * {qmax})"
        else:
            scaled = f"{x} * (1 / {scale})"
        scaled = scaled if case.wide == case.working else f"({scaled}).to(torch.{case.wide})"
        lines = [f"scaled = {scaled}{' + zero_point' if rules.zero_point_first else ''}"]
    code = rounded if rules.zero_point_first else f"{rounded} + zero_point"
    if not rules.clips:
        return [*lines, f"q = {code}"]
    return [*lines, f"q = torch.clamp({code}, qmin, qmax).to(torch.{_torch_type(str(case.fmt.dtype))})"]


def _helper(case: Case) -> list[str]:
    """The function that `_way_there` calls, if any."""
    if case.is_dequantize or not case.is_fused:
        return []
    return fused_multiply_add("torch", "x.double() * factor.double()", "addend.double()", ".double()", ".float()")


def _in(case: Case, name: str, dtype: Any) -> str:
    return name if np.dtype(dtype) == case.working else f"{name}.to(torch.{case.working})"


def _way_back(case: Case) -> list[str]:
    working = f"torch.{case.working}"
    difference = f"(q.to(torch.{case.wide}) - zero_point)"
    match case.arithmetic.unscaling:
        case Unscaling.MULTIPLY if case.wide != case.working:
            return [f"x_hat = ({difference} * scale.to(torch.{case.wide})).to({working})"]
        case Unscaling.MULTIPLY if case.given_back != case.working:
            return [f"x_hat = ({difference} * scale).to(torch.{case.given_back})"]
        case Unscaling.MULTIPLY:
            return [f"x_hat = {difference} * {_in(case, 'scale', case.scale.dtype)}"]
        case Unscaling.MULTIPLY_FLOAT64:
            return [f"x_hat = ({difference}.double() * scale.double()).to(torch.{case.given_back})"]
        case Unscaling.DIVIDE_FLOAT64:
            return [f"x_hat = {difference} / (1 / scale.double()).to({working})"]
        case Unscaling.FACTOR:
            return ["x_hat = (q - zero_point) / scale_factor"]
        case Unscaling.ABSMAX:
            absmax = f"(scale.double() * {case.fmt.qmax}).to({working})"
            return [f"x_hat = {difference} * {absmax} * torch.tensor({1 / case.fmt.qmax!r}, dtype={working})"]
