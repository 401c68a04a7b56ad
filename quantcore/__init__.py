"""Quantization and dequantization in readable NumPy, computed exactly as the toolkits compute them.

Real numbers become codes and codes become real numbers:

    q     = clip(round(x / scale) + zero_point, qmin, qmax)      quantize
    x_hat = (q - zero_point) * scale                             dequantize

Every function is pure: arrays in, new arrays out. Whatever a caller gets wrong raises `QuantError`.

Glossary (one name for one thing, everywhere):

    x           real numbers                        qmin, qmax   lowest and highest code
    q           codes, whole numbers                levels       number of codes, qmax - qmin + 1
    x_hat       reconstruction of x                 affine       [min, max] is spread over the codes
    scale       step between two codes              symmetric    [-absmax, absmax] is, around the zero point
    zero_point  the code of 0.0                     granularity  which elements share scale and zero point
    absmax      max |x|                             arithmetic   the steps by which a toolkit computes codes
    scale_factor  1 / scale, codes per unit         toolkit      its way from a range to scale and zero point

>>> import quantcore as qc
>>> params = qc.choose_qparams([-3.0, 0.1, 3.2], qc.INT8)
>>> q = qc.quantize([-3.0, 0.1, 3.2], params)
>>> q.tolist(), params.zero_point.item()
([-128, -1, 127], -5)
>>> qc.dequantize(q, params).round(4).tolist()
[-2.990600109100342, 0.09730000048875809, 3.209399938583374]
"""

from . import notebook
from .blocks import tinygemm
from .blocks.block import BlockFormat, Level, Stored
from .blocks.table import BLOCK_FORMATS, restore, store
from .calibration.calibrate import CALIBRATIONS, Calibrated, CalibrationSettings, Curve, calibrate, calibrate_channels
from .calibration.distribution import Distribution, distribution_onnxruntime, float8_scale_onnxruntime
from .compute.bias import quantize_bias
from .compute.grid import decision_thresholds, grid, reconstruction_levels
from .compute.matmul import MatMulTerms, matmul_integer, matmul_terms, qlinear_matmul
from .compute.non_finite import quantize_non_finite
from .compute.quantize import clipped, dequantize, quantize
from .compute.reconstruct import reconstruct
from .errors import QuantError
from .explain.differences import Difference, first_difference
from .explain.element_trace import trace_code, trace_element
from .explain.exact_steps import OPERATIONS, Operand, StoredStep
from .explain.format_differences import FORMAT_REASONS, FormatDifference, first_format_difference
from .explain.scale_trace import trace_scale
from .explain.stored_trace import StoredTrace, trace_stored
from .explain.trace import Trace, TraceStep, trace
from .explain.trace_qparams import QParamsTrace, trace_qparams
from .formats.codebooks import Codebook
from .formats.floats import FloatFormat
from .formats.format import Format
from .formats.grid import Grid
from .formats.integers import INT2, INT4, INT8, INT16, UINT2, UINT4, UINT8, UINT16, IntFormat
from .formats.packing import pack, unpack
from .formats.table import FORMATS, decode, encode
from .metrics import Metrics, clipped_share, compare
from .parameters.choose import choose_qparams, qparams_from_range
from .parameters.granularity import Granularity, PerAxis, PerBlock, PerTensor
from .parameters.qparams import QuantParams, broadcast
from .parameters.ranges import Ranges, choose_ranges
from .precision import PRECISIONS, Precision
from .rounding import ROUNDINGS, round_whole
from .sizes import bits_per_value, code_entropy
from .toolkits.arithmetic import ARITHMETICS, Arithmetic
from .toolkits.choosing import TOOLKITS, Toolkit
from .toolkits.non_finite import NON_FINITE, NON_FINITE_CODES, Becomes, NonFinite, NonFiniteCodes
from .toolkits.requantizing import REQUANTIZATIONS, Requantization

__all__ = [
    "ARITHMETICS",
    "BLOCK_FORMATS",
    "CALIBRATIONS",
    "FORMATS",
    "FORMAT_REASONS",
    "INT2",
    "INT4",
    "INT8",
    "INT16",
    "NON_FINITE",
    "NON_FINITE_CODES",
    "OPERATIONS",
    "PRECISIONS",
    "REQUANTIZATIONS",
    "ROUNDINGS",
    "TOOLKITS",
    "UINT2",
    "UINT4",
    "UINT8",
    "UINT16",
    "Arithmetic",
    "Becomes",
    "BlockFormat",
    "Calibrated",
    "CalibrationSettings",
    "Codebook",
    "Curve",
    "Difference",
    "Distribution",
    "FloatFormat",
    "Format",
    "FormatDifference",
    "Granularity",
    "Grid",
    "IntFormat",
    "Level",
    "MatMulTerms",
    "Metrics",
    "NonFinite",
    "NonFiniteCodes",
    "Operand",
    "PerAxis",
    "PerBlock",
    "PerTensor",
    "Precision",
    "QParamsTrace",
    "QuantError",
    "QuantParams",
    "Ranges",
    "Requantization",
    "Stored",
    "StoredStep",
    "StoredTrace",
    "Toolkit",
    "Trace",
    "TraceStep",
    "bits_per_value",
    "broadcast",
    "calibrate",
    "calibrate_channels",
    "choose_qparams",
    "choose_ranges",
    "clipped",
    "clipped_share",
    "code_entropy",
    "compare",
    "decision_thresholds",
    "decode",
    "dequantize",
    "distribution_onnxruntime",
    "encode",
    "first_difference",
    "first_format_difference",
    "float8_scale_onnxruntime",
    "grid",
    "matmul_integer",
    "matmul_terms",
    "notebook",
    "pack",
    "qlinear_matmul",
    "qparams_from_range",
    "quantize",
    "quantize_bias",
    "quantize_non_finite",
    "reconstruct",
    "reconstruction_levels",
    "restore",
    "round_whole",
    "store",
    "tinygemm",
    "trace",
    "trace_code",
    "trace_element",
    "trace_qparams",
    "trace_scale",
    "trace_stored",
    "unpack",
]
