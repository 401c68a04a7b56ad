"""What the parts of a model's name stand for: tables of patterns, and what each of them says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import quantcore as qc

from ..request.fields import FIELDS
from .mixtures import MIXTURES

BEFORE, AFTER = r"(?<![a-z0-9])", r"(?![a-z0-9])"
"""A part begins and ends where letters and digits do."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name.

    Attributes:
        text: As it is in the name.
        words: What it stands for; empty where that is not known.
        start: Where it begins.
        format: The number or block format, in quantcore's own name.
        mixture: A key of MIXTURES.
        method: A key of METHODS.
        numbers: Bits of a code ("bits"), of an activation ("activations"), values that share a scale ("group"),
            weights of the model ("weights").
    """

    text: str
    words: str
    start: int = 0
    format: str = ""
    mixture: str = ""
    method: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to quantize weights to integers, as far as its name decides what is stored.

    Attributes:
        words: What it does.
        convention: Its layout, a key of CONVENTIONS; empty where files of it are not read.
        group: Weights that share a scale, if the name does not say.
        has_zeros: Whether a zero point of the width of a code is stored with a scale.
        has_biases: Whether a bias of the width of a scale is.
    """

    words: str
    convention: str = ""
    group: int = 0
    has_zeros: bool = False
    has_biases: bool = False


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "gptq": Method(
            "GPTQ rounds column after column, and lets the columns to come make up for each error", "gptq", 128, True
        ),
        "awq": Method(
            "AWQ scales up the columns that meet large activations before it rounds", "awq_gemm", 128, True
        ),
        "mlx": Method("for MLX, Apple's library: codes with a scale and a bias for each group", "mlx", 64, False, True),
        "bnb": Method("quantized with bitsandbytes"),
        "bitsandbytes": Method("quantized with bitsandbytes"),
        "torchao": Method("quantized with torchao", "torchao"),
        "autoround": Method("AutoRound learns by sign gradients which way to round", "gptq", 128, True),
        "compressed-tensors": Method("stored as compressed-tensors does", "compressed_packed", 128),
        "modelopt": Method("quantized with NVIDIA's modelopt", "modelopt_nvfp4"),
        "hqq": Method("HQQ chooses zero points by a robust error, without data; its files are not read here"),
        "exl2": Method("ExLlamaV2's format, of mixed widths; its files are not read here"),
        "exl3": Method("ExLlamaV3's format, trellis-coded; its files are not read here"),
    }
)  # fmt: skip

CONTAINERS = {
    "gguf": "a GGUF file, of ggml and llama.cpp: header and tensors in one",
    "safetensors": "a safetensors file: a header in JSON, then the bytes of the tensors",
    "onnx": "an ONNX model: graph and tensors",
    "tflite": "a TensorFlow Lite model: graph and tensors",
    "npy": "a NumPy array",
    "npz": "NumPy arrays",
    "bin": "a file of PyTorch, by convention; it is not read here",
    "pt": "a file of PyTorch, which is not read here",
    "pth": "a file of PyTorch, which is not read here",
}
"""By the ending."""

WORDS = {
    "instruct": "trained to follow instructions",
    "it": "trained to follow instructions",
    "chat": "trained for conversation",
    "base": "not trained to follow instructions",
    "imatrix": "quantized with an importance matrix",
    "imat": "quantized with an importance matrix",
    "i1": "quantized with an importance matrix",
    "ud": "Unsloth Dynamic: types are chosen tensor by tensor, not by llama.cpp's rules",
    "dynamic": "activations are quantized while the model runs",
    "sym": "symmetric: no zero points",
    "asym": "asymmetric: with zero points",
    "marlin": "stored in the order of the Marlin kernel",
    "gemm": "AWQ's layout for products with many rows",
    "gemv": "AWQ's layout for products with one row",
    "moe": "a mixture of experts",
}

