"""Programs that read a tensor of a safetensors checkpoint: with the convention's library, or its formula in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quantcore.formats.floats import FLOAT8_E4M3FN, FloatFormat

from ..models.conventions.logical import LogicalTensor
from ..models.conventions.planes import Added, Numbers, PackedAlong, PackedDown, Plane, Reciprocal
from ..models.conventions.table import CONVENTIONS
from ..models.conventions.values import Affine, Blocks, Plain
from ..models.reading.raw import RawTensor
from ..programs.elements_with_numpy import decoder


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A tensor that a program reads.

    Attributes:
        paths: The files as an expression of Python, a list.
        tensor: The tensor.
    """

    paths: str
    tensor: LogicalTensor

    @property
    def stem(self) -> str:
        """What the names of its parts begin with."""
        return self.tensor.made_of[0].name.removesuffix(CONVENTIONS[self.tensor.convention].needs[0])

    def part(self, suffix: str) -> RawTensor | None:
        """The part whose name ends so."""
        return next((part for part in self.tensor.made_of if part.name == self.stem + suffix), None)

    def get(self, suffix: str) -> str:
        """The expression that reads a part."""
        return stored(self.stem + suffix)


Lines = list[str]
STORED = '''
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U32": "<u4", "I8": "i1"}


def stored(name):
    """A stored tensor: BF16 as float32, floats of 8 bits and less as bytes."""
    for path in paths:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
            if name in header:
                about = header[name]
                begin, end = about["data_offsets"]
                file.seek(8 + size + begin)
                data = file.read(end - begin)
                if about["dtype"] == "BF16":
                    array = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
                else:
                    array = np.frombuffer(data, TYPES.get(about["dtype"], np.uint8))
                return array.reshape(about["shape"]) if array.size == math.prod(about["shape"]) else array
    raise SystemExit(f"{name} is in none of {paths}")
'''
UNPACK = '''

def unpack(words, n, bits):
    """The n codes of each row, packed from the lowest bits of its words on."""
    octets = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1)
    stream = np.unpackbits(octets, axis=1, bitorder="little")[:, : n * bits]
    return stream.reshape(len(words), n, bits) @ (1 << np.arange(bits))
'''
SPREAD = '''

def spread(parameters, blocks, shape):
    """Each parameter for all elements of its block."""
    parameters = parameters.reshape([-(-length // block) for length, block in zip(shape, blocks)])
    for axis, (block, length) in enumerate(zip(blocks, shape)):
        parameters = np.repeat(parameters, block, axis).take(np.arange(length), axis)
    return parameters
'''


def stored(name: str) -> str:
    """The expression that reads a stored tensor."""
    return f"stored({name!r})"


def with_numpy(case: Case, lines: Lines, *functions: str) -> str:
    """A program in NumPy alone."""
    head = f"import json\nimport math\nfrom pathlib import Path\n\nimport numpy as np\n\npaths = {case.paths}"
    texts = [head + STORED, *functions]
    return "".join(text.rstrip("\n") + "\n" for text in texts) + "\n\n" + program(*lines)


def program(*lines: str) -> str:
    """Lines that make x, and those that print its shape and its first numbers."""
    return "\n".join([*lines, "print(x.shape)", "print(x.reshape(-1)[:8])"]) + "\n"


def function(fmt: FloatFormat, name: str) -> str:
    """A decoder of codes as text."""
    return "\n\n" + "\n".join(decoder(fmt, name)) + "\n"


def plain(case: Case) -> str:
    """With safetensors and PyTorch; floats of 4 and 6 bits, which PyTorch cannot compute with, in NumPy."""
    values, name = case.tensor.values, case.tensor.name
    encoding = values.tensor.encoding if isinstance(values, Plain) else None
    fmt = None if encoding is None else encoding.fmt
    if isinstance(fmt, FloatFormat) and fmt.bits < 8:
        shape = case.tensor.shape
        codes = f"unpack({stored(name)}.reshape(1, -1), {math.prod(shape)}, {fmt.bits})"
        lines = [f"x = decode({codes}).reshape({shape})"]
        return with_numpy(case, lines, UNPACK, function(fmt, "decode"))
    return program(
        "from pathlib import Path",
        "",
        "import torch",
        "from safetensors import safe_open",
        "",
        f"paths = {case.paths}",
        "for path in paths:",
        '    with safe_open(path, "pt") as file:',
        f"        if {name!r} in file.keys():",
        f"            stored = file.get_tensor({name!r})",
        "x = stored.float() if stored.dtype.is_floating_point and stored.dtype != torch.float64 else stored",
    )


