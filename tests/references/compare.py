"""Compare quantcore with every library that is installed, on fresh random cases biased to ties and extremes.

    pip install --group build --group bench --group references
    python tests/references/compare.py --seconds 120 --out found

For every call it prints how many cases there were and how many were equal, bit for bit. The smallest case of each call
that was not is written as a recording: an array file, and beside it entries as those of tests/vectors/manifest.json.
It is no test: pytest does not collect it and the build does not install its libraries.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from libraries import CALLS, Answers, Call, Case

import quantcore as qc


@dataclass(slots=True)
class Tally:
    """What became of the cases of one call."""

    cases: int = 0
    equal: int = 0
    refused: int = 0
    smallest: tuple[Case, Answers, Answers] | None = field(default=None)


def random_case(rng: np.random.Generator) -> Case:
    """Values of one magnitude, among them ties of a scale, zeros and lone extremes; parameters that may suit them."""
    n = int(rng.integers(2, 9))
    magnitude = 10.0 ** (rng.uniform(-3, 3) if rng.random() < 0.7 else rng.uniform(-30, 30))
    scale = np.float32(magnitude / rng.choice([1, 16, 100, 127, 127.5]))
    x = rng.normal(size=(2, n)) * magnitude
    is_tie = rng.random(x.shape) < 0.5
    x = np.where(is_tie, np.float64(scale) * (rng.integers(-140, 140, x.shape) + 0.5), x)
    x = np.where(rng.random(x.shape) < 0.1, 0.0, x)
    x = np.where(rng.random(x.shape) < 0.03, x * 1e4, x).astype(np.float32)
    if rng.random() < 0.1:
        x = np.abs(x) * np.float32(rng.choice([-1, 1]))
    return Case(x, scale, int(rng.integers(-128, 128)))


def compare(case: Case, theirs: Callable[[Case], Answers], ours: Callable[[Case], Answers], tally: Tally) -> None:
    """Add one case to the tally."""
    expected = theirs(case)
    try:
        found = ours(case)
    except qc.QuantError:
        tally.refused += 1
        return
    tally.cases += 1
    if all(np.array_equal(np.ravel(found[name]), np.ravel(value)) for name, value in expected.items()):
        tally.equal += 1
    elif tally.smallest is None or case.x.size < tally.smallest[0].x.size:
        tally.smallest = case, expected, found


def record(tallies: dict[str, Tally], out: Path) -> None:
    """Write the smallest case of each call that was not equal, as the recordings of tests/vectors are written."""
    arrays: dict[str, Any] = {}
    entries = []
    for call, tally in tallies.items():
        if tally.smallest is None:
            continue
        case, expected, _ = tally.smallest
        entry: dict[str, Any] = {"id": f"fresh/{call}", "call": call, "inputs": {}, "outputs": {}}
        for part, values in (("inputs", case.arrays()), ("outputs", expected)):
            for name, value in values.items():
                key = f"a{len(arrays)}"
                arrays[key] = np.asarray(value)
                entry[part][name] = f"{out.name}.npz#{key}"
        entry["compare"] = dict.fromkeys(expected, "exact")
        entries.append(entry)
    np.savez_compressed(out.with_suffix(".npz"), **arrays)
    out.with_suffix(".json").write_text(json.dumps(entries, indent=1) + "\n", "utf-8")


def installed(case: Case) -> tuple[dict[str, Call], dict[str, str]]:
    """The calls whose libraries can be imported, and why the others cannot."""
    calls, missing = {}, {}
    for name, call in CALLS.items():
        try:
            call.theirs(case)
        except ImportError as error:
            missing[name] = str(error)
        else:
            calls[name] = call
    return calls, missing


def main() -> None:
    """Compare until the time is over, then tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", type=Path, default=Path("found"), help="where mismatches go, without a suffix")
    arguments = parser.parse_args()
    seed = time.time_ns() % 2**32 if arguments.seed is None else arguments.seed
    print("seed", seed)
    rng = np.random.default_rng(seed)
    warnings.simplefilter("ignore")  # the libraries' own
    calls, missing = installed(random_case(rng))
    tallies = {name: Tally() for name in calls}
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        case = random_case(rng)
        for name, call in calls.items():
            compare(case, call.theirs, call.ours, tallies[name])
    print(f"{'call':58}{'cases':>8}{'equal':>8}{'refused':>8}")
    for name, tally in tallies.items():
        print(f"{name:58}{tally.cases:8}{tally.equal:8}{tally.refused:8}")
        if tally.smallest is not None:
            print("  ", *tally.smallest, sep="\n   ")
    for name, why in missing.items():
        print(f"{name:58} not compared: {why}")
    if any(tally.smallest for tally in tallies.values()):
        record(tallies, arguments.out)


if __name__ == "__main__":
    main()
