"""What is worth knowing about a result before it is believed."""

import numpy as np

import quantcore as qc
from quantcore.parameters.choose import are_degenerate

from ..answer_types import Notice, Offer
from ..notation import display
from ..parsing.places import TOKEN
from ..parsing.reading import WORDS
from ..request.fields import FIELDS, default_of
from ..results.result import Result
from .format_notices import FORMAT_CHECKS
from .notice import info, warning

MAX_LISTED = 10_000
FEW = 6
LONG = 100_000  # characters: nobody typed them
GIVEN = {"calibration": "given"}


def notices(result: Result) -> list[Notice]:
    """Every remark, warnings first."""
    found = [_for_reading(remark) for check in CHECKS for remark in check(result)]
    return sorted(found, key=lambda remark: remark["level"] != "warning")


def _for_reading(remark: Notice) -> Notice:
    message, digits = display.sentence(remark["message"])
    found: Notice = {**remark, "message": message}
    return {**found, "digits": digits} if digits else found


def _codes(fmt: qc.IntFormat) -> str:
    return f"{display.shortest(fmt.qmin)} to {display.shortest(fmt.qmax)}"


def _codes_outside(result: Result) -> list[Notice]:
    if result.is_clipping or not result.n_clipped or not result.settings.are_integers:
        return []
    fmt = result.settings.integers
    which = "1 code lies" if result.n_clipped == 1 else f"{display.count(result.n_clipped)} codes lie"
    return [
        warning(
            f"{which} outside {_codes(fmt)}. The notebook neither clips nor casts; stored in {fmt.bits} bits, such a "
            "code would wrap around to a wrong one."
        )
    ]


def _clipped(result: Result) -> list[Notice]:
    if not result.is_clipping or not result.n_clipped:
        return []
    which = "1 value is" if result.n_clipped == 1 else f"{display.count(result.n_clipped)} values are"
    return [
        info(
            f"{which} clipped ({display.told_percent(result.n_clipped / result.size)}), "
            f"because {'it is' if result.n_clipped == 1 else 'they are'} beyond the range that the codes cover."
        )
    ]


def _zero(result: Result) -> list[Notice]:
    if not result.settings.are_integers:
        return []
    fmt, z = result.settings.integers, result.zero_point
    outside = (z < fmt.qmin) | (z > fmt.qmax)
    if result.settings.has_given_params or not outside.any() or (z != np.rint(z)).any():
        return []
    whose = f"The zero point {display.shortest(int(z.reshape(-1)[0]))}" if z.size == 1 else "A zero point"
    advice = "" if result.settings.include_zero else " Put zero in the range to change that."
    return [
        warning(
            f"{whose} is not one of the codes {_codes(fmt)}, because 0 is outside the range of the values: a real 0 "
            f"(padding, ReLU) cannot be represented, and integer kernels cannot use this zero point.{advice}"
        )
    ]


def _constant(result: Result) -> list[Notice]:
    if result.settings.has_given_params or not result.settings.are_integers or result.settings.calibration == "manual":
        return []
    low, high = result.x.min(), result.x.max()
    if low != high:
        return []
    if low == 0:
        return [info("All values are 0, so there is no range to divide.")]
    if result.settings.is_notebook and result.settings.scheme == "affine" and not result.settings.include_zero:
        return [
            warning(
                f"All values are {display.told(low, 6)}: the range is 0 and counts as 1 in the notebook, "
                "whatever the size of the value."
            )
        ]
    return [info(f"All values are {display.told(low, 6)}; the range reaches from there to 0.")]


def _subnormal(result: Result) -> list[Notice]:
    if result.stored is not None:
        return []
    tiny = np.finfo(result.scale.dtype).tiny
    if not (result.scale < tiny).any():
        return []
    return [
        warning(
            f"The scale is subnormal in {result.kept} (below {display.told(float(tiny), 3)}): it has fewer "
            "digits than usual, and the error may exceed half a step. Some hardware counts it as 0."
        )
    ]


def _replaced_scale(result: Result) -> list[Notice]:
    """Scales that the toolkit chose instead of ones that would be 0, or too small for it, though there are values."""
    settings, ranges = result.settings, result.ranges
    if ranges is None or settings.has_given_params or not settings.are_integers:
        return []
    low, high = (result.kept.keep(end) for end in (ranges.low, ranges.high))
    rules = (settings.scheme, settings.include_zero, settings.profile.toolkit, settings.reduce_range, result.kept)
    is_replaced = are_degenerate(low, high, settings.integers, *rules) & (np.maximum(-ranges.low, ranges.high) > 0)
    n = int(np.count_nonzero(is_replaced & (ranges.low < ranges.high)))
    if not n:
        return []
    instead = display.told(result.scale.reshape(-1)[int(is_replaced.reshape(-1).argmax())], 4)
    which = (
        "The scale" if result.scale.size == 1 else f"{display.count(n)} of {display.plural(result.scale.size, 'scale')}"
    )
    return [
        warning(
            f"{which} would be 0 in {result.kept}, or less than {settings.profile.label} allows; "
            f"{instead} is taken instead. Choose another precision, or larger values."
        )
    ]


def _rounded_input(result: Result) -> list[Notice]:
    data = result.settings.data
    if result.settings.is_dequantize or result.x.dtype == data.dtype:
        return []
    became_zero = np.count_nonzero((result.x == 0) & (data != 0))
    if not became_zero:
        return []
    which = "1 value is" if became_zero == 1 else f"{display.count(int(became_zero))} values are"
    return [
        warning(
            f"{which} too small for {result.settings.precision} and became 0. Choose precision float64 to keep them."
        )
    ]