def gptq(case: Case) -> str:
    """Words packed down the input axis, zero points along the output axis."""
    values = case.tensor.values
    if not isinstance(values, Affine) or not isinstance(values.codes, PackedDown) or values.codes.is_planar:
        return ""
    (n_in, n_out), bits = case.tensor.shape, values.codes.bits
    order = case.part(".g_idx")
    group = values.blocks[0]
    less_one = isinstance(values.zero_point, Added)
    lines = [
        f"q = unpack({case.get('.qweight')}.T, {n_in}, {bits}).T  # codes are packed down the columns",
        f"zero = unpack({case.get('.qzeros')}, {n_out}, {bits})",
        *([f"zero = (zero + 1) & {(1 << bits) - 1}  # v1 stores a zero point less one"] if less_one else []),
        f"scale = {case.get('.scales')}.astype(np.float32)",
        f"group = {f'np.arange({n_in}) // {group}' if order is None else case.get('.g_idx')}  # of each row",
        "x = (q - zero[group]) * scale[group]  # [in, out]",
    ]
    return with_numpy(case, [*lines, "x = x.astype(np.float32)"], UNPACK)


def awq_gemm(case: Case) -> str:
    """Nibbles in AWQ's order."""
    values = case.tensor.values
    if not isinstance(values, Affine):
        return ""
    nibbles = '''

def unpack(words):
    """Eight columns of each word: the nibble of each, counted from the lowest, is in its order."""
    order = np.array([0, 4, 1, 5, 2, 6, 3, 7], np.uint32)
    return (words.view(np.uint32)[..., None] >> (4 * order) & 15).reshape(len(words), -1).astype(np.int32)
'''
    group = values.blocks[0]
    lines = [
        f"q, zero = unpack({case.get('.qweight')}), unpack({case.get('.qzeros')})",
        f"scale = {case.get('.scales')}.astype(np.float32)",
        f"x = (q - np.repeat(zero, {group}, 0)[: len(q)]) * np.repeat(scale, {group}, 0)[: len(q)]  # [in, out]",
    ]
    return with_numpy(case, [*lines, "x = x.astype(np.float32)"], nibbles)


