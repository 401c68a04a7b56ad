"""The strip of all slices or blocks over the mapping: the scale of each, the followed one marked."""

from itertools import pairwise
from typing import Any

import numpy as np

from ..drawing import figure
from ..drawing.figure import CODE, NEUTRAL
from ..notation import display
from ..results.result import Result
from ..results.sharing import block_noun, first_elements, followed_block

Json = dict[str, Any]

MAX_CELLS = 128  # of more blocks, each cell is the one with the largest scale of several
AXES = {"xref": "x3", "yref": "y3"}
DOMAIN = [0.92, 1.0]  # of the strip, as a share of the figure's height


def strip(result: Result) -> tuple[list[Json], list[Json], Json]:
    """Traces, shapes and axes of the strip."""
    scales = np.abs(result.scale.reshape(-1).astype(np.float64))
    followed = followed_block(result)
    starts = np.arange(min(scales.size, MAX_CELLS) + 1) * scales.size // min(scales.size, MAX_CELLS)
    cells = np.array([a + int(scales[a:b].argmax()) for a, b in pairwise(starts.tolist())])
    mine = int(np.searchsorted(starts, followed, "right")) - 1
    cells[mine] = followed
    highest = scales.max(where=np.isfinite(scales), initial=0.0) or 1.0
    heights = np.where(np.isfinite(scales[cells]), scales[cells], highest) / highest  # overflowed: as high as the strip
    gap = 0.1 * np.diff(starts)
    left, right = starts[:-1] + gap, starts[1:] - gap
    tops = np.maximum(heights, 0.06)
    others = np.arange(cells.size) != mine
    shapes = [
        figure.columns(left[others], right[others], 0, tops[others], NEUTRAL, "blocks", opacity=0.55, **AXES),
        figure.columns(left[[mine]], right[[mine]], 0, tops[[mine]], CODE, "followed block", **AXES),
    ]
    elements = first_elements(result, cells)
    exists = elements >= 0
    noun = block_noun(result)
    texts = [
        f"{noun} {display.count(cell)}, scale {display.prose(display.short(scales[cell], 4))}"
        for cell in cells.tolist()
    ]
    trace = figure.unseen(
        ((left + right) / 2)[exists],
        [0.5] * int(exists.sum()),
        f"every {noun}",
        text=[text for text, there in zip(texts, exists.tolist(), strict=True) if there],
        customdata=elements[exists].tolist(),
        xaxis="x3",
        yaxis="y3",
        **figure.hover("%{text}", "click to follow its first number"),
    )
    hidden = {"visible": False, "fixedrange": True}
    axes = {
        "xaxis3": figure.axis("", 0, float(scales.size), anchor="y3", **hidden),
        "yaxis3": {**hidden, "range": [0, 1], "domain": DOMAIN, "anchor": "x3"},
    }
    return [trace], shapes, axes
