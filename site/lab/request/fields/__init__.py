"""Every field of a request, and the profiles that set their defaults.

The form's controls, the link after ``#``, an embed's attributes, a preset and a test case are all requests: flat
mappings of these names to strings. What is absent takes the default of the profile in force. A new field is a line in
one of the tables, which also is its control on the page.

Imports `data`, `data.files`, `models.reading`, `parsing` and quantcore.
"""

from .arithmetic import ARITHMETIC, GRANULARITY, RANGE
from .field import Field, Kind
from .formats import BY_FORMAT, NUMBER_FORMATS, default_under
from .numbers import FROM_FILE, NUMBERS
from .profiles import PROFILES, Profile
from .questions import OTHERS, QUESTIONS
from .requantizing import REQUANTIZING

_PLACED = {field.name: field for field in (*NUMBERS, *NUMBER_FORMATS, *ARITHMETIC, *RANGE, *GRANULARITY)}
_FIRST = ("values", "codes", "scale", "zero_point", "bytes", "bits")
_SCHEME = (
    *("format", "scheme", "granularity", "axis", "block_size", "profile"),
    *("scale_mode", "tensor_scale", "importance", "overflow"),
)
_ARITHMETIC = ("signed", "narrow", "rounding", "precision", "non_finite")
_RANGE = tuple(field.name for field in RANGE)

FORM: dict[str, tuple[Field, ...]] = {
    "first": tuple(_PLACED[name] for name in _FIRST),
    "scheme": tuple(_PLACED[name] for name in _SCHEME),
    "range": RANGE,
    "arithmetic": tuple(_PLACED[name] for name in _ARITHMETIC),
    "data": tuple(field for name, field in _PLACED.items() if name not in {*_FIRST, *_SCHEME, *_ARITHMETIC, *_RANGE}),
}
"""The fields of the form, by the group in which their controls stand, in the order of the page."""

TABLE: tuple[Field, ...] = (*(field for group in FORM.values() for field in group), *QUESTIONS, *REQUANTIZING, *OTHERS)

FIELDS: dict[str, Field] = {field.name: field for field in TABLE}


def default_of(name: str, profile: str, fmt: str = "") -> str:
    """What an absent field stands for under a profile, and under a number format.

    >>> default_of("precision", "notebook"), default_of("precision", "onnx"), default_of("calibration", "onnx", "mxfp4")
    ('float64', 'float32', 'none')
    """
    if fmt and (found := default_under(name, fmt)) is not None:
        return found
    return PROFILES[profile].defaults.get(name, FIELDS[name].default)


__all__ = ["BY_FORMAT", "FIELDS", "FORM", "FROM_FILE", "PROFILES", "TABLE", "Field", "Kind", "Profile", "default_of"]
