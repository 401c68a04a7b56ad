"""Requests that are right: drawn from the table of fields, with all kinds of numbers; nearly all are answered."""

import math
from typing import Any

from hypothesis import strategies as st
from lab.comparing.schemes import SCHEMES
from lab.data.generate import GENERATORS
from lab.request.fields import FIELDS, PROFILES, Field, Kind, default_of
from lab.request.fields.formats import BLOCKS, ELEMENTS
from lab.request.settings import read

from quantcore import ARITHMETICS, FORMATS

LARGEST = {"float16": 6.5e4, "bfloat16": 3.38e38, "float32": 3.4e38, "float64": 1.79e308}
LEFT_OUT = (
    "file",
    "tensor",
    "file_sha256",
    "file_shape",
    "rows",
    "format",
    "importance",
    "acc",
    "left_codes",
    "right_codes",
    "bytes",
    "show",
)  # there is no file; the others have one text
BY_HAND = (
    "direction", "source", "values", "shape", "codes", "scale", "zero_point", "profile", "precision", "granularity",
    "axis", "block_size", "range_min", "range_max", "element", "weights", "compare", "calibration",
)  # fmt: skip
SHAPES = ((1,), (2,), (3,), (7,), (16,), (2, 3), (4, 5), (1, 4), (2, 2, 3))


def texts_of(field: Field) -> st.SearchStrategy[str]:
    """Texts that a field takes whatever the others are."""
    if field.choices:
        return st.sampled_from(list(field.choices))
    if field.kind is Kind.FLAG:
        return st.sampled_from(["0", "1"])
    assert field.low is not None
    assert field.high is not None
    if field.kind is Kind.INTEGER:
        return st.integers(int(field.low), int(field.high)).map(str)
    number = st.floats(field.low, field.high).map(repr)
    return number | st.just("") if field.optional else number


def floats(largest: float) -> st.SearchStrategy[float]:
    """Numbers of every size: ties of common scales, ordinary, huge, tiny and 0."""
    return st.one_of(
        st.integers(-300, 300).map(lambda n: n / 2),
        st.floats(-10, 10),
        st.floats(-largest, largest),
        st.builds(lambda a, b: a * 10.0**b, st.floats(-9, 9), st.integers(-45, 37)),
        st.sampled_from([0.0, -0.0, 1.0, largest, -largest, 1e-38, 5e-324]),
    )


@st.composite
def numbers(draw: st.DrawFn, n: int, largest: float) -> list[float]:
    """Numbers of mixed or of one kind, on one side of 0, or all the same."""
    one = draw(st.sampled_from([floats(largest), st.floats(-10, 10), st.integers(-8, 8).map(lambda k: k / 2)]))
    found = draw(st.lists(one, min_size=n, max_size=n))
    match draw(st.sampled_from(["mixed", "mixed", "above", "below", "constant", "near"])):
        case "above":
            return [abs(x) for x in found]
        case "below":
            return [-abs(x) for x in found]
        case "constant":
            return [found[0]] * n
        case "near":
            return [found[0] * (1 + k * 1e-12) for k in range(n)] if abs(found[0]) < largest / 2 else found
    return found


def nested(values: list[float], shape: tuple[int, ...]) -> str:
    """A list of lists in this shape."""
    if len(shape) == 1:
        return repr(values)
    size = len(values) // shape[0]
    return f"[{', '.join(nested(values[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))}]"


@st.composite
def valid_requests(draw: st.DrawFn) -> dict[str, str]:
    """A request each of whose fields is right, alone and with the others."""
    profile = draw(st.sampled_from(list(PROFILES)))
    request = {"profile": profile, "direction": draw(st.sampled_from(["quantize"] * 4 + ["dequantize"]))}
    only = ARITHMETICS[PROFILES[profile].arithmetic].dtype
    if only is None:
        not_there = {"notebook": ("float16", "bfloat16"), "xnnpack": ("bfloat16",), "coremltools": ("bfloat16",)}.get(
            profile, ()
        )
        request["precision"] = draw(st.sampled_from([kind for kind in LARGEST if kind not in not_there]))
    largest = LARGEST[request.get("precision", default_of("precision", profile))]
    shape = draw(st.sampled_from(SHAPES))
    for name, field in FIELDS.items():
        if name not in BY_HAND + LEFT_OUT and draw(st.booleans()):
            request[name] = draw(texts_of(field))
    if request.get("bits") == "2" and request.get("signed") == "0" and request.get("narrow") == "1":
        request.pop("reduce_range", None)  # only one code would be left
    if request.get("bits") == "2" and request.get("signed") != "0" and profile == "torchao_no_clipping":
        request.pop("reduce_range", None)  # no code above 0 would be left, by which that side is divided
    if request.get("precision") == "bfloat16" and PROFILES[profile].toolkit != "onnx":
        request["bits"] = str(draw(st.integers(3, 8)))
    n_slices = draw_granularity(draw, request, shape)
    n = math.prod(shape)
    request["element"] = str(draw(st.integers(0, n - 1)))
    if request["direction"] == "dequantize":
        draw_codes(draw, request, shape, n_slices)
    elif draw(st.integers(0, 3)):
        values = draw(numbers(n, largest))
        request["values"] = nested(values, shape)
        draw_range(draw, request, values, largest)
    else:
        request["source"] = draw(st.sampled_from(list(GENERATORS)))
        request["shape"] = ",".join(map(str, shape))
        draw_range(draw, request, [], largest)
    if request["direction"] == "quantize" and not draw(st.integers(0, 5)):
        request["calibration"] = "given"
        draw_parameters(draw, request, n_slices)
    if PROFILES[profile].is_symmetric and request["direction"] == "quantize":
        request["scheme"] = "symmetric"
    if draw(st.booleans()) and len(shape) == 2:
        columns = draw(st.integers(1, 3))
        request["weights"] = nested(draw(numbers(shape[1] * columns, largest)), (shape[1], columns))
    if draw(st.booleans()):
        request["compare"] = ",".join(draw(st.lists(st.sampled_from(list(SCHEMES)), max_size=4)))
    return request


