"""Whatever a caller gets wrong: refused before anything is computed, in words that say what to do."""

from collections.abc import Callable

import numpy as np
import pytest

import quantcore as qc

X = np.linspace(-1, 1, 24).reshape(4, 6)
PARAMS = qc.QuantParams(np.float32(0.1), 3, qc.INT8)
ROWS = qc.QuantParams(np.full(4, 0.1), np.zeros(4, int), qc.INT8, qc.PerAxis(0))
BLOCKS = qc.QuantParams(np.full((4, 2), 0.1), np.zeros((4, 2), int), qc.INT8, qc.PerBlock(4))
NAN = np.array([[1.0, 2.0], [np.nan, np.inf]])
RAGGED = [[1.0, 2.0], [3.0]]

CASES: dict[str, tuple[Callable[[], object], str, str]] = {
    # scale and zero point
    "scale 0": (lambda: qc.QuantParams(0.0, 0, qc.INT8), "scale", "scale is 0.0; it must be finite and above 0"),
    "scale negative": (lambda: qc.QuantParams(-0.5, 0, qc.INT8), "scale", "scale is -0.5"),
    "scale NaN": (lambda: qc.QuantParams(np.nan, 0, qc.INT8), "scale", "scale is nan"),
    "scale infinite": (lambda: qc.QuantParams(np.inf, 0, qc.INT8), "scale", "scale is inf"),
    "scale bad in a row": (
        lambda: qc.QuantParams([0.1, 0.2, -1.0], 0, qc.INT8, qc.PerAxis(0)), "scale", "scale is -1.0 at index [2]"
    ),
    "scale empty": (lambda: qc.QuantParams([], 0, qc.INT8, qc.PerAxis(0)), "scale", "scale is empty"),
    "scale words": (lambda: qc.QuantParams("small", 0, qc.INT8), "scale", "must be numbers"),
    "scale boolean": (lambda: qc.QuantParams(True, 0, qc.INT8), "scale", "must be numbers"),
    "scale complex": (lambda: qc.QuantParams(1j, 0, qc.INT8), "scale", "must be numbers"),
    "scale ragged": (lambda: qc.QuantParams(RAGGED, 0, qc.INT8, qc.PerBlock(1)), "scale", "ragged"),
    "scales per tensor": (lambda: qc.QuantParams([0.1, 0.2], 0, qc.INT8), "scale", "Use PerAxis"),
    "scales of two axes": (lambda: qc.QuantParams([[0.1, 0.2]] * 2, 0, qc.INT8, qc.PerAxis(0)), "scale", "PerAxis"),
    "zero point high": (lambda: qc.QuantParams(0.1, 128, qc.INT8), "zero_point", "is 128; it must be a code of int8"),
    "zero point low": (lambda: qc.QuantParams(0.1, -1, qc.UINT8), "zero_point", "0 to 255"),
    "zero point of narrow": (lambda: qc.QuantParams(0.1, -128, qc.IntFormat(8, narrow=True)), "zero_point", "-127"),
    "zero point NaN": (lambda: qc.QuantParams(0.1, np.nan, qc.INT8), "zero_point", "must be finite"),
    "zero point in a row": (
        lambda: qc.QuantParams([0.1, 0.1], [0, 999], qc.INT8, qc.PerAxis(0)), "zero_point", "is 999 at index [1]"
    ),
    "zero points too many": (
        lambda: qc.QuantParams([0.1, 0.1], [0, 0, 0], qc.INT8, qc.PerAxis(0)), "zero_point", "must be the same"
    ),
    "format by name": (lambda: qc.QuantParams(0.1, 0, "int8"), "fmt", "for instance quantcore.INT8"),
    "granularity by name": (lambda: qc.QuantParams(0.1, 0, qc.INT8, "row"), "granularity", "PerTensor(), PerAxis"),
    # granularity
    "axis too high": (lambda: qc.choose_qparams(X, qc.INT8, granularity=qc.PerAxis(2)), "axis", "-2 to 1"),
    "axis too low": (lambda: qc.choose_qparams(X, qc.INT8, granularity=qc.PerAxis(-3)), "axis", "axis is -3"),
    "axis broken": (lambda: qc.PerAxis(0.5), "axis", "axis is 0.5"),
    "axis of a number": (lambda: qc.choose_qparams(1.0, qc.INT8, granularity=qc.PerAxis(0)), "axis", "Use PerTensor()"),
    "block 0": (lambda: qc.PerBlock(0), "block_size", "block_size is 0; it must be a whole number, 1 or more"),
    "block broken": (lambda: qc.PerBlock(2.5), "block_size", "block_size is 2.5"),
    "block too long": (
        lambda: qc.choose_qparams(X, qc.INT8, granularity=qc.PerBlock(7)), "block_size", "only 6 elements. Use 6"
    ),
    "block axis": (lambda: qc.choose_qparams(X, qc.INT8, granularity=qc.PerBlock(2, axis=5)), "axis", "axis is 5"),
    "rows of another array": (lambda: qc.quantize(X[:3], ROWS), "scale", "must have the shape (3, 1)"),
    "blocks of another array": (lambda: qc.quantize(X[:, :4], BLOCKS), "scale", "must have the shape (4, 1)"),
    "codes of another array": (lambda: qc.dequantize(np.zeros((3, 6), int), ROWS), "scale", "(3, 1)"),
    "broadcast elsewhere": (lambda: qc.broadcast(ROWS, (5, 6)), "scale", "(5, 1)"),
    # values
    "NaN quantized": (lambda: qc.quantize(NAN, PARAMS), "values", "values[1, 0] is nan; it must be a finite number"),
    "NaN chosen from": (lambda: qc.choose_qparams(NAN, qc.INT8), "values", "values[1, 0] is nan"),
    "NaN calibrated": (lambda: qc.choose_qparams(NAN, qc.INT8, calibration="mse"), "values", "values[1, 0] is nan"),
    "too large": (lambda: qc.quantize([1e39], PARAMS), "values", "is 1e+39; it is too large for float32"),
    "empty": (lambda: qc.choose_qparams([], qc.INT8), "values", "give at least one number"),
    "empty rows": (lambda: qc.choose_qparams(np.empty((0, 3)), qc.INT8, granularity=qc.PerAxis(0)), "values", "empty"),
    "words": (lambda: qc.quantize(["one"], PARAMS), "values", "whole numbers, or float16"),
    "objects": (lambda: qc.choose_qparams([None, 1.0], qc.INT8), "values", "of type object"),
    "booleans": (lambda: qc.quantize([True], PARAMS), "values", "of type bool"),
    "complex": (lambda: qc.quantize([1j], PARAMS), "values", "of type complex128"),
    "ragged": (lambda: qc.quantize(RAGGED, PARAMS), "values", "ragged"),
    "range too wide": (lambda: qc.choose_qparams(np.float32([-3e38, 3e38]), qc.INT8), "values", "too wide for float32"),
    "notebook empty": (lambda: qc.notebook.zeropoint_quantize([]), "values", "give at least one number"),
    "notebook words": (lambda: qc.notebook.absmax_quantize(["a"]), "values", "of type"),
    # codes
    "code too high": (lambda: qc.dequantize([0, 128], PARAMS), "codes", "codes[1] is 128; int8 has the codes -128"),
    "code too low": (lambda: qc.dequantize([[-1]], qc.QuantParams(0.1, 0, qc.UINT4)), "codes", "codes[0, 0] is -1"),
    "codes broken": (lambda: qc.dequantize([0.5], PARAMS), "codes", "must be whole numbers"),
    "codes ragged": (lambda: qc.dequantize([[1], [1, 2]], PARAMS), "codes", "ragged"),
    # choices
    "range reversed": (lambda: qc.choose_qparams(X, qc.INT8, calibration=(2, 1)), "range_min", "swap them"),
    "range NaN": (lambda: qc.choose_qparams(X, qc.INT8, calibration=(0, np.nan)), "range_max", "range_max is nan"),
    "range infinite": (lambda: qc.choose_qparams(X, qc.INT8, calibration=(-np.inf, 1)), "range_min", "is -inf"),
    "range of three": (lambda: qc.choose_qparams(X, qc.INT8, calibration=(1, 2, 3)), "calibration", "a pair"),
    "unknown method": (lambda: qc.choose_qparams(X, qc.INT8, calibration="best"), "calibration", "one of minmax"),
    "unknown setting": (
        lambda: qc.choose_qparams(X, qc.INT8, calibration="percentile", quantile=3), "quantile", "not a setting"
    ),
    "misspelt argument": (lambda: qc.choose_qparams(X, qc.INT8, sceme="symmetric"), "sceme", "not a setting"),
    "include_zero is no": (lambda: qc.choose_qparams(X, qc.INT8, include_zero="no"), "include_zero", "True or False"),
    "include_zero is no in a search": (
        lambda: qc.calibrate(X, qc.INT8, "mse", include_zero="no"), "include_zero", "True or False"
    ),
    "reduce_range is no": (lambda: qc.choose_qparams(X, qc.INT8, reduce_range="no"), "reduce_range", "True or False"),
    "signed is no": (lambda: qc.unpack([1], 4, signed="no"), "signed", "True or False"),
    "n is a text": (lambda: qc.unpack([1], 4, "2"), "n", "a whole number"),
    "range ragged": (lambda: qc.qparams_from_range(RAGGED, 1.0, qc.INT8), "range_min", "ragged"),
    "range of words": (lambda: qc.qparams_from_range(0.0, "one", qc.INT8), "range_max", "must be a finite number"),
    "range given as NaN": (lambda: qc.qparams_from_range(np.nan, 1.0, qc.INT8), "range_min", "is nan"),
    "range of two shapes": (
        lambda: qc.qparams_from_range([0.0] * 2, [1.0] * 3, qc.INT8, granularity=qc.PerAxis(0)), "range_max", "(3,)"
    ),
    "NaN under an explicit range": (lambda: qc.choose_qparams(NAN, qc.INT8, calibration=(-1, 1)), "values", "is nan"),
    "calibrated to a name": (lambda: qc.calibrate(X, "int8", "mse"), "fmt", "must be a number format"),
    "unknown scheme": (lambda: qc.choose_qparams(X, qc.INT8, "linear"), "scheme", "one of affine, symmetric"),
    "unknown toolkit": (lambda: qc.choose_qparams(X, qc.INT8, toolkit="caffe"), "toolkit", "one of onnx"),
    "parameters as a number": (lambda: qc.quantize(X, 0.5), "params", "params is 0.5; it must be what choose_qparams"),
    "parameters as a pair": (lambda: qc.dequantize([1], (0.5, 0)), "params", "QuantParams(scale"),
    "parameters of a trace": (lambda: qc.trace(X, None), "params", "params is None"),
    "parameters to compare with": (
        lambda: qc.first_difference(X, qc.INT8, "onnx", "tflite", params=1.0), "params", "params is 1.0"
    ),
    "parameters to broadcast": (lambda: qc.broadcast(0.5, (2, 2)), "params", "params is 0.5"),
    "parameters of a grid": (lambda: qc.grid("int8"), "params", "params is 'int8'"),
    "parameters of levels": (lambda: qc.reconstruction_levels([1], 0.5), "params", "params is 0.5"),
    "parameters of thresholds": (lambda: qc.decision_thresholds([1], 0.5), "params", "params is 0.5"),
    "parameters of a product": (lambda: qc.qlinear_matmul([[1]], 1, [[1]], 1, 1), "a_params", "a_params is 1"),
    "broadcast to a number": (lambda: qc.broadcast(PARAMS, 3), "shape", "shape is 3; it must be a tuple"),
    "granularity of a difference": (
        lambda: qc.first_difference(X, qc.INT8, "onnx", "tflite", granularity="row"), "granularity", "PerTensor()"
    ),
    "cost of something": (lambda: qc.bits_per_value(8, shape=(2,)), "fmt", "fmt is 8; it must be one of"),
    "cost of a number of values": (lambda: qc.bits_per_value(qc.INT8, shape=3), "shape", "must be a tuple"),
    "cost of half bits": (lambda: qc.bits_per_value(qc.INT8, shape=(2,), scale_bits=0.5), "scale_bits", "whole number"),
    "restored from codes": (lambda: qc.restore([1, 2]), "stored", "what store answers"),
    "range of infinity": (lambda: qc.qparams_from_range(np.inf, 2.0, qc.INT8), "range_min", "is inf"),
    "rounding in a list": (lambda: qc.quantize(X, PARAMS, rounding=["floor"]), "rounding", "one of half_even"),
    "scheme as an array": (lambda: qc.choose_qparams(X, qc.INT8, scheme=X), "scheme", "one of affine, symmetric"),
    "width in words": (lambda: qc.pack([1], "four"), "bits", "a whole number from 1 to 8"),
    "unknown arithmetic": (lambda: qc.quantize(X, PARAMS, "caffe"), "arithmetic", "one of onnx"),
    "arithmetic in a list": (lambda: qc.quantize(X, PARAMS, ["onnx"]), "arithmetic", "one of onnx"),
    "unknown way back": (lambda: qc.dequantize([1], PARAMS, "caffe"), "arithmetic", "one of onnx"),
    "unknown rounding": (lambda: qc.quantize(X, PARAMS, rounding="up"), "rounding", "one of half_even"),
    "no rng": (lambda: qc.quantize(X, PARAMS, rounding="stochastic"), "rounding", "needs rng"),
    "rng is a seed": (lambda: qc.quantize(X, PARAMS, rounding="stochastic", rng=3), "rounding", "default_rng(0)"),
    "precision": (lambda: qc.choose_qparams(X, qc.INT8, dtype=np.int8), "precision", "float16, bfloat16, float32"),
    "precision in words": (lambda: qc.choose_qparams(X, qc.INT8, dtype="exact"), "precision", "dtype is 'exact'"),
    "reciprocal overflows": (
        lambda: qc.quantize([0.0], qc.QuantParams(np.float32(1e-40), 0, qc.INT8), "torchao"), "scale", "float64"
    ),
    "zero point after rounding": (
        lambda: qc.quantize([0.0], qc.QuantParams(1.0, 0.5, qc.INT8)), "zero_point", "Use the arithmetic torch_float"
    ),
    "compared to something ragged": (lambda: qc.compare([1.0, 2.0], RAGGED), "x_hat", "ragged"),
    "ragged codes packed": (lambda: qc.pack(RAGGED, 4), "codes", "ragged"),
    "entropy of ragged codes": (lambda: qc.code_entropy(RAGGED), "codes", "ragged"),
    "product of ragged codes": (lambda: qc.matmul_integer(RAGGED, [[1]], 0, 0), "a", "ragged"),
    "NaN clipped": (lambda: qc.clipped_share(NAN, PARAMS), "values", "is nan"),
    # buffers
    "out of another type": (lambda: qc.quantize(X, PARAMS, out=np.empty(X.shape, np.uint8)), "out", "array of int8"),
    "out of another shape": (lambda: qc.dequantize([1], PARAMS, out=np.empty(2, np.float32)), "out", "shape (1,)"),
    "out is a list": (lambda: qc.quantize([1.0], PARAMS, out=[0]), "out", "out is list"),
    # trace
    "element too high": (lambda: qc.trace(X, PARAMS, 24), "element", "element is 24; it must be from 0 to 23"),
    "element negative": (lambda: qc.trace(X, PARAMS, -1), "element", "element is -1"),
    "element elsewhere": (lambda: qc.trace(X, PARAMS, (0, 6)), "element", "the values have the shape (4, 6)"),
    "element of nothing": (lambda: qc.trace([], PARAMS, 0), "element", "there are no values"),
    "trace of NaN": (lambda: qc.trace(NAN, PARAMS, 2), "values", "is nan"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_in_words(name: str) -> None:
    """QuantError with the field, and a message with what was found and what is allowed."""
    call, field, words = CASES[name]
    with pytest.raises(qc.QuantError) as refused:
        call()
    assert refused.value.field == field
    assert words in refused.value.message
    assert str(refused.value) == refused.value.message


def test_the_error_is_a_value_error() -> None:
    """So that callers who know nothing of quantcore can catch it."""
    assert issubclass(qc.QuantError, ValueError)


def test_parameters_cannot_be_changed_behind_our_back() -> None:
    """QuantParams owns read-only copies."""
    scale = np.full(4, 0.5)
    params = qc.QuantParams(scale, 0, qc.INT8, qc.PerAxis(0))
    scale[0] = -1
    assert params.scale[0] == 0.5
    for array in (params.scale, params.zero_point):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2
    with pytest.raises(AttributeError):
        params.fmt = qc.INT4
