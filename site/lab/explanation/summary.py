"""The figures of a result, one tile each."""

import numpy as np

from ..answer_types import Tile
from ..notation import display
from ..notation import mathml as m
from ..results.result import Result
from .format_tiles import fates, format_tiles
from .tile import cost_tile, ends, one_or_many, share_tile, tile

LABELS = {
    "max_abs": ("Largest error", "the largest distance between a value and its reconstruction"),
    "mae": ("Mean absolute error", "the average distance between a value and its reconstruction"),
    "mse": ("Mean squared error", "the average of the squared errors"),
    "rmse": ("Root mean squared error", "its square root, in the unit of the values"),
    "sqnr_db": (
        "SQNR",
        "signal-to-quantization-noise ratio: the power of the values over the power of the errors, in decibels",
    ),
    "cosine": ("Cosine similarity", "1 if values and reconstruction, as vectors, have the same direction"),
}


def summary(result: Result) -> list[Tile]:
    """All figures, parameters first."""
    return _parameters(result) + _errors(result)


def _parameters(result: Result) -> list[Tile]:
    own = _integers(result) if result.settings.are_integers else format_tiles(result)
    return own + _reach(result)


def _integers(result: Result) -> list[Tile]:
    fmt, (qmin, qmax) = result.settings.fmt, result.settings.code_ends
    q_low, q_high = display.shortest(int(result.q.min())), display.shortest(int(result.q.max()))
    scale, factor, zero_point = result.scale, result.scale_factor, result.zero_point
    return [
        cost_tile(result, "the code, with its share of scales and zero points"),
        tile(
            "scale_factor",
            "Scale factor",
            m.math(m.SCALE_FACTOR, block=False),
            one_or_many(factor, "scale factor"),
            "codes per unit; the reciprocal of the scale",
        ),
        tile(
            "scale",
            "Scale",
            m.math(m.SCALE, block=False),
            one_or_many(scale, "scale"),
            "the step between two neighbouring codes",
        ),
        tile(
            "zero_point",
            "Zero point",
            m.math(m.ZERO_POINT, block=False),
            one_or_many(zero_point, "zero point"),
            "the code of the real 0",
        ),
        tile(
            "code_range",
            "Codes of the format",
            m.math(m.Q, block=False),
            f"{display.shortest(qmin)} to {display.shortest(qmax)}",
            f"{display.count(qmax - qmin + 1)} codes of {fmt.bits} bits; used here: {q_low} to {q_high}",
        ),
    ]


def _reach(result: Result) -> list[Tile]:
    """From where to where the numbers lie."""
    tiles = []
    if not result.settings.is_dequantize:
        low, high = ends(result.x)
        tiles.append(
            tile(
                "value_range",
                "Values",
                m.math(m.X, block=False),
                f"{low} to {high}",
                f"{display.plural(result.size, 'number')}, from the smallest to the largest",
            )
        )
    low, high = ends(result.x_hat)
    tiles.append(
        tile(
            "back_range",
            "Dequantized",
            m.math(m.X_HAT, block=False),
            f"{low} to {high}",
            "from the smallest to the largest",
        )
    )
    return tiles


def _errors(result: Result) -> list[Tile]:
    if result.settings.is_dequantize:
        return []
    tiles = []
    for key, (label, hint) in LABELS.items():
        figure = float(getattr(result.metrics, key, np.nan))
        unit = " dB" if key == "sqnr_db" else ""
        digits = {"sqnr_db": 4, "cosine": 10}.get(key, 6)
        text = (
            "no error"
            if key == "sqnr_db" and not np.isfinite(figure) and figure > 0
            else (display.short(figure, digits) + unit if np.isfinite(figure) else display.NOTHING)
        )
        tiles.append(tile(key, label, "", text, hint, display.shortest(figure) + unit if np.isfinite(figure) else ""))
    if not result.settings.are_integers:
        return tiles + fates(result)
    share = result.n_clipped / result.size
    if result.is_clipping:
        return [*tiles, share_tile("clipped_share", "Clipped", share, "the share of values beyond the codes")]
    told = "the share of values whose code the format does not have; the notebook does not clip"
    return [*tiles, share_tile("outside_share", "Outside the codes", share, told)]