def awq_gemv(case: Case) -> str:
    """Nibbles in plain order; zero points and scales are padded."""
    values = case.tensor.values
    if not isinstance(values, Affine):
        return ""
    (n_out, n_in), group = case.tensor.shape, values.blocks[1]
    n_groups = -(-n_in // group)
    lines = [
        f"q = unpack({case.get('.qweight')}, {n_in}, 4)",
        f"zero = unpack({case.get('.qzeros')}, {n_groups}, 4)",
        f"scale = {case.get('.scales')}[:, :{n_groups}].astype(np.float32)",
        f"blocks, shape = (1, {group}), {(n_out, n_in)}",
        "x = ((q - spread(zero, blocks, shape)) * spread(scale, blocks, shape)).astype(np.float32)  # [out, in]",
    ]
    return with_numpy(case, lines, UNPACK, SPREAD)


def packed(case: Case) -> str:
    """compressed-tensors' integers."""
    values = case.tensor.values
    if not isinstance(values, Affine) or not isinstance(values.codes, PackedAlong):
        return ""
    (n_rows, n_columns), codes, zeros = case.tensor.shape, values.codes, values.zero_point
    bits, functions = codes.bits, [UNPACK, SPREAD]
    words = case.get(".weight_packed")
    q = f"unpack({words}, {n_columns}, {bits})"
    if codes.order == "words":
        a_word = 32 // bits
        q = f"unpack({words}.reshape(-1, 1), {a_word}, {bits}).reshape({n_rows}, -1)[:, :{n_columns}]"
    lines = [f"q = {q}", f"scale = {case.get('.weight_scale')}.astype(np.float32)"]
    if isinstance(zeros, int):
        zero = str(zeros)
    elif isinstance(zeros, PackedDown):
        lines.append(f"zero = unpack({case.get('.weight_zero_point')}.T, {zeros.n_rows}, {bits}).T")
        zero = "spread(zero, blocks, shape)"
    else:
        lines.append(f"zero = {case.get('.weight_zero_point')}.astype(np.int32) + {1 << (bits - 1)}")
        zero = "spread(zero, blocks, shape)"
    lines.append(f"blocks, shape = {values.blocks}, {case.tensor.shape}")
    scale = "spread(scale, blocks, shape)"
    if values.column_groups is not None:
        lines.append(f"group = {case.get('.weight_g_idx')}  # of each column")
        scale, zero = "scale[:, group]", "zero[:, group]" if zero.startswith("spread") else zero
    lines.append(f"x = ((q - {zero}) * {scale}).astype(np.float32)  # codes are stored with {1 << (bits - 1)} added")
    return with_numpy(case, lines, *functions)


def floats(case: Case) -> str:
    """Small floats in blocks: NVFP4 and the MX formats."""
    values, made_of = case.tensor.values, case.tensor.made_of
    if not isinstance(values, Blocks):
        return ""
    block: Any = values.fmt
    element, shape = block.element, case.tensor.shape
    names = {part.name: part for part in made_of}
    scale = next(name for name in names if name.endswith(("_scale", "_scales", ".scales")))
    codes = next(name for name in names if name.endswith(("_packed", "_blocks", "_qdata", ".weight")))
    rows = f"({math.prod(shape[:-1])}, -1)"
    functions = [UNPACK, function(element, "decode")]
    lines = [f"q = unpack({stored(codes)}.reshape{rows}, {shape[-1]}, {element.bits}).reshape({shape})"]
    if block.name.startswith("nvfp4"):
        functions.append(function(FLOAT8_E4M3FN, "decode_scale"))
        lines.append(f"scale = decode_scale({stored(scale)})")
        tensor = next((name for name in names if name not in (scale, codes)), None)
        if tensor is not None:
            sign = "/" if block.name == "nvfp4_compressed_tensors" else "*"
            lines.append(f"scale = scale {sign} {stored(tensor)}.reshape(-1)[0]")
    else:
        lines.append(f"scale = np.ldexp(np.float32(1), {stored(scale)}.astype(np.int32) - 127)")
    lines.append(f"scale = np.repeat(scale.reshape{rows}, {block.block_size}, 1).reshape({shape})")
    return with_numpy(case, [*lines, "x = decode(q) * scale"], *functions)


def scaled(case: Case) -> str:
    """8 bits with a scale for each tile, row or tensor."""
    values = case.tensor.values
    if not isinstance(values, Affine):
        return ""
    codes = case.part(".weight") or case.part("._weight_qdata")
    scale, divides = _named(values.scale)
    if codes is None or scale is None:
        return ""
    functions, q = [SPREAD], f"{stored(codes.name)}.astype(np.int32)"
    if isinstance(values.decoder, FloatFormat):
        functions.append(function(values.decoder, "decode"))
        q = f"decode({stored(codes.name)})"
    read = f"{stored(scale.name)}.astype(np.float32)"
    if scale.dtype == "F8_E8M0":
        read = f"np.ldexp(np.float32(1), {stored(scale.name)}.astype(np.int32) - 127)"
    lines = [f"q = {q}", f"scale = {read}", f"blocks, shape = {values.blocks}, {case.tensor.shape}"]
    zero, _ = _named(values.zero_point)
    if zero is not None:
        lines.append(f"q = q - spread({stored(zero.name)}.astype(np.int32), blocks, shape)")
    sign = "/" if divides else "*"
    return with_numpy(case, [*lines, f"x = (q {sign} spread(scale, blocks, shape)).astype(np.float32)"], *functions)


def _named(plane: Plane | int | None) -> tuple[RawTensor | None, bool]:
    """The stored tensor of a parameter, and whether it divides."""
    if isinstance(plane, Reciprocal):
        return _named(plane.plane)[0], True
    return (plane.tensor if isinstance(plane, Numbers) else None), False


def bitsandbytes_4bit(case: Case) -> str:
    """With bitsandbytes, which dequantizes on the CPU, too."""
    return program(
        *_loaded(case),
        "from bitsandbytes.functional import QuantState, dequantize_4bit",
        "",
        f"prefix = {f'{case.stem}.weight.'!r}",
        "parts = {name.removeprefix(prefix): part for name, part in stored.items() if name.startswith(prefix)}",
        'state = QuantState.from_dict(parts, device="cpu")',
        "state.dtype = torch.float32  # as float32, not rounded to the type that the model had",
        f"x = dequantize_4bit(stored[{f'{case.stem}.weight'!r}], state)",
    )


def bitsandbytes_int8(case: Case) -> str:
    """With bitsandbytes."""
    weight, scale = f"{case.stem}.weight", f"{case.stem}.SCB"
    return program(
        *_loaded(case),
        "from bitsandbytes.functional import int8_vectorwise_dequant",
        "",
        f"x = int8_vectorwise_dequant(stored[{weight!r}], stored[{scale!r}])",
    )


def torchao(case: Case) -> str:
    """With torchao, which makes its own tensors of the parts; in NumPy where that computes on a GPU only."""
    values = case.tensor.values
    if isinstance(values, Affine) and isinstance(values.codes, PackedAlong):
        shape, group = case.tensor.shape, values.blocks[1]
        lines = [
            f"q = unpack({case.get('._weight_qdata')}, {shape[1]}, 4)",
            "q = (q ^ 8) - 8  # two's complement",
            f"x = q * np.repeat({case.get('._weight_scale')}.astype(np.float32).T, {group}, 1)",
        ]
        if case.part("._weight_zero_point") is not None:
            lines.append(f"x = x + np.repeat({case.get('._weight_zero_point')}.astype(np.float32).T, {group}, 1)")
        return with_numpy(case, [*lines, "x = x.astype(np.float32)"], UNPACK)
    return program(
        "from pathlib import Path",
        "",
        "from safetensors import safe_open",
        "from torchao.prototype.safetensors.safetensors_support import unflatten_tensor_state_dict",
        "",
        "stored, metadata = {}, {}",
        f"for path in {case.paths}:",
        '    with safe_open(path, "pt") as file:',
        "        stored |= {name: file.get_tensor(name) for name in file.keys()}",
        "        metadata |= file.metadata()",
        "tensors, _ = unflatten_tensor_state_dict(stored, metadata)",
        f"x = tensors[{case.tensor.name!r}].dequantize().float()  # rounded to the type that the model had",
    )


def mlx(case: Case) -> str:
    """With MLX, whose CPU build runs everywhere."""
    values = case.tensor.values
    if not isinstance(values, Blocks):
        return ""
    fmt: Any = values.fmt
    biases = case.part(".biases")
    how = f"group_size={fmt.block_size}, bits={fmt.element.bits}"
    if biases is None:
        how += f", mode={fmt.name.partition('_')[0]!r}"
    others = "" if biases is None else f", read({biases.name!r})"
    name = f"{case.stem}.scales"
    scales = f"stored[{name!r}]" if biases is None else f"read({name!r})"
    return program(
        "from pathlib import Path",
        "",
        "import mlx.core as mx",
        "import numpy as np",
        "",
        "stored = {}",
        f"for path in {case.paths}:",
        "    stored |= mx.load(str(path))",
        "",
        "",
        "def read(name):",
        '    """Scales and biases as float32, so that nothing is rounded but the product and the sum."""',
        "    return stored[name].astype(mx.float32)",
        "",
        "",
        f"weight = stored[{f'{case.stem}.weight'!r}]",
        f"scales = {scales}",
        f"x = np.array(mx.dequantize(weight, scales{others}, {how}).astype(mx.float32))",
    )


def _loaded(case: Case) -> Lines:
    return [
        "from pathlib import Path",
        "",
        "import torch",
        "from safetensors.torch import load_file",
        "",
        "stored = {}",
        f"for path in {case.paths}:",
        "    stored |= load_file(path)",
        "",
    ]


Writer = Callable[[Case], str]
WRITERS: dict[str, tuple[str, Writer]] = {
    "plain": ("safetensors and PyTorch", plain),
    "gptq": ("GPTQ’s formula in NumPy", gptq),
    "awq_gemm": ("AWQ’s formula in NumPy", awq_gemm),
    "awq_gemv": ("AWQ’s formula in NumPy", awq_gemv),
    "compressed_packed": ("compressed-tensors’ formula in NumPy", packed),
    "modelopt_nvfp4": ("NVFP4 in NumPy", floats),
    "compressed_nvfp4": ("NVFP4 in NumPy", floats),
    "compressed_mx": ("MX formats in NumPy", floats),
    "compressed_mxfp8": ("MX formats in NumPy", floats),
    "gpt_oss_mxfp4": ("MXFP4 in NumPy", floats),
    "fp8_blocks": ("8 bits and scales in NumPy", scaled),
    "scaled8": ("8 bits and scales in NumPy", scaled),
    "bitsandbytes_4bit": ("bitsandbytes", bitsandbytes_4bit),
    "bitsandbytes_int8": ("bitsandbytes", bitsandbytes_int8),
    "torchao": ("torchao", torchao),
    "mlx": ("MLX", mlx),
}
"""By convention: what the program is written with, and what writes it; empty where none is written."""
