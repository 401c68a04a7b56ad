"""Compare quantcore with every library that is installed, on fresh random cases biased to ties and extremes.

    pip install --group references
    python tests/references/compare.py --seconds 120 --out found

For every call it prints how many cases there were and how many were equal, bit for bit. The smallest case of each call
that was not is written as a recording: an array file, and beside it entries as those of tests/vectors/manifest.json
(with the names of the case's own arrays: an adapter may want others). Libraries that are not installed are left out.
It is no test: pytest does not collect it and the build does not install its libraries.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from calls import CALLS
from libraries import Answers, Call, Case

import quantcore as qc


@dataclass(slots=True)
class Tally:
    """What became of the cases of one call.

    Attributes:
        cases: That both answered.
        equal: Of these, bit for bit.
        refused: Those for which we raise QuantError.
        kinds: How often the answers of these names differed.
        smallest: For each kind the smallest case, the library's answers and ours.
        failures: What the library raised, and how often.
    """

    cases: int = 0
    equal: int = 0
    refused: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, tuple[Case, Answers, Answers]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)


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


def compare(case: Case, call: Call, tally: Tally) -> None:
    """Add one case to the tally."""
    try:
        expected = call.theirs(case)
    except Exception as error:  # noqa: BLE001 - a library that fails has no answer; what it said is counted and shown
        tally.failures[type(error).__name__ + ": " + str(error).partition("\n")[0][:70]] += 1
        return
    try:
        found = call.ours(case)
    except qc.QuantError:
        tally.refused += 1
        return
    tally.cases += 1
    differing = [
        name
        for name, value in expected.items()
        if not np.array_equal(np.ravel(found[name]), np.ravel(value), equal_nan=np.asarray(value).dtype.kind == "f")
    ]
    if not differing:
        tally.equal += 1
        return
    kind = ", ".join(differing)
    tally.kinds[kind] += 1
    if kind not in tally.smallest or case.x.size < tally.smallest[kind][0].x.size:
        tally.smallest[kind] = case, expected, {name: found[name] for name in expected}


def record(tallies: dict[str, Tally], out: Path) -> None:
    """Write the smallest case of each kind that was not equal, as the recordings of tests/vectors are written."""
    arrays: dict[str, Any] = {}
    entries = []
    for name, tally in tallies.items():
        call = CALLS[name]
        for kind, (case, expected, _) in tally.smallest.items():
            entry: dict[str, Any] = {
                "id": f"fresh/{name}/{kind}",
                "family": call.family,
                "status": "normative",
                "library": call.library,
                "version": version(call.library),
                "call": name,
                "rule": "",
                "params": {"scale": float(case.scale), "zero_point": case.zero_point},
                "inputs": {},
                "outputs": {},
            }
            for part, values in (("inputs", case.arrays()), ("outputs", expected)):
                for value_name, value in values.items():
                    key = f"a{len(arrays)}"
                    arrays[key] = np.asarray(value)
                    entry[part][value_name] = f"{out.name}.npz#{key}"
            entry |= {"compare": dict.fromkeys(expected, "exact"), "note": ""}
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
            continue
        except Exception:  # noqa: BLE001 - it is there; what it raises is told with the cases
            pass
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
        is_twentieth = rng.random() < 0.05
        for name, call in calls.items():
            if is_twentieth or not call.seldom:
                compare(case, call, tallies[name])
    print(f"{'call':52}{'cases':>8}{'equal':>8}{'refused':>8}{'failed':>8}")
    for name, tally in tallies.items():
        counts = (tally.cases, tally.equal, tally.refused, tally.failures.total())
        print(f"{name:52}" + "".join(f"{count:8}" for count in counts))
        for kind, n in tally.kinds.items():
            print(f"   {n} times other: {kind}; the smallest case, the library's answers, ours:")
            print(*tally.smallest[kind], sep="\n      ")
        for failure, n in tally.failures.items():
            print(f"   {n} times the library raised {failure}")
    total = [sum(getattr(tally, name) for tally in tallies.values()) for name in ("cases", "equal")]
    print(f"{'all':52}{total[0]:8}{total[1]:8}")
    for name, why in missing.items():
        print(f"{name:58} not compared: {why}")
    if any(tally.smallest for tally in tallies.values()):
        record(tallies, arguments.out)


if __name__ == "__main__":
    main()
