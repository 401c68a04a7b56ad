"""The way of an element through a stored array: every equation true, and the ends those of `store` and `restore`."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from tests.core.oracle import FLOAT32, FLOAT64, half_away, half_even, rounded

VALUES = np.random.default_rng(3).standard_t(3, (2, 512)).astype(np.float32)
PLACES = [0, 5, 33, 300, 700, 1023]
EVERY = pytest.mark.parametrize("name", list(qc.BLOCK_FORMATS))


def log2(a: Fraction, up: bool) -> int:
    """The exponent of the power of two next to a number, by counting."""
    k = 0
    while Fraction(2) ** (k + 1) <= a:
        k += 1
    while Fraction(2) ** k > a:
        k -= 1
    return k + (up and Fraction(2) ** k != a)


def to_mantissa(a: Fraction, bits: Fraction) -> Fraction:
    """A number with so many bits after the first, ties away."""
    step = Fraction(2) ** (log2(a, False) - int(bits))
    return half_away(a / step) * step


# what the operations mean, once more
MEANING: dict[str, Callable[..., Fraction]] = {
    "same": lambda a: a,
    "absolute": lambda a: a if a > 0 else -a,
    "negate": lambda a: 0 - a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "maximum": lambda *several: sorted(several)[-1],
    "minimum": lambda a, b: a if a < b else b,
    "clamp": lambda a, low, high: low if a < low else high if a > high else a,
    "instead_of_zero": lambda a, b: a or b,
    "sign": lambda a: Fraction(-1) if a < 0 else Fraction(1),
    "floor_log2": lambda a: Fraction(log2(a, up=False)),
    "ceil_log2": lambda a: Fraction(log2(a, up=True)),
    "power_of_two": lambda a: Fraction(2) ** int(a),
    "round_mantissa": to_mantissa,
    "midpoint": lambda a, b: a + (b - a) / 2,
}
WHOLE: dict[str, Callable[[Fraction], int]] = {
    "half_even": half_even,
    "half_away": half_away,
    "toward_zero": math.trunc,
    "half_up": lambda a: math.floor(a + Fraction(1, 2)),
    "ceil": math.ceil,
}


PRECISIONS = {"float16": (11, -14, 15), "float32": FLOAT32, "float64": FLOAT64}


def in_precision(exact: Fraction, dtype: str, rounding: str) -> float:
    """An exact number in the precision of a step, by the oracle and by the formats' own conversion."""
    if dtype == "exact":
        return float(exact)
    if dtype == "integer" or dtype.startswith(("int", "uint")):
        return WHOLE[rounding](exact)
    if dtype in PRECISIONS:
        bits, least, most = PRECISIONS[dtype]
        if abs(exact) >= (2 - Fraction(1, 2**bits)) * Fraction(2) ** most:
            return math.copysign(math.inf, exact)
        return float(rounded(exact, (bits, least, most)))
    return float(qc.decode(qc.encode([float(exact)], dtype, rounding), dtype)[0])


def fraction(value: float) -> Fraction | None:
    """The number; None for infinities and NaN, after which nothing is claimed to be exact."""
    return Fraction(value) if math.isfinite(value) else None


def hold(trace: qc.StoredTrace) -> None:
    """Each step follows from its operands, and these are earlier steps."""
    hold_steps(trace.steps, trace.format)


