"""The statistics of all numbers of a tensor, in one pass over it."""

import math
from collections.abc import Mapping

import numpy as np

from ..answer_types import Figure
from ..data.files.contents import Floats
from ..data.store import STORE
from ..drawing.figure import VALUE, axis, bars, figure, layout
from ..notation.display import count, percent
from ..notation.nodes import node
from .facts import chart, decimal, listing, sentence_of, title
from .work import Reply, Stopped, Work, parts_of

HALF = 128
"""Bins on either side of 0."""
NO_WIDTH = -1074
"""The exponent of the narrowest bins, which are as wide as the least float64 above 0."""
PIECE = 1 << 16
"""Numbers that are counted at a time: what is made of them on the way stays in the processor's cache."""


class Tally:
    """What is known of numbers that come part by part.

    Mean and variance are merged as Chan, Golub and LeVeque do (Updating formulae and a pairwise algorithm for computing
    sample variances, 1979). The bins have one width, a power of two; where a number lies beyond them, two become one,
    so every count stays exact however far the numbers reach.
    """

    def __init__(self) -> None:
        self.n = self.n_zero = self.n_not_finite = 0
        self.mean = self.squares = 0.0
        self.low, self.high = math.inf, -math.inf
        self.exponent = NO_WIDTH
        self.counts = np.zeros(2 * HALF, np.int64)

    def add(self, values: Floats) -> None:
        """Takes some numbers more."""
        flat = values.reshape(-1)
        for start in range(0, flat.size, PIECE):
            self._add(flat[start : start + PIECE].astype(np.float64))

    def _add(self, x: Floats) -> None:
        finite = x[np.isfinite(x)]
        self.n_not_finite += x.size - finite.size
        if not finite.size:
            return
        with np.errstate(over="ignore"):  # float64 has no squares beyond 1e308: the deviation is told as infinite
            mean = float(finite.mean())
            squares = float(np.square(finite - mean).sum())
        n = self.n + finite.size
        apart = mean - self.mean
        self.squares += squares + apart * apart * (self.n * finite.size / n)
        self.mean += apart * (finite.size / n)
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        self._count(finite)
        self.n, self.n_zero = n, self.n_zero + int(np.count_nonzero(finite == 0))

    def widen(self, exponent: int) -> None:
        """Makes the bins at least 2**exponent wide."""
        while self.exponent < exponent:
            pairs = self.counts.reshape(HALF, 2).sum(axis=1)
            self.counts[:] = 0
            self.counts[HALF // 2 : HALF // 2 + HALF] = pairs
            self.exponent += 1

    def _count(self, finite: Floats) -> None:
        wanted = max(
            NO_WIDTH, math.frexp(max(-self.low, self.high) / HALF)[1]
        )  # so that all are below HALF * 2**wanted
        if self.n == self.n_zero:
            self.exponent = wanted  # zeros are in the same bin whatever its width
        self.widen(wanted)
        places = np.floor(np.ldexp(finite, -self.exponent)).astype(np.int64)
        places[(finite < 0) & (places == 0)] = -1  # where what is left of it beside the width is 0
        self.counts += np.bincount(places + HALF, minlength=2 * HALF)

    @property
    def deviation(self) -> float:
        """The standard deviation of all numbers."""
        return math.sqrt(self.squares / self.n) if self.n else math.nan

    @property
    def rms(self) -> float:
        """The root of their mean square."""
        return math.hypot(self.mean, self.deviation)


def of_tensor(question: Mapping[str, str]) -> Work:
    """Least, greatest, mean, standard deviation, zeros and a histogram of all numbers of a tensor."""
    _, entry, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    tally, share = Tally(), 0.0
    try:
        for share, part in parts_of(entry):
            tally.add(part)
            yield share
    except Stopped:
        if not tally.n:
            raise
    told = sentence_of(tensor)
    if share < 1:
        told += f" Stopped after {percent(share)} of it; the figures are of that part."
    data = {"n": tally.n, "min": tally.low, "max": tally.high, "mean": tally.mean, "std": tally.deviation}
    data |= {"rms": tally.rms, "zeros": tally.n_zero, "not_finite": tally.n_not_finite, "share": share}
    rows = [
        ("Least", decimal(tally.low)),
        ("Greatest", decimal(tally.high)),
        ("Mean", decimal(tally.mean)),
        ("Standard deviation", decimal(tally.deviation)),
        ("Zeros", f"{count(tally.n_zero)} ({percent(tally.n_zero / tally.n)})" if tally.n else "none"),
    ]
    if tally.n_not_finite:
        rows.append(("NaN or infinite", count(tally.n_not_finite)))
    nodes = [title(tensor.name), node("p", None, told), listing("Of all values", rows)]
    return Reply([*nodes, chart("Histogram of all values")], _histogram(tally), data=data)


def _histogram(tally: Tally) -> Figure:
    used = np.flatnonzero(tally.counts)
    if not used.size:
        return figure([], layout("Value", "Values"))
    first, last = int(used[0]), int(used[-1]) + 1
    width = math.ldexp(1.0, tally.exponent)
    centres = (np.arange(first, last) - HALF + 0.5) * width
    trace = bars(centres, tally.counts[first:last], np.full(last - first, width), VALUE, "values")
    return figure([trace], layout("Value", "Values", yaxis=axis("Values", type="log", dtick=1), showlegend=False))