_E4M3, _E5M2 = "float8_e4m3fn", "float8_e5m2"
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        r"nv[_-]?fp4": "nvfp4",
        r"mx[_-]?fp4": "mxfp4",
        r"mx[_-]?fp6[_-]?e3m2": "mxfp6_e3m2",
        r"mx[_-]?fp6(?:[_-]?e2m3)?": "mxfp6_e2m3",
        r"mx[_-]?fp8[_-]?e5m2": "mxfp8_e5m2",
        r"mx[_-]?fp8(?:[_-]?e4m3)?": "mxfp8_e4m3",
        r"mx[_-]?int8": "mxint8",
        r"b?nb[_-]?nf4|nf4": "nf4",
        r"f(?:p|loat)8[_-]?e4m3fnuz": "float8_e4m3fnuz",
        r"f(?:p|loat)8[_-]?e5m2fnuz": "float8_e5m2fnuz",
        r"(?:f(?:p|loat)?8[_-]?)?e5m2": _E5M2,
        r"(?:f(?:p|loat)?8[_-]?)?e4m3(?:fn)?|fp8|float8|f8": _E4M3,
        r"(?:f(?:p|loat)4[_-]?)?e2m1(?:fn)?|fp4|float4": "float4_e2m1fn",
        r"bf(?:loat)?16": "bfloat16",
        r"f(?:p|loat)?16": "float16",
        r"f(?:p|loat)?32": "float32",
        r"q8[_-]?k": "q8_k",
    }
)
"""Patterns of number and block formats, and quantcore's names."""
ALIASES = {"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"}
"""What llama-quantize also takes for a file type (llama.cpp, tools/quantize/quantize.cpp)."""
FORMATS_FIRST = ("NVFP4", "F32", "F16", "BF16")
"""File types whose names are number formats more often."""


def label_of(name: str) -> str:
    """A format as people write it."""
    if name == "float32":
        return "F32"
    return qc.BLOCK_FORMATS[name].label if name in qc.BLOCK_FORMATS else qc.FORMATS[name].label


def bits_of(name: str) -> float:
    """Bits of a value in a format, with its block's scales."""
    if name == "float32":
        return 32.0
    return qc.BLOCK_FORMATS[name].bits_per_value if name in qc.BLOCK_FORMATS else float(qc.FORMATS[name].bits)


def _format(found: re.Match[str], name: str) -> Part:
    hint = FIELDS["format"].choice_hints.get(name, "Numbers of 32 bits, which are not quantized.")
    return Part(found[0], f"{label_of(name)}. {hint}", found.start(), name)


def _mixture(found: re.Match[str], name: str) -> Part:
    mixture = MIXTURES[name]
    main, *others = [label_of(one) for one in mixture.types]
    if mixture.is_of_experts:
        mixed = f"experts are {_list(others)}, all other weights {main}"
    else:
        mixed = f"most weights are {main}, others {_list(others)}" if others else f"all weights are {main}"
    alias = "" if found[0].upper().replace("-", "_") not in ALIASES else f", short for {name}"
    words = f"A file type of llama.cpp{alias}: {mixed}. {main}: {FIELDS['format'].choice_hints[mixture.type]}"
    return Part(found[0], words, found.start(), mixture.type, name)


def _own_mixture(found: re.Match[str]) -> Part:
    name = f"q{found[1]}_k"
    words = f"mostly {label_of(name)}, more bits where its maker chose so; llama.cpp has no such mixture."
    return Part(found[0], words, found.start(), name)


def _shard(found: re.Match[str]) -> Part:
    number, count = int(found[1]), int(found[2])
    return Part(found[0], f"part {number} of {count}; open all {count} at once.", found.start())


def _weights_and_activations(found: re.Match[str]) -> Part:
    bits = int(found[1])
    numbers: dict[str, float] = {"bits": bits}
    words = f"weights in {bits} bits"
    if found[2]:
        numbers["activations"] = int(found[2])
        kept = int(found[2]) >= 16
        words += f", activations in {found[2]} bits" + (", which are not quantized" if kept else "")
    return Part(found[0], words, found.start(), numbers=numbers)


def _width(found: re.Match[str]) -> Part:
    bits = int(found[1] or found[2])
    return Part(found[0], f"codes of {bits} bits", found.start(), numbers={"bits": bits})


def _group(found: re.Match[str]) -> Part:
    words = f"groups of {int(found[1])}: so many neighbouring weights share a scale"
    return Part(found[0], words, found.start(), numbers={"group": int(found[1])})