def _off_profile(result: Result) -> list[Notice]:
    """Settings by which the codes are no longer those of the library that the profile is named after."""
    settings = result.settings
    if settings.profile_name == "custom" or not settings.are_integers:
        return []
    names = ["precision"] if settings.is_dequantize else ["include_zero", "rounding", "precision"]
    if settings.has_given_params and not settings.is_dequantize:
        names.remove("include_zero")
    changed = [name for name in names if settings.texts[name] != default_of(name, settings.profile_name)]
    if settings.scheme == "symmetric" and "include_zero" in changed:
        changed.remove("include_zero")
    if qc.TOOLKITS[settings.profile.toolkit].in_scale_dtype and settings.precision.name != "float64":
        changed = [name for name in changed if name != "precision"]  # it computes in whatever the tensor has
    if not changed:
        return []
    told = " and ".join(f"{FIELDS[name].label.lower()} is changed" for name in changed)
    return [info(f"{told[0].upper()}{told[1:]}, so this is no longer exactly what {settings.profile.label} computes.")]


def _lines(result: Result) -> list[Notice]:
    """Rows that were meant as rows: lines do not make a matrix, brackets do."""
    text = result.settings.texts["values"]
    if result.settings.is_dequantize or result.x.ndim > 1 or len(text) > LONG or set("[(") & set(text):
        return []
    lines = [line for line in text.splitlines() if line.strip()]
    across, rest = divmod(result.size, len(lines)) if lines else (0, 0)
    if len(lines) < 2 or across < 2 or rest or any(len(TOKEN.findall(line)) != across for line in lines):
        return []
    return [
        info(
            f"The numbers stand in {len(lines)} lines of {across}, but make one list. "
            "For a matrix, put each line in brackets, as in [1, 2], [3, 4]."
        )
    ]


def _cut(result: Result) -> list[Notice]:
    if result.size <= MAX_LISTED:
        return []
    return [
        info(
            f"All {display.count(result.size)} numbers are computed. The answer lists the first "
            f"{display.count(MAX_LISTED)}; the charts show a selection that keeps the extremes."
        )
    ]


def _read_otherwise(result: Result) -> list[Notice]:
    """How commas were read, where they could mean something else, with each of the other readings a click away."""
    reading = result.settings.reading
    if reading is None or not reading.others:
        return []
    offers: list[Offer] = [
        {"label": f"Read them as {WORDS[other]}", "fields": {"commas": other.value}} for other in reading.others
    ]
    message = f"The commas could mean two things. Understood: {reading.in_words}."
    return [{"level": "info", "message": message, "offers": offers}]


def _of_the_data(result: Result) -> list[Notice]:
    """Where the data come from, as far as it is not plain."""
    return [info(remark) for remark in result.settings.remarks]


def _not_finite(result: Result) -> list[Notice]:
    """What the library makes of NaN and infinity, and where that is from; nothing else here is about them."""
    every = result.settings.every
    if every is None:
        return []
    flat = every.reshape(-1)
    places = np.flatnonzero(~np.isfinite(flat))
    scale, factor, zero_point = result.scale_of(0)
    fmt, kept = result.settings.integers, result.kept
    params = qc.QuantParams(scale, zero_point, fmt, scale_factor=factor, precision=kept)
    codes = qc.quantize_non_finite(flat[places[:FEW]], params, result.arithmetic)
    told = [
        f"entry {place + 1}, {display.number(number)}, has the code {display.shortest(code)} "
        f"and comes back as {display.told(back, 6)}"
        for place, number, code, back in zip(
            places, flat[places[:FEW]], codes, qc.dequantize(codes, params, result.arithmetic), strict=False
        )
    ]
    source = qc.NON_FINITE_CODES[result.arithmetic].source
    more = f"; and so on, {display.count(len(places))} in all" if len(places) > FEW else ""
    return [
        warning(
            f"NaN and infinity as {result.settings.profile.label} has them ({source}): {'; '.join(told)}{more}. "
            f"Tables, charts and error figures are of the {display.plural(result.size, 'finite number')}."
        )
    ]


def _as_printed(result: Result) -> list[Notice]:
    """That scale and zero point come from the pasted text itself."""
    if not result.settings.is_printed:
        return []
    message = "Scale and zero point are those that the pasted text names."
    offer: Offer = {"label": "Take them from the values", "fields": {"calibration": "minmax"}}
    return [{"level": "info", "message": message, "offers": [offer]}]


def _unused_parameters(result: Result) -> list[Notice]:
    """A scale or zero point that was named, as by a link, while both are chosen from the values."""
    settings = result.settings
    texts = settings.texts
    use = texts | GIVEN
    named = [
        FIELDS[name].label.lower()
        for name in ("scale", "zero_point")
        if texts[name] != default_of(name, settings.profile_name, texts["format"])
        and not FIELDS[name].matters(texts)
        and FIELDS[name].matters(use)
    ]
    if not named:
        return []
    verb = "is" if len(named) == 1 else "are"
    message = f"The given {' and '.join(named)} {verb} not used: scale and zero point are computed from the values."
    return [{"level": "info", "message": message, "offers": [{"label": "Use what is given", "fields": GIVEN}]}]


CHECKS = (
    _read_otherwise,
    _unused_parameters,
    _as_printed,
    _not_finite,
    _of_the_data,
    _codes_outside,
    _zero,
    _constant,
    _subnormal,
    _replaced_scale,
    _rounded_input,
    _clipped,
    *FORMAT_CHECKS,
    _off_profile,
    _lines,
    _cut,
)
