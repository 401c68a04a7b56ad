"""What it costs to search a range, as multiples of taking the smallest and the largest value.

python -m tests.bench.searches [--turns N]
"""

import argparse
from collections.abc import Sequence
from functools import partial

import numpy as np

import quantcore as qc
from tests.bench.core import compare

SHAPE = (8, 128)
CALIBRATIONS = ("minmax", "percentile", "mse", "entropy")
LAYOUTS: dict[str, qc.Granularity] = {
    "per tensor": qc.PerTensor(),
    "per row": qc.PerAxis(0),
    "blocks of 32": qc.PerBlock(32),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Prints a table for each granularity."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="turns of each rival")
    options = parser.parse_args(argv)
    x = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    for name, layout in LAYOUTS.items():
        choose = partial(qc.choose_qparams, x, qc.INT8, granularity=layout)
        runs = {calibration: (partial(choose, calibration=calibration), x.size) for calibration in CALIBRATIONS}
        compare(f"{x.size:,} calibrated {name}, in times of minmax", runs, CALIBRATIONS[0], options.turns)


if __name__ == "__main__":
    main()