def _count(found: re.Match[str]) -> Part:
    n = float(found[1]) * (1e9 if found[2].lower() == "b" else 1e6)
    unit = "billion" if found[2].lower() == "b" else "million"
    return Part(found[0], f"about {found[1]} {unit} weights", found.start(), numbers={"weights": n})


def _experts(found: re.Match[str]) -> Part:
    return Part(found[0], f"{found[1]} experts in a model of the size {found[2]}B", found.start())


def _active(found: re.Match[str]) -> Part:
    return Part(found[0], f"about {found[1]} billion weights are active for a token", found.start())


def _method(found: re.Match[str]) -> Part:
    name = found[0].lower()
    return Part(found[0], METHODS[name].words, found.start(), method=name)


def _container(found: re.Match[str]) -> Part:
    return Part(found[0], CONTAINERS[found[1].lower()], found.start())


def _word(found: re.Match[str]) -> Part:
    return Part(found[0], WORDS[found[0].lower()], found.start())


def _any(names: list[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _spelled(name: str) -> str:
    return name.lower().replace("_", "[_-]?")


def _patterns() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Part]], ...]:
    """All patterns, the more particular before those that are part of them."""
    found: list[tuple[str, Callable[[re.Match[str]], Part]]] = [
        (r"\.(" + _any(list(CONTAINERS)) + r")$", _container),
        (rf"{BEFORE}(\d{{5}})-of-(\d{{5,6}}){AFTER}", _shard),
        (rf"{BEFORE}q(\d)[_-]?k[_-]?x+l{AFTER}", _own_mixture),
    ]
    spellings = {name: name for name in MIXTURES if name not in FORMATS_FIRST} | ALIASES
    for name in sorted(spellings, key=len, reverse=True):
        found.append((rf"{BEFORE}{_spelled(name)}{AFTER}", _told(_mixture, spellings[name])))
    for pattern, name in FORMATS.items():
        found.append((rf"{BEFORE}(?:{pattern}){AFTER}", _told(_format, name)))
    found += [
        (rf"{BEFORE}w(\d{{1,2}})(?:a(\d{{1,2}}))?(?=g\d|[^a-z0-9]|$)", _weights_and_activations),
        (rf"(?:{BEFORE}|(?<=w\d))g(?:s|roup)?[_-]?(\d{{2,4}}){AFTER}", _group),
        (rf"{BEFORE}(?:u?int(\d{{1,2}})|(\d)[ _-]?bits?){AFTER}", _width),
        (rf"{BEFORE}({_any(list(METHODS))}){AFTER}", _method),
        (rf"{BEFORE}(\d+)x(\d+(?:\.\d+)?)b{AFTER}", _experts),
        (rf"{BEFORE}a(\d+(?:\.\d+)?)b{AFTER}", _active),
        (rf"(?<![a-z0-9.])(\d+(?:\.\d+)?)([bm]){AFTER}", _count),
        (rf"{BEFORE}(?:{_any(list(WORDS))}){AFTER}", _word),
    ]
    return tuple((re.compile(pattern, re.IGNORECASE), tell) for pattern, tell in found)


def _told(tell: Callable[[re.Match[str], str], Part], name: str) -> Callable[[re.Match[str]], Part]:
    return lambda found: tell(found, name)


PATTERNS = _patterns()


def parts_of_name(name: str) -> list[Part]:
    """The parts of a name in their order, those that are not understood with empty words.

    >>> [(part.text, bool(part.words)) for part in parts_of_name("Foo-8B-Q4_K_M.gguf")]
    [('Foo', False), ('8B', True), ('Q4_K_M', True), ('.gguf', True)]
    """
    rest, parts = name, []
    for pattern, tell in PATTERNS:
        for found in list(pattern.finditer(rest)):
            parts.append(tell(found))
            rest = rest[: found.start()] + "\n" * len(found[0]) + rest[found.end() :]
    parts += [Part(found[0], "", found.start()) for found in re.finditer(r"[^\s_./\\-][^\s_/\\-]*", rest)]
    return sorted(parts, key=lambda part: part.start)
