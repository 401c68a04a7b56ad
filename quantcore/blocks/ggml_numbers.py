"""The numbers of the codes of ggml's formats, where codes are not the numbers themselves."""

from __future__ import annotations

from ..formats.codebooks import Codebook, Ties

_SOURCE = "ggml 0.20.2, ggml-common.h and ggml-quants.c"
_NAN = float("nan")
DOUBLED_E2M1 = (0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)  # kvalues_mxfp4
IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)  # kvalues_iq4nl


def _signed(*levels: float) -> tuple[float, ...]:
    return (*levels, *(-level for level in levels))


SIGN = Codebook("ggml_sign", "-1 or 1", (-1, 1), _SOURCE)
TERNARY = Codebook("ggml_ternary", "-1, 0, 1 (and 2)", (-1, 0, 1, 2), _SOURCE)
FP4 = Codebook("ggml_fp4", "doubled E2M1", DOUBLED_E2M1, _SOURCE)
NONLINEAR = Codebook("ggml_iq4", "IQ4's table", IQ4, _SOURCE, Ties.UPPER)
SHIFTED = Codebook(
    "ggml_iq1", "-1, 0, 1, shifted by 1/8", (-0.875, 0.125, 1.125, _NAN, -1.125, -0.125, 0.875, _NAN), _SOURCE
)
THREE_LEVELS = Codebook("ggml_iq2", "IQ2's levels with a sign", _signed(8, 25, 43, _NAN), _SOURCE)
EIGHT_LEVELS = Codebook("ggml_iq3_xxs", "IQ3_XXS's levels with a sign", _signed(4, 12, 20, 28, 36, 44, 52, 62), _SOURCE)
ODD_LEVELS = Codebook("ggml_iq3_s", "IQ3_S's levels with a sign", _signed(1, 3, 5, 7, 9, 11, 13, 15), _SOURCE)