def hold_steps(steps: tuple[qc.StoredStep, ...], name: str = "") -> None:
    """The same of steps alone; `name` is that of the format."""
    known: dict[str, qc.StoredStep] = {}
    for step in steps:
        assert step.name not in known
        exact_operands: list[Any] = []
        for operand in step.operands:
            if operand.name in known:
                earlier = known[operand.name]
                assert operand.value == earlier.value or math.isnan(operand.value)
                is_exact = earlier.dtype == "exact" and earlier.exact is not None
                exact_operands.append(earlier.exact if is_exact else fraction(operand.value))
            else:
                exact_operands.append(fraction(operand.value))
        known[step.name] = step
        if step.operation == "nearest":
            value, below, above = exact_operands
            assert below < value < above
            assert step.value in (below, above)
            if step.rounding.startswith("half") or step.rounding in ("lower", "upper"):
                assert abs(value - Fraction(step.value)) == min(value - below, above - value)
        elif step.operation in qc.OPERATIONS and step.exact is not None:
            assert step.exact == MEANING[step.operation](*exact_operands), step
            assert step.value == in_precision(step.exact, step.dtype, step.rounding), step
        if step.code is not None and step.dtype in qc.FORMATS and step.name != "number":
            fmt = qc.FORMATS[step.dtype]
            number = float(qc.decode(np.array([step.code]).astype(fmt.dtype), fmt)[0])
            if not name.startswith(("gguf", "q", "iq", "t")):  # ggml reads some codes otherwise
                assert number == step.value or math.isnan(number)


def weights_for(fmt: Any) -> list[np.ndarray | None]:
    """No importance, and importance, as the format has it."""
    if "importance" not in fmt.options:
        return [None]
    weights = np.random.default_rng(5).exponential(size=VALUES.shape[1])
    return [weights] if fmt.importance == "needed" else [None, weights]


@EVERY
def test_every_equation_is_true(name: str) -> None:
    """Of ordinary, tiny and large values, of zeros and of few different ones, with importance and without."""
    fmt = qc.BLOCK_FORMATS[name]
    few = np.random.default_rng(6).integers(-6, 7, VALUES.shape).astype(np.float32) / 2
    for x in (VALUES, VALUES * np.float32(1e-30), VALUES * np.float32(1e12), np.zeros_like(VALUES), few, np.abs(few)):
        for importance in weights_for(fmt):
            options = {} if importance is None else {"importance": importance}
            try:
                stored = qc.store(x, fmt, **options)
            except qc.QuantError:
                assert np.abs(x).max() > 1e10
                continue
            numbers, codes = qc.restore(stored), stored.element_codes()
            for place in PLACES:
                for trace in (qc.trace_stored(stored, place, x), qc.trace_stored(stored, place)):
                    hold(trace)
                    assert trace.steps[-1].name == "reconstruction"
                    last = trace.steps[-1].value
                    assert last == numbers.flat[place] or math.isnan(last)
                    number = trace["number"].value
                    assert number == fmt.element.decode(codes.reshape(-1)[place : place + 1])[0]
                    assert trace.members[trace.place] == place


@EVERY
def test_values_at_the_ends_of_float32_are_followed(name: str) -> None:
    """Sums, quotients and reciprocals that overflow, subnormal scales: no step fails, no equation is false."""
    fmt, rng = qc.BLOCK_FORMATS[name], np.random.default_rng(9)
    unit = VALUES / np.abs(VALUES).max()
    uneven = (unit * np.exp(rng.normal(0, 20, unit.shape))).astype(np.float32)
    for x in (*(unit * np.float32(peak) for peak in (3.4e38, 1e-38, 1e-42, 3e-45)), uneven):
        for mode in ("floor", "ceil", "even", "rceil") if "scale_mode" in fmt.options else ("",):
            options: dict[str, Any] = {"scale_mode": mode} if mode else {}
            if getattr(fmt, "importance", "") == "needed":
                options["importance"] = np.ones(512)
            try:
                stored = qc.store(x, fmt, **options)
            except qc.QuantError:  # scales beyond what the format holds
                assert not 1e-30 < np.abs(x).max() < 1e15
                continue
            for place in rng.integers(0, 1024, 3).tolist():
                trace = qc.trace_stored(stored, place, x)
                hold(trace)
                with np.errstate(over="ignore"):
                    np.testing.assert_array_equal(np.float32(trace.steps[-1].value), qc.restore(stored).flat[place])


