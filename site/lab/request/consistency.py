"""Fields that are right by themselves but not together: an error at the field that can settle it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.parameters.ranges import explicit_ends
from quantcore.toolkits.choosing import ZeroPoint

from ..notation import display
from .fields import PROFILES, Profile
from .reader import Reader

Float64 = NDArray[np.float64]


def check_profile(reader: Reader, granularity: str | None, precision: str | None, bits: int) -> None:
    """Refuse what the profile's arithmetic has no place for."""
    profile = PROFILES[reader.profile_name]
    if reader.profile_name == "notebook" and granularity in ("axis", "block"):
        reader.error(
            "granularity",
            f"granularity is {granularity}; the notebook has one scale for the tensor. Choose another toolkit.",
        )
    if reader.profile_name == "notebook" and precision in ("float16", "bfloat16"):
        reader.error(
            "precision",
            f"precision is {precision}; the notebook keeps its codes in floating point, and {precision} does not hold "
            "all of them. Choose float32, or another toolkit.",
        )
    if precision == "bfloat16":
        _check_bfloat16(reader, profile, bits)
    only = qc.ARITHMETICS[profile.arithmetic].dtype
    if only is not None and precision not in (None, np.dtype(only).name):
        name = np.dtype(only).name
        reader.error(
            "precision",
            f"precision is {precision}; {profile.label} computes in {name}. Choose {name}, or another toolkit.",
        )


def _check_bfloat16(reader: Reader, profile: Profile, bits: int) -> None:
    """Refuse bfloat16 where the library would compute the scale, or its codes, otherwise than is done here."""
    why = ""
    if qc.ARITHMETICS[profile.arithmetic].name == "torch_pt2e_per_token":
        why = f"{profile.label} then chooses the scale in bfloat16 and keeps it in float64, which is not done here"
    elif profile.toolkit == "coremltools":
        why = f"{profile.label} computes with NumPy, which has no bfloat16"
    elif bits > 8 and profile.toolkit != "onnx":
        why = f"{profile.label} then keeps codes in it too, and it does not hold all of {bits} bits"
    if why:
        reader.error("precision", f"precision is bfloat16; {why}. Choose float32, or another toolkit.")


def check_scheme(reader: Reader, scheme: str | None, is_given: bool) -> None:
    """Refuse an affine scheme where the toolkit has none."""
    profile = PROFILES[reader.profile_name]
    if scheme == "affine" and profile.is_symmetric and not is_given:
        reader.error(
            "scheme", f"scheme is affine; {profile.label} has no zero point. Choose symmetric, or another toolkit."
        )


def check_non_finite(reader: Reader, granularity: str | None, calibration: str | None, n_ends: int) -> None:
    """Refuse NaN and infinity where the profile's library is not known to have codes for them, or no scale is given.

    Args:
        reader: gives the profile, and keeps the errors.
        granularity: which numbers share a scale, as chosen.
        calibration: where the scale is from, as chosen.
        n_ends: how many ends of an explicit range are given.
    """
    profile = PROFILES[reader.profile_name]
    if granularity != "tensor":
        reader.error(
            "granularity",
            "the values hold NaN or infinity, which are shown for one scale alone. Choose one scale for the tensor.",
        )
    if calibration != "given" and (calibration != "manual" or n_ends < 2):
        reader.error(
            "calibration",
            "the values hold NaN or infinity, so their smallest or largest is no number, and the scale would be none. "
            "Give the scale and the zero point, or both ends of a range.",
        )
    is_own = qc.TOOLKITS[profile.toolkit].library == qc.ARITHMETICS[profile.arithmetic].library
    if profile.arithmetic not in qc.NON_FINITE_CODES or not is_own:
        known = [one.label for one in PROFILES.values() if one.arithmetic in qc.NON_FINITE_CODES]
        reader.error(
            "non_finite",
            f"what {profile.label} makes of NaN and infinity differs between machines, or was not observed. "
            f"Remove them, or choose another toolkit: {', '.join(known)}.",
        )


