"""The figures of a result where codes are those of floats, codebooks or blocks: what they cost, and their scales."""

import numpy as np

import quantcore as qc

from ..answer_types import Tile
from ..notation import display
from ..notation import mathml as m
from ..results.result import Result
from .tile import cost_tile, one_or_many, share_tile, tile


def format_tiles(result: Result) -> list[Tile]:
    """Cost, numbers of the format, and scales as they are stored."""
    return [_cost(result), _numbers(result), *_scales(result)]


def _cost(result: Result) -> Tile:
    fmt, stored = result.settings.fmt, result.stored
    if stored is not None:
        size = f"{display.plural(stored.size_bytes, 'byte')} for {display.plural(result.size, 'number')}"
        if n_zeros := stored.layout.size - result.size:
            row = "" if stored.layout.n_blocks == stored.layout.blocks_per_row else " of each row"
            size += f" and {display.plural(n_zeros, 'zero')} after them, so that the last block{row} is whole"
        hint = f"{size}: codes of {fmt.bits} bits and the scales of blocks of {stored.fmt.block_size}"
    elif result.settings.calibration == "none" and not result.settings.is_dequantize:
        hint = "the code, and no scale"
    else:
        n_scales = display.plural(result.scale.size, "scale")
        hint = f"codes of {fmt.bits} bits, and {n_scales} in {result.scale.dtype} for all {display.count(result.size)}"
    return cost_tile(result, hint)


def _numbers(result: Result) -> Tile:
    fmt = result.settings.fmt
    n_used = np.unique(result.q).size
    hint = (
        f"{display.plural(fmt.grid().reals.size, 'number')} in {fmt.bits} bits, before the scale; "
        f"{display.plural(n_used, 'code')} {'is' if n_used == 1 else 'are'} used here"
    )
    low, high = (display.short(end, 6).removesuffix(".0") for end in (fmt.lowest, fmt.highest))
    return tile("number_range", f"Numbers of {fmt.label}", "", f"{low} to {high}", hint)


def _scales(result: Result) -> list[Tile]:
    what = "what the number of a code is multiplied by"
    tiles = [tile("scale", "Scale", m.math(m.SCALE, block=False), one_or_many(result.scale, "scale"), what)]
    if result.stored is None:
        return tiles
    if result.stored.offset is not None:
        offset = one_or_many(result.stored.offset, "offset")
        tiles.append(tile("offset", "Offset", "", offset, "what is added to that product"))
    for level in result.stored.levels if _is_worth_telling(result.stored) else ():
        values = level.values.reshape(-1)
        tiles.append(
            tile(
                f"level_{level.name}",
                f"Stored: {level.name.replace('_', ' ')}",
                "",
                one_or_many(values, "number"),
                _kept(level),
            )
        )
    return tiles


def _is_worth_telling(stored: qc.Stored) -> bool:
    """Whether the stored numbers are not simply the scales."""
    return len(stored.levels) > 1 or any(level.codes is not None for level in stored.levels)


def _kept(level: qc.Level) -> str:
    bits = 32 if level.codes is None else qc.FORMATS[level.format].bits
    fmt = "float32" if level.codes is None else qc.FORMATS[level.format].label
    return f"as it lies in the file: {fmt}, {bits} bits each"


def fates(result: Result) -> list[Tile]:
    """What became of values at the ends of the format."""
    n_lost = result.n_without_number
    n_clipped = int(np.count_nonzero((result.sides != 0) & np.isfinite(result.x_hat)))
    n_zero = int(np.count_nonzero((result.x_hat == 0) & (result.x != 0)))
    tiles = [
        share_tile("clipped_share", "Clipped", n_clipped / result.size, "the share beyond the numbers"),
        share_tile("zero_share", "Became 0", n_zero / result.size, "the share too small for any other number"),
    ]
    if n_lost:
        told = "the share that is no number any more"
        tiles.append(share_tile("lost_share", "Infinity or NaN", n_lost / result.size, told))
    return tiles