@pytest.mark.parametrize("name", ["mxfp8_e4m3", "mxfp4", "mxint8", "mxfp6_e3m2"])
def test_scale_modes_and_roundings_are_followed(name: str) -> None:
    """All four modes, all roundings: ends as `store` has them, equations true."""
    for mode in ("floor", "ceil", "even", "rceil"):
        for rounding in qc.ROUNDINGS:
            options: dict[str, Any] = {"scale_mode": mode, "rounding": rounding}
            if rounding == "stochastic":
                options["rng"] = np.random.default_rng(1)
            stored = qc.store(VALUES, name, **options)
            for place in PLACES:
                trace = qc.trace_stored(stored, place, VALUES)
                hold(trace)
                assert trace["reconstruction"].value == qc.restore(stored).flat[place]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nvfp4", {"rule": "torchao"}),
        ("nvfp4", {"rule": "modelopt"}),
        ("nvfp4", {"rule": "torchao", "tensor_scale": None}),
        ("nvfp4", {"rule": "modelopt", "tensor_scale": None}),
        ("nvfp4", {"tensor_scale": 0.01}),
        ("nvfp4_compressed_tensors", {"tensor_scale": 300}),
        ("nvfp4_compressed_tensors", {"tensor_scale": None}),
    ],
)
def test_rules_of_nvfp4_are_followed(name: str, options: dict[str, Any]) -> None:
    """Each library's own steps, with a tensor's scale, without, and with one that is given."""
    for x in (VALUES, np.zeros_like(VALUES)):
        stored = qc.store(x, name, **options)
        for place in PLACES:
            hold(qc.trace_stored(stored, place, x))


@EVERY
def test_random_bytes_are_followed_back(name: str) -> None:
    """Whatever the bytes are, NaN scales included, the steps end in the number that `restore` gives."""
    fmt = qc.BLOCK_FORMATS[name]
    stored = qc.store(VALUES, fmt, **({"importance": np.ones(512)} if "importance" in fmt.options else {}))
    data = np.random.default_rng(8).integers(0, 256, stored.size_bytes, np.uint8).tobytes()
    again = fmt.from_bytes(data, VALUES.shape)
    numbers = qc.restore(again)
    for place in PLACES:
        trace = qc.trace_stored(again, place)
        hold(trace)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(np.float32(trace.steps[-1].value), numbers.flat[place])


@EVERY
def test_the_bits_are_those_of_the_code(name: str) -> None:
    """Flipping one of them in the bytes changes this element's code; flipping another one of its bytes does not."""
    fmt = qc.BLOCK_FORMATS[name]
    options = {"importance": np.ones(512)} if "importance" in fmt.options else {}
    stored = qc.store(VALUES, fmt, **options)
    data = bytearray(stored.to_bytes())
    codes = stored.element_codes().reshape(-1)
    for place in (5, 700):
        bits = qc.trace_stored(stored, place).bits
        assert bits
        for byte in {byte for byte, _ in bits}:
            for bit in range(8):
                flipped = data.copy()
                flipped[byte] ^= 1 << bit
                changed = fmt.from_bytes(bytes(flipped), VALUES.shape).element_codes().reshape(-1)[place]
                assert (changed != codes[place]) == ((byte, bit) in bits)


@pytest.mark.parametrize("arithmetic", sorted(qc.ARITHMETICS))
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "nf4", "bfloat16"])
def test_floats_under_a_scale_are_followed(name: str, arithmetic: str) -> None:
    """By every arithmetic and granularity the ends are those of `quantize` and `dequantize`."""
    fmt = qc.FORMATS[name]
    x = VALUES[:, :32]
    for granularity in (qc.PerTensor(), qc.PerAxis(0), qc.PerBlock(16)):
        params = qc.choose_qparams(x, fmt, granularity=granularity, calibration="percentile", percentile=95)
        q = qc.quantize(x, params, arithmetic)
        y, sides = qc.dequantize(q, params, arithmetic), qc.clipped(x, params, arithmetic)
        for place in (0, 7, 40, int(np.abs(x).argmax())):
            trace = qc.trace_element(x, params, place, arithmetic)
            hold(trace)
            assert trace.code == q.flat[place]
            assert trace["reconstruction"].value == y.flat[place]
            assert trace.is_clipped == bool(sides.flat[place])
            assert trace.members[trace.place] == place


