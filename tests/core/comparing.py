"""The comparisons that recorded cases ask for in words (`compare` in the manifest), as assertions.

An adapter computes an answer and calls `check(case, name, actual, expected)` for each output. A phrase that is not
known here raises, so that no case can pass unseen.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_RTOL = re.compile(r"rtol=([0-9.e+-]+)(?: given the same histogram| \(.*\)(?:; compare MSE)?)?")
_EXACT = {
    "exact",
    "exact bytes",
    "exact value",
    "exact value (sign of zero ignored)",
    "exact value, NaN==NaN",
}


def phrase(case: dict[str, Any], name: str) -> str:
    """How `case` wants its output `name` compared; where it does not say, exactly."""
    return str((case.get("compare") or {}).get(name, "exact"))


def check(
    case: dict[str, Any],
    name: str,
    actual: Any,
    expected: Any,
    *,
    on_tie: Array | None = None,
    nan: Array | None = None,
) -> None:
    """Assert that `actual` is the recorded output `name` of `case`, in the comparison the case states.

    Args:
        case: an entry of the manifest.
        name: the output's name.
        actual: what quantcore answered.
        expected: what was recorded.
        on_tie: for "max 1 LSB, exact where not on a tie": where the exact quotient is halfway between two codes.
        nan: for "exact except NaN payload/sign": for each code, whether it is a NaN of the format.
    """
    how, what = phrase(case, name), f"{case['id']}: {name}"
    got, want = np.asarray(actual), np.asarray(expected)
    assert got.size == want.size, f"{what}: {got.size} values, recorded {want.size}"
    got = got.reshape(want.shape)
    if how in _EXACT:
        same = _equal(got, want)
    elif how == "bitexact_f32":
        same = _equal(got.astype(np.float32), want.astype(np.float32))
    elif how == "bitexact_or_1e-6":
        same = _equal(got, want) | _close(got, want, 1e-6)
    elif match := _RTOL.fullmatch(how):
        same = _close(got, want, float(match[1]))
    elif how == "max 1 LSB, exact where not on a tie":
        assert on_tie is not None, f"{what}: {how!r} needs to know the ties"
        difference = np.abs(got.astype(np.int64) - want.astype(np.int64))
        same = difference <= np.broadcast_to(on_tie, want.shape)
    elif how == "exact except NaN payload/sign":
        assert nan is not None, f"{what}: {how!r} needs to know the NaN codes"
        same = (got == want) | (nan[got.astype(np.intp)] & nan[want.astype(np.intp)])
    else:
        raise NotImplementedError(f"{what}: unknown comparison {how!r}")
    if not np.all(same):
        at = tuple(int(i) for i in np.argwhere(~same)[0])
        n = int(np.count_nonzero(~same))
        raise AssertionError(f"{what} ({how}): {n} of {want.size} differ; at {at} {got[at]!r}, recorded {want[at]!r}")


def _equal(got: Array, want: Array) -> npt.NDArray[np.bool_]:
    """Equal values; NaN equals NaN, and -0 equals 0."""
    return np.asarray((got == want) | ((got != got) & (want != want)))


def _close(got: Array, want: Array, rtol: float) -> npt.NDArray[np.bool_]:
    """Within `rtol` of the recorded value; infinities and NaN must be the same."""
    a, b = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(invalid="ignore"):  # inf - inf; settled by the next line
        near = (np.abs(a - b) <= rtol * np.abs(b)) & np.isfinite(a) & np.isfinite(b)
    return np.asarray(near | _equal(got, want))