def draw_granularity(draw: st.DrawFn, request: dict[str, str], shape: tuple[int, ...]) -> int:
    """The granularity that the shape allows; how many sets of parameters it makes."""
    if request["profile"] == "notebook" or draw(st.booleans()):
        return 1
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    length = shape[axis]
    request |= {"granularity": draw(st.sampled_from(["axis", "block"])), "axis": str(axis)}
    if request["granularity"] == "axis":
        return length
    block_size = draw(st.integers(1, length))
    request["block_size"] = str(block_size)
    return math.prod(shape) // length * -(-length // block_size)


def draw_codes(draw: st.DrawFn, request: dict[str, str], shape: tuple[int, ...], n_slices: int) -> None:
    """Codes of the format, with their parameters."""
    code = draw_parameters(draw, request, n_slices)
    request["codes"] = nested(draw(st.lists(code, min_size=math.prod(shape), max_size=math.prod(shape))), shape)


def signed_of(request: dict[str, str]) -> bool:
    """Whether the codes are signed: as the request says, or the profile."""
    return (request.get("signed") or default_of("signed", request.get("profile", "notebook"))) == "1"


def draw_parameters(draw: st.DrawFn, request: dict[str, str], n_slices: int) -> st.SearchStrategy[int]:
    """Scales and zero points: one, or one for each set; the codes of the format, of which the zero points are some."""
    bits, is_signed = int(request.get("bits", "8")), signed_of(request)
    low = (-(1 << bits - 1) if is_signed else 0) + (request.get("narrow") == "1")
    high = (1 << bits - 1) - 1 if is_signed else (1 << bits) - 1
    code = st.integers(low, high)
    count = draw(st.sampled_from([1, n_slices]))
    scale = st.floats(1e-30, 1e30) | st.sampled_from([1.0, 0.5, 0.1])
    request["scale"] = repr(draw(st.lists(scale, min_size=count, max_size=count)))
    request["zero_point"] = repr(draw(st.lists(code, min_size=count, max_size=count)))
    return code


def draw_range(draw: st.DrawFn, request: dict[str, str], values: list[Any], largest: float) -> None:
    """A calibration; where it is given by hand, a range that rises, or one end of it beyond the data's other.

    Of generated values, which are not known here, both ends are given.
    """
    if draw(st.booleans()):
        request["calibration"] = draw(
            st.sampled_from([name for name in FIELDS["calibration"].choices if name not in ("manual", "given", "none")])
        )
        return
    request["calibration"] = "manual"
    low, high = sorted(draw(st.lists(floats(largest), min_size=2, max_size=2, unique=True)))
    below = min(low, min(values) - max(1.0, abs(min(values)) * 0.01)) if values else -math.inf
    above = max(high, max(values) + max(1.0, abs(max(values)) * 0.01)) if values else math.inf
    given = draw(st.sampled_from(["both", "low", "high"]))
    if given == "low" and -largest <= below:
        request["range_min"] = repr(below)
    elif given == "high" and above <= largest:
        request["range_max"] = repr(above)
    else:
        request |= {"range_min": repr(low), "range_max": repr(high)}


@st.composite
def format_requests(draw: st.DrawFn) -> dict[str, str]:
    """A request of a float, a codebook or a block format: values of every size, or any bytes or codes."""
    name = draw(st.sampled_from([*ELEMENTS, *BLOCKS]))
    request = {"format": name}
    for other in ("overflow", "scale_mode", "rounding", "seed"):
        if draw(st.booleans()):
            request[other] = draw(texts_of(FIELDS[other]))
    if not draw(st.integers(0, 3)):
        return request | {"direction": "dequantize"} | draw(_codes_or_bytes(name))
    shape = draw(st.sampled_from([*SHAPES, (40,), (3, 70)]))
    request["element"] = str(draw(st.integers(0, math.prod(shape) - 1)))
    if len(shape) == 1 or draw(st.booleans()):
        request["source"], request["shape"] = draw(st.sampled_from(list(GENERATORS))), ",".join(map(str, shape))
    if "source" not in request or math.prod(shape) < 20:
        request |= {"source": "values", "values": nested(draw(numbers(math.prod(shape), 3.4e38)), shape)}
    if name in ELEMENTS:
        searches = [c for c in FIELDS["calibration"].choices if c not in ("manual", "given", "entropy")]
        request["calibration"] = draw(st.sampled_from(searches))
        request["granularity"] = draw(st.sampled_from(["tensor", "axis"]))
    return request


@st.composite
def _codes_or_bytes(draw: st.DrawFn, name: str) -> dict[str, str]:
    """Two blocks of any bytes, or codes that may stand for NaN."""
    if name in BLOCKS:
        size = len(bytes.fromhex(read({"format": name, "direction": "dequantize"}).texts["bytes"]))
        return {"bytes": draw(st.binary(min_size=size, max_size=size)).hex(), "element": str(draw(st.integers(0, 15)))}
    codes = draw(st.lists(st.integers(0, (1 << FORMATS[name].bits) - 1), min_size=1, max_size=9))
    return {"codes": repr(codes), "element": str(draw(st.integers(0, len(codes) - 1)))}
