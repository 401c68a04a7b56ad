"""The block formats of GGUF files, one record each."""

from __future__ import annotations

from ..formats.integers import IntFormat
from . import ggml_layouts as layouts
from . import ggml_numbers as numbers
from .gguf import GgufFormat

# fmt: off
_LEGACY = (
    GgufFormat("q4_0", "Q4_0", 32, layouts.Q4_0, IntFormat(4), "legacy",
        "The element of largest magnitude, with its sign, becomes code -8 exactly."),
    GgufFormat("q4_1", "Q4_1", 32, layouts.Q4_1, IntFormat(4, False), "legacy",
        "The codes 0 to 15 start at the block's minimum."),
    GgufFormat("q5_0", "Q5_0", 32, layouts.Q5_0, IntFormat(5), "legacy",
        "As Q4_0 with five bits, the fifth ones stored by themselves."),
    GgufFormat("q5_1", "Q5_1", 32, layouts.Q5_1, IntFormat(5, False), "legacy",
        "As Q4_1 with five bits, the fifth ones stored by themselves."),
    GgufFormat("q8_0", "Q8_0", 32, layouts.Q8_0, IntFormat(8), "legacy",
        "Ties go away from zero; code -128 is never written.", "ignored"),
    GgufFormat("q1_0", "Q1_0", 128, layouts.Q1_0, numbers.SIGN, "legacy",
        "A sign for each element, times the mean magnitude of 128.", "ignored"),
    GgufFormat("q2_0", "Q2_0", 64, layouts.Q2_0, numbers.TERNARY, "legacy",
        "Ternary weights of one scale; the fourth code, twice the scale, is read but never written.", "ignored"),
)
_K_QUANTS = (
    GgufFormat("q2_k", "Q2_K", 256, layouts.Q2_K, IntFormat(2, False), "k_quants",
        "Sixteen sub-blocks with a 4-bit scale and a 4-bit minimum, whose search weighs magnitudes of errors."),
    GgufFormat("q3_k", "Q3_K", 256, layouts.Q3_K, IntFormat(3), "k_quants",
        "Sixteen sub-blocks with a signed 6-bit scale and no minimum; the third bits are stored by themselves."),
    GgufFormat("q4_k", "Q4_K", 256, layouts.Q4_K, IntFormat(4, False), "k_quants",
        "Eight sub-blocks with a 6-bit scale and a 6-bit minimum, packed into 12 bytes."),
    GgufFormat("q5_k", "Q5_K", 256, layouts.Q5_K, IntFormat(5, False), "k_quants",
        "As Q4_K with five bits, the fifth ones stored by themselves."),
    GgufFormat("q6_k", "Q6_K", 256, layouts.Q6_K, IntFormat(6), "k_quants",
        "Sixteen sub-blocks with a signed 8-bit scale; the upper two bits of the codes are stored by themselves."),
    GgufFormat("q8_k", "Q8_K", 256, layouts.Q8_K, IntFormat(8), "k_quants",
        "A float32 scale, and the sums of each 16 codes beside them: for products, not for files.", "ignored"),
)
_NONLINEAR = (
    GgufFormat("iq4_nl", "IQ4_NL", 32, layouts.IQ4_NL, numbers.NONLINEAR, "nonlinear",
        "Sixteen uneven numbers from -127 to 113, closer together near zero, times one scale."),
    GgufFormat("iq4_xs", "IQ4_XS", 256, layouts.IQ4_XS, numbers.NONLINEAR, "nonlinear",
        "The numbers of IQ4_NL, with a signed 6-bit scale for each 32."),
)
_TERNARY = (
    GgufFormat("tq1_0", "TQ1_0", 256, layouts.TQ1_0, numbers.TERNARY, "ternary",
        "Five ternary digits in a byte, as a fraction of 256 that multiplying by 3 shifts.", "ignored"),
    GgufFormat("tq2_0", "TQ2_0", 256, layouts.TQ2_0, numbers.TERNARY, "ternary",
        "Two bits for each of -1, 0 and 1, one scale for 256.", "ignored"),
)
_FP4 = (
    GgufFormat("gguf_mxfp4", "MXFP4", 32, layouts.MXFP4, numbers.FP4, "ggml_fp4",
        "OCP's MXFP4 in ggml's layout: ties go toward zero, -0 is never written, and exponent 255 is not NaN.",
        "ignored"),
    GgufFormat("gguf_nvfp4", "NVFP4", 64, layouts.NVFP4, numbers.FP4, "ggml_fp4",
        "E4M3 scales of 16 elements, rounded half up, and no scale of the tensor; 240 is followed by 448.", "ignored"),
)
_GRIDS = (
    GgufFormat("iq1_s", "IQ1_S", 256, layouts.IQ1_S, numbers.SHIFTED, "grids",
        "Eight elements are one of 2,048 points of -1, 0 and 1, all moved by 1/8 up or down.",
        "needed", encoder="grid_search_iq1"),
    GgufFormat("iq1_m", "IQ1_M", 256, layouts.IQ1_M, numbers.SHIFTED, "grids",
        "As IQ1_S with a scale for each 16; the float16 scale is spread over the spare bits of the others.",
        encoder="grid_search_iq1"),
    GgufFormat("iq2_xxs", "IQ2_XXS", 256, layouts.IQ2_XXS, numbers.THREE_LEVELS, "grids",
        "Eight magnitudes are one of 256 points; seven signs are stored, the eighth makes their product positive.",
        "needed", encoder="grid_search"),
    GgufFormat("iq2_xs", "IQ2_XS", 256, layouts.IQ2_XS, numbers.THREE_LEVELS, "grids",
        "As IQ2_XXS with 512 points and a scale for each 16.", "needed", encoder="grid_search"),
    GgufFormat("iq2_s", "IQ2_S", 256, layouts.IQ2_S, numbers.THREE_LEVELS, "grids",
        "As IQ2_XS with 1,024 points and all eight signs.", encoder="grid_search"),
    GgufFormat("iq3_xxs", "IQ3_XXS", 256, layouts.IQ3_XXS, numbers.EIGHT_LEVELS, "grids",
        "Four magnitudes are one of 256 points; seven signs of eight are stored.", encoder="grid_search"),
    GgufFormat("iq3_s", "IQ3_S", 256, layouts.IQ3_S, numbers.ODD_LEVELS, "grids",
        "As IQ3_XXS with 512 points and all signs; after 32 zeros ggml stores the points of a block shifted.",
        encoder="grid_search"),
)
# fmt: on

GGUF_FORMATS = (*_LEGACY, *_K_QUANTS, *_NONLINEAR, *_TERNARY, *_FP4, *_GRIDS)
