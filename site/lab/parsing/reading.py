"""A text understood: its numbers, how they were read, how they could be read otherwise, and what was said of them."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from ..notation import display
from .brackets import shape_of
from .commas import Commas, readings_of, with_points
from .digits import EXAMPLE, TO_ASCII, numbers_in
from .exporters import calibration_cache, netron
from .literals import in_decimals
from .places import quoted
from .rows import rows_shape
from .wrappers import Unwrapped, unwrap

Float64 = NDArray[np.float64]

WORDS = {
    Commas.SEPARATOR: "commas between numbers",
    Commas.DECIMAL: "decimal commas",
    Commas.THOUSANDS: "commas between thousands",
}


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a text says.

    Attributes:
        numbers: Read-only, 1-D or of the shape that brackets or rows give.
        commas: How its commas were read.
        others: The other ways in which they could be read, the likeliest first.
        keywords: What a printed array says of itself, such as scale and zero_point; texts as they were written.
        notes: What was left out, in words.
    """

    numbers: Float64
    commas: Commas = Commas.SEPARATOR
    others: tuple[Commas, ...] = ()
    keywords: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """What was understood, as "4 numbers, 2 × 2, decimal commas"."""
        parts = [display.plural(self.numbers.size, "number")]
        if self.numbers.ndim > 1:
            parts.append(" × ".join(map(str, self.numbers.shape)))
        if self.commas is not Commas.SEPARATOR or self.others:
            parts.append(WORDS[self.commas])
        return ", ".join([*parts, *self.notes])


@lru_cache(maxsize=4)
def read_numbers(text: str, name: str, commas: str = "", *, takes_all: bool = False) -> Reading:
    """Reads the numbers in a text.

    The last few texts are remembered, for a page asks again with the same million numbers and another setting.

    Args:
        text: What was typed, pasted or read from a file.
        name: The request's field, for the message.
        commas: What commas are, a value of `Commas`; empty: the likeliest.
        takes_all: Whether NaN and infinity are numbers, too.

    Raises:
        QuantError: Naming the first token that is not a finite number, or the first list that is out of shape, with its
            place in the text.

    >>> reading = read_numbers("1,5; -2,25; 3,0", "values")
    >>> reading.numbers.tolist(), reading.in_words, [other.value for other in reading.others]
    ([1.5, -2.25, 3.0], '3 numbers, decimal commas', ['separator'])
    """
    source = text if text.isascii() else text.translate(TO_ASCII)
    unwrapped = _exported(source) or unwrap(source, name)
    body = in_decimals(unwrapped.body)
    likeliest, *others = readings_of(body)
    reading = likeliest
    if commas and Commas(commas) is not likeliest and Commas(commas) in others:
        reading = Commas(commas)
        others = [likeliest, *(other for other in others if other is not reading)]
    plain = with_points(body, reading)
    has_brackets = any(bracket in plain for bracket in "[]()")
    shape: tuple[int, ...] | None = None
    if not has_brackets or plain.count("[") == plain.count("]") == 1:
        shape = rows_shape(plain.replace("[", " ").replace("]", " "))
    numbers = numbers_in(plain, name, takes_all=takes_all)
    if numbers.size == 0:
        raise QuantError(f"{name} holds no numbers. {EXAMPLE}.", name)
    if shape is None and has_brackets:
        shape = shape_of(plain, name)
    numbers = numbers if shape is None else numbers.reshape(shape)
    numbers.flags.writeable = False
    return Reading(numbers, reading, tuple(others), unwrapped.keywords, unwrapped.notes)


def _exported(text: str) -> Unwrapped | None:
    """What a tool for models printed of a tensor: its numbers and what they mean; None for all other texts."""
    if "*" in text and (formula := netron(text)):
        body, keywords = formula
        return Unwrapped(body, keywords, ("the ends of a range with its scale and zero point",))
    if ":" in text and (scales := calibration_cache(text)) is not None:
        return Unwrapped(" ".join(map(repr, scales)), {}, ("the scales of a calibration cache",))
    return None


def parse_numbers(text: str, field: str) -> Float64:
    """The numbers in a text, read in the likeliest way: see :func:`read_numbers`."""
    return read_numbers(text, field).numbers


def parse_whole_numbers(text: str, field: str, commas: str = "") -> Float64:
    """The whole numbers in a text, as float64; commas as for :func:`read_numbers`.

    Raises:
        QuantError: as :func:`read_numbers`, and naming the first number that is not whole.
    """
    numbers = read_numbers(text, field, commas).numbers
    broken = np.flatnonzero(numbers.ravel() != np.rint(numbers.ravel()))
    if broken.size:
        found = numbers.ravel()[broken[0]]
        raise QuantError(
            f"{field} holds {quoted(repr(float(found)))}; every entry must be a whole number. Round it or remove it.",
            field,
        )
    return numbers
