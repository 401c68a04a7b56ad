"""Requests in number formats whose programs are run: every format, both ways, its options, and many numbers."""

from quantcore import BLOCK_FORMATS

ENDS = "1000, 448, 464, 465, -1000, 0.001, -0.0, 0"
MATRIX = {"source": "normal", "shape": "2,256"}
ROWS = {"source": "normal", "shape": "3,40"}
MANY = {"source": "outliers", "shape": "3,1500", "element": "2000"}
EIGHTS = {"calibration": "minmax", "granularity": "block", "axis": "1", "block_size": "8"}
BACK = {"direction": "dequantize"}

ELEMENTS: dict[str, dict[str, str]] = {
    "E4M3, a cast": {"format": "float8_e4m3fn", "values": ENDS},
    "E4M3, not saturating": {"format": "float8_e4m3fn", "values": ENDS, "overflow": "overflow"},
    "E4M3, one scale": {"format": "float8_e4m3fn", "values": ENDS, "calibration": "minmax"},
    "E4M3, rows": {"format": "float8_e4m3fn", **ROWS, "calibration": "minmax", "granularity": "axis", "axis": "0"},
    "E4M3, columns": {"format": "float8_e4m3fn", **ROWS, "calibration": "minmax", "granularity": "axis", "axis": "1"},
    "E4M3, blocks": {
        "format": "float8_e4m3fn", **ROWS, **EIGHTS,
    },
    "E4M3, floor": {"format": "float8_e4m3fn", "values": ENDS, "rounding": "floor"},
    "E4M3, half away": {"format": "float8_e4m3fn", "values": "17 19 21 -17 -19", "rounding": "half_away"},
    "E4M3, stochastic": {"format": "float8_e4m3fn", **ROWS, "rounding": "stochastic", "seed": "3"},
    "E4M3, float64": {"format": "float8_e4m3fn", "values": "1.0625000001 1.0625", "precision": "float64"},
    "E4M3, many": {"format": "float8_e4m3fn", **MANY, "calibration": "minmax"},
    "E4M3, codes": {"format": "float8_e4m3fn", **BACK, "codes": "0 1 126 127 255 254 56", "scale": "0.5"},
    "E4M3 FNUZ": {"format": "float8_e4m3fnuz", "values": ENDS},
    "E4M3 FNUZ, not saturating": {"format": "float8_e4m3fnuz", "values": ENDS, "overflow": "overflow"},
    "E5M2": {"format": "float8_e5m2", "values": ENDS + ", 1e6, -1e6"},
    "E5M2, not saturating": {"format": "float8_e5m2", "values": ENDS + ", 1e6, -1e6", "overflow": "overflow"},
    "E5M2, codes": {"format": "float8_e5m2", **BACK, "codes": "0 124 125 252 60"},
    "E5M2 FNUZ": {"format": "float8_e5m2fnuz", "values": ENDS},
    "E4M3 B11": {"format": "float8_e4m3b11fnuz", "values": ENDS},
    "E4M3 IEEE": {"format": "float8_e4m3", "values": ENDS, "overflow": "overflow"},
    "E3M4": {"format": "float8_e3m4", "values": ENDS},
    "E2M3": {"format": "float6_e2m3fn", "values": ENDS},
    "E3M2": {"format": "float6_e3m2fn", "values": ENDS},
    "E2M1, ties": {"format": "float4_e2m1fn", "values": "0.25 0.75 1.25 1.75 2.5 3.5 5 -7"},
    "E2M1, blocks": {
        "format": "float4_e2m1fn", **ROWS, **EIGHTS,
    },
    "E2M1, codes": {"format": "float4_e2m1fn", **BACK, "codes": "[[0, 1, 2], [15, 14, 7]]", "scale": "0.25"},
    "BF16": {"format": "bfloat16", "values": "1.00390625 3.14159 -1e30 1e-40"},
    "FP16": {"format": "float16", "values": "1.00048828125 3.14159 -65520 6e-8"},
    "dynamic map": {"format": "dynamic8_bnb", **ROWS, "calibration": "minmax"},
    "dynamic map, codes": {"format": "dynamic8_bnb", **BACK, "codes": "0 127 128 255"},
}  # fmt: skip
SHORT = ("mxfp4", "mxfp8_e4m3", "nvfp4", "nf4", "q4_0", "q8_0")
MODES = ("ceil", "even", "rceil")
INTEGERS = ("int8_f16", "int4_e4m3", "int4_e8m0", "uint4_f16", "mlx_affine3", "mlx_affine4")
PARTS = ("mxfp4", "nvfp4", "nf4", "nf4_double", "q4_0", "q4_k")
NEED = tuple(name for name, fmt in BLOCK_FORMATS.items() if getattr(fmt, "importance", "") == "needed")
BLOCKS: dict[str, dict[str, str]] = {
    **{name: {"format": name, **MATRIX} for name in BLOCK_FORMATS if name not in NEED},
    **{name: {"format": name, **MATRIX, "importance": "squares"} for name in NEED},
    **{f"{name}, bytes": {"format": name, **BACK} for name in BLOCK_FORMATS},
    **{f"{name}, short rows": {"format": name, **ROWS} for name in SHORT},
    **{f"mxfp8_e5m2, {mode}": {"format": "mxfp8_e5m2", **MATRIX, "scale_mode": mode} for mode in MODES},
    **{f"mxfp4, {mode}": {"format": "mxfp4", **MATRIX, "scale_mode": mode} for mode in MODES},
    "nvfp4, given scale": {"format": "nvfp4", **MATRIX, "tensor_scale": "0.001"},
    "nvfp4, zeros": {"format": "nvfp4", "values": "0 " * 16},
    "mxfp4, zeros": {"format": "mxfp4", "values": "0 " * 33},
    "nf4, blocks of 128": {"format": "nf4", **MATRIX, "block_size": "128"},
    "nf4, odd": {"format": "nf4", "values": "-2 -1 0 1 2"},
    **{f"mxint8, {mode}": {"format": "mxint8", **MATRIX, "scale_mode": mode} for mode in MODES},
    **{f"{name}, short rows": {"format": name, **ROWS} for name in INTEGERS},
    **{f"{name}, zeros": {"format": name, "values": "0 " * 70} for name in INTEGERS},
    "mlx_affine2, ties": {"format": "mlx_affine2", "values": "-1, 1, " + "0.5 -0.5 0 " * 20},
    "int4_f16, bytes of short rows": {"format": "int4_f16", **BACK, "bytes": "12 " * 72, "shape": "3,40"},
    "int4, blocks of 16": {"format": "int4_f16", **ROWS, "block_size": "16"},
    "q4_0, importance": {"format": "q4_0", **MATRIX, "importance": "squares"},
    "q4_k, importance": {"format": "q4_k", **MATRIX, "importance": "squares"},
    **{f"{name}, many": {"format": name, **MANY} for name in PARTS},
    "q4_k, importance, many": {"format": "q4_k", **MANY, "importance": "squares"},
}  # fmt: skip
CHANNELS = {"source": "normal", "shape": "80,20"}
GENERATED = ("normal", "uniform", "laplace", "student_t", "outliers", "bimodal", "relu", "ramp", "sine", "picture")
LARGE: dict[str, dict[str, str]] = {
    **{f"integers, {name}": {"profile": "onnx", "source": name, "shape": "96,96", "spread": "0.3"}
       for name in GENERATED},
    "integers, odd degrees": {"profile": "onnx", "source": "student_t", "shape": "500", "degrees": "7", "seed": "9"},
    "the notebook, many": {"source": "normal", "shape": "30,40"},
    "the notebook, many, float32": {"source": "uniform", "shape": "30,40", "precision": "float32"},
    **{f"{profile}, channels": {"profile": profile, **CHANNELS, "granularity": "axis", "scheme": "symmetric"}
       for profile in ("onnx", "pytorch", "tflite", "custom")},
    **{f"{profile}, blocks": {"profile": profile, **CHANNELS, "granularity": "block", "block_size": "8"}
       for profile in ("onnx", "pytorch", "custom")},
    "pytorch, columns": {"profile": "pytorch", "source": "laplace", "shape": "20,80", "granularity": "axis",
                         "axis": "1"},
    "pytorch, groups, many": {"profile": "pytorch", "bits": "4", "source": "normal", "shape": "40,64",
                              "granularity": "block", "block_size": "32"},
    "pytorch, searched": {"profile": "pytorch", **CHANNELS, "granularity": "axis", "calibration": "percentile"},
    "custom, by chance, many": {"profile": "custom", **CHANNELS, "rounding": "stochastic", "granularity": "axis"},
    "onnx, typed, many": {"profile": "onnx", "values": " ".join(str(i % 37 / 8) for i in range(1200))},
    "onnx, given, many": {"profile": "onnx", **CHANNELS, "calibration": "given", "scale": "1/16", "zero_point": "3"},
    "back, onnx, many": {"profile": "onnx", **BACK, "codes": " ".join(str(i % 200 - 99) for i in range(1200))},
    "E4M3, channels": {"format": "float8_e4m3fn", **CHANNELS, "calibration": "minmax", "granularity": "axis"},
    "E4M3, many blocks": {"format": "float8_e4m3fn", **CHANNELS, "calibration": "minmax", "granularity": "block",
                          "block_size": "8"},
    "E4M3, searched": {"format": "float8_e4m3fn", **CHANNELS, "calibration": "mse", "granularity": "axis"},
    "q4_0, many bytes": {"format": "q4_0", **BACK, "bytes": "12 " * 18 * 60},
    "nf4, many bytes": {"format": "nf4", **BACK, "bytes": "12 " * 36 * 60},
    "mxfp4, many bytes": {"format": "mxfp4", **BACK, "bytes": "12 " * 17 * 70},
}  # fmt: skip
REQUESTS = {**ELEMENTS, **BLOCKS, **LARGE}
