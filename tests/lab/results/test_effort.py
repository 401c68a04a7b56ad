"""How long a search for ranges will take, and how far it is, is told; of a brief one nothing is."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from lab.answer import computed
from lab.request.settings import read
from lab.results.effort import progress_of, search_seconds

import quantcore as qc

BLOCKS = {"profile": "onnx", "source": "normal", "shape": "32768", "granularity": "block", "block_size": "8"}
LONG = {**BLOCKS, "calibration": "mse"}


def test_a_long_search_is_told_before_it_begins() -> None:
    """First how many ranges there are and about how long they take; then shares that rise to all of them."""
    told: list[tuple[int, float, float]] = []
    result = computed(LONG, lambda *progress: told.append(progress))
    assert not isinstance(result, list)
    n_ranges, share, seconds = told[0]
    assert (n_ranges, share) == (4096, 0.0)
    assert seconds == search_seconds("mse", 4096, 8)
    shares = [share for _, share, _ in told[1:]]
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert told[-1] == (4096, 1.0, 0.0)


def test_brief_work_is_not_told() -> None:
    """What ends within a second, or searches nothing, says nothing."""
    told: list[tuple[int, float, float]] = []
    for request in ({**LONG, "shape": "64"}, {**LONG, "calibration": "minmax"}, {}):
        assert not isinstance(computed(request, lambda *progress: told.append(progress)), list)
    assert told == []


def test_the_time_left_follows_from_the_time_taken() -> None:
    """A quarter took 2 seconds, so the rest takes 6: the estimate made before is then forgotten."""
    told: list[tuple[int, float, float]] = []
    times = iter([100.0, 102.0])
    progress = progress_of(read(LONG), lambda *seen: told.append(seen), lambda: next(times))
    assert progress is not None
    progress(0.25)
    assert told[-1] == (4096, 0.25, 6.0)


def test_the_estimate_orders_work_as_its_time_does() -> None:
    """Work that is estimated to take ten times as long takes longer, of two turns the quicker one."""
    estimated, measured = [], []
    for calibration in ("percentile", "mse", "entropy"):
        for n_ranges, length in ((512, 8), (16, 1024), (1, 100_000)):
            x = np.random.default_rng(1).normal(size=(n_ranges, length)).astype(np.float32)
            search = partial(qc.choose_ranges, x, qc.INT8, granularity=qc.PerAxis(0), calibration=calibration)
            measured.append(min(seconds_of(search), seconds_of(search)))
            estimated.append(search_seconds(calibration, n_ranges, length))
    pairs = [(i, j) for i in range(len(measured)) for j in range(len(measured)) if estimated[i] > 10 * estimated[j]]
    assert len(pairs) > 10
    assert all(measured[i] > measured[j] for i, j in pairs)


def seconds_of(work: Callable[[], object]) -> float:
    """What the processor spends on some work."""
    began = time.process_time()
    work()
    return time.process_time() - began