@pytest.mark.parametrize("toolkit", sorted(qc.TOOLKITS))
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float6_e2m3fn", "nf4"])
def test_scales_of_floats_are_followed(name: str, toolkit: str) -> None:
    """From a range to the scale that `qparams_from_range` gives, by every toolkit; ranges without width included."""
    fmt = qc.FORMATS[name]
    for low, high in ((-7.3, 3.1), (0.2, 0.9), (-1e-5, 0.0), (0.0, 0.0), (1e-44, 1e-43), (-3e4, 1e3)):
        for dtype in (None, np.float16, np.float64):
            try:
                expected = qc.qparams_from_range(low, high, fmt, toolkit=toolkit, dtype=dtype).scale.item()
            except qc.QuantError:
                continue
            steps = qc.trace_scale(low, high, fmt, dtype, toolkit)
            hold_steps(steps)
            assert (steps[-1].name, steps[-1].value) == ("scale", expected)


@pytest.mark.parametrize("mode", ["floor", "ceil", "even", "rceil"])
def test_powers_of_two_of_floats_are_followed(mode: str) -> None:
    """In all modes, zeros and subnormal ranges included."""
    fmt = qc.FORMATS["float8_e4m3fn"]
    for low, high in ((-7.3, 3.1), (0.2, 448.0), (0.0, 0.0), (-1e-40, 0.0), (1e30, 3e38)):
        expected = qc.qparams_from_range(low, high, fmt, scale_mode=mode).scale.item()
        steps = qc.trace_scale(low, high, fmt, scale_mode=mode)
        hold_steps(steps)
        assert steps[-1].value == expected


def test_ties_and_clipping_are_told() -> None:
    """2.5 lies between 2 and 3, and 2 is even; 7.9 would be 8, which E2M1 does not have."""
    stored = qc.store([2.5, 7.9, 6.9, -4.0, *[0.0] * 28], "mxfp4")
    tie, clipped, kept = (qc.trace_stored(stored, i, qc.restore(stored) * 0 + [2.5, 7.9, 6.9, -4.0, *[0.0] * 28])
                          for i in (0, 1, 2))  # fmt: skip
    assert (tie.is_tie, tie["rounded"].note) == (True, "a tie: exactly halfway between 2 and 3")
    assert (clipped.is_clipped, clipped["rounded"].value, clipped["clamped"].value) == (True, 8, 6)
    assert not kept.is_clipped
    assert kept["rounded"].value == 6


@pytest.mark.parametrize(
    ("call", "field", "words"),
    [
        (lambda: qc.trace_stored(qc.store(VALUES, "mxfp4"), 1024), "index", "index is 1024"),
        (lambda: qc.trace_stored(qc.store(VALUES, "mxfp4"), 0, VALUES[:1]), "values", "have the shape (1, 512)"),
        (lambda: qc.trace_stored(qc.store(VALUES, "mxfp4"), 0, 8 * VALUES), "values", "is stored"),
        (lambda: qc.trace_stored(qc.store(VALUES, "q8_0"), 0, -VALUES), "values", "is stored"),
        (lambda: qc.trace_element([1.0], qc.QuantParams(1.0, 0, qc.INT8)), "fmt", "Use trace."),
        (lambda: qc.trace_scale(-1, 1, qc.INT8), "fmt", "Use trace_qparams."),
        (lambda: qc.trace([1.0], qc.QuantParams(1.0, 0, qc.FORMATS["nf4"])), "fmt", "Use trace_element."),
        (lambda: qc.trace_element([1.0], qc.QuantParams(1.0, 0, qc.FORMATS["nf4"]), 1), "element", "element is 1"),
    ],
)
def test_bad_input_is_refused(call: Any, field: str, words: str) -> None:
    """The message names what was found; the field is the argument's."""
    with pytest.raises(qc.QuantError) as refused:
        call()
    assert refused.value.field == field
    assert words in refused.value.message