def has_real_zero_points(profile: str) -> bool:
    """Whether the profile's zero points need not be whole numbers."""
    chosen = PROFILES[profile]
    return chosen.toolkit == "notebook" or qc.TOOLKITS[chosen.toolkit].zero_point is ZeroPoint.FLOAT


def check_range(
    reader: Reader, range_min: float | None, range_max: float | None, data: Float64 | None, precision: qc.Precision
) -> None:
    """Refuse a range that does not rise."""
    for name, end in (("range_min", range_min), ("range_max", range_max)):
        if end is not None and not _holds(precision, np.float64(end)).all():
            reader.error(name, f"{name} is {end!r}; it must be a number that {precision} holds. Use a smaller one.")
    if data is None or any(error.field in ("range_min", "range_max") for error in reader.errors):
        return
    low, high = explicit_ends(data, (range_min, range_max))
    if low < high:
        return
    if range_max is None:
        reader.error(
            "range_min",
            f"range_min is {low!r}; it must be below the largest value, {high!r}. Lower it or give range_max.",
        )
    else:
        side = "the smallest value" if range_min is None else "range_min"
        reader.error("range_max", f"range_max is {high!r}; it must be above {side}, {low!r}. Raise it or swap the two.")


def check_precision(reader: Reader, field: str, numbers: Float64 | None, precision: qc.Precision) -> None:
    """Refuse numbers that the precision does not hold."""
    if numbers is None:
        return
    beyond = ~_holds(precision, numbers.reshape(-1))
    if beyond.any():
        entry, found = _first(numbers, beyond)
        reader.error(
            field,
            f"{field} holds {found} as entry {entry}, which is beyond {precision} "
            f"(up to about {precision.largest:.3g}). Choose precision float64, or a smaller number.",
        )


def _holds(precision: qc.Precision, numbers: Any) -> NDArray[np.bool_]:
    """Which numbers are finite in a precision, once they are rounded to it: -3.4028235e+38 is float32's lowest."""
    is_finite: NDArray[np.bool_] = np.isfinite(precision.keep(numbers))
    return is_finite


def check_parameters(
    reader: Reader,
    codes: Float64 | None,
    scale: Float64 | None,
    zero_point: Float64 | None,
    fmt: qc.Format | None,
    has_offset: bool,
) -> None:
    """Refuse scales that are none, and codes and zero points that the format does not have.

    The notebook's formulas know no format: what they are given, they compute. With an offset, which an affine range
    without 0 has in place of a zero point, that may lie outside the codes.
    """
    if scale is not None and (scale <= 0).any():
        entry, found = _first(scale, scale.reshape(-1) <= 0)
        reader.error("scale", f"scale holds {found} as entry {entry}; a scale must be finite and above 0.")
    if fmt is None or reader.profile_name == "notebook":
        return
    for field, numbers in (("codes", codes), ("zero_point", zero_point)):
        if numbers is None or (field == "zero_point" and (has_offset or has_real_zero_points(reader.profile_name))):
            continue
        lowest, highest = (fmt.qmin, fmt.qmax) if isinstance(fmt, qc.IntFormat) else (0, (1 << fmt.bits) - 1)
        outside = (numbers.reshape(-1) < lowest) | (numbers.reshape(-1) > highest)
        if outside.any():
            entry, found = _first(numbers, outside)
            allowed = f"{display.shortest(lowest)} to {display.shortest(highest)}"
            name = repr(fmt) if isinstance(fmt, qc.IntFormat) else fmt.label
            reader.error(
                field,
                f"{field} holds {found.removesuffix('.0')} as entry {entry}; the codes of {name} are {allowed}. "
                "Change it, or the format.",
            )


def _first(numbers: Float64, wrong: NDArray[np.bool_]) -> tuple[int, str]:
    """Where the first wrong number stands, counted from 1, and the number itself."""
    index = int(np.flatnonzero(wrong)[0])
    return index + 1, display.ascii_shortest(float(numbers.reshape(-1)[index]))
