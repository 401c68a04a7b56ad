"""Reads a request field by field, and keeps the error of each field that cannot be read."""

import difflib
import math
import re
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..notation import display
from ..parsing.digits import parse_shape
from ..parsing.places import quoted
from ..parsing.reading import Reading, parse_numbers, parse_whole_numbers, read_numbers
from .fields import FIELDS, Field, Kind, default_of

Float64 = NDArray[np.float64]
T = TypeVar("T")

DATA = ("values", "codes")
MANY = 8  # choices, which nobody reads in an error
TRUE, FALSE = ("1", "true", "on", "yes"), ("0", "false", "off", "no", "")


class Reader:
    """Reads fields one by one, and keeps the error of each that cannot be read."""

    def __init__(self, request: dict[str, str]) -> None:
        self.errors: list[qc.QuantError] = []
        self.profile_name = "notebook"
        self.format_name = ""  # of formats other than integers by bits and sign
        self.given: dict[str, str] = {}
        for name, text in request.items():
            if name not in FIELDS:
                self.errors.append(_unknown(name))
            elif not isinstance(text, str):
                self.error(name, f"{name} is of type {type(text).__name__}; every field of a request is text.")
            else:
                self.given[name] = _trimmed(FIELDS[name], text)
        self._normalised: dict[str, str] = {}
        self.remarks: list[str] = []  # what is to be told of the data
        self.reading: Reading | None = None  # of the text of the data, whatever it is typed into

    @property
    def texts(self) -> dict[str, str]:
        """Every field, normalised; what was not read keeps its text."""
        return {name: self._normalised.get(name, self.text(name)) for name in FIELDS}

    def text(self, name: str) -> str:
        """What was given, or the default of the profile."""
        return self.given.get(name, default_of(name, self.profile_name, self.format_name))

    def normalise(self, name: str, text: str) -> None:
        """Keep the text that a field stands for from now on."""
        self._normalised[name] = text

    def error(self, name: str, message: str) -> None:
        """Keep an error about a field."""
        self.errors.append(qc.QuantError(message, name))

    def attempt(self, read: Callable[[], T]) -> T | None:
        """The result, or None where there is an error, which is kept."""
        try:
            return read()
        except qc.QuantError as error:
            self.errors.append(error.with_traceback(None))  # else the frames keep this reader and its data
            return None

    def choice(self, name: str) -> str | None:
        """One of the field's choices."""
        text = self.text(name)
        if text in FIELDS[name].choices:
            return text
        named = [choice for choice in FIELDS[name].choices if choice]
        allowed = f"one of {_listed([*named, 'empty'] if '' in FIELDS[name].choices else named)}"
        if len(named) > MANY:
            alike = difflib.get_close_matches(text.lower(), named, 3, 0.0)
            allowed = f"one of the {len(named)} that the list offers; the nearest are {_listed(alike, 'and')}"
        self.error(name, f"{name} is {quoted(text)}; it must be {allowed}.")
        return None

    def flag(self, name: str) -> bool:
        """Yes or no."""
        text = self.text(name).lower()
        if text not in TRUE + FALSE:
            self.error(name, f"{name} is {quoted(text)}; it must be 1 or 0.")
        self._normalised[name] = "1" if text in TRUE else "0"
        return text in TRUE

    def number(self, name: str) -> float | None:
        """One number within the field's limits; None where it is missing or wrong."""
        field, text = FIELDS[name], self.text(name)
        if not text and field.optional:
            return None
        value = _float(text)
        is_whole = value is not None and value == math.floor(value)
        too_far = value is not None and not _low(field) <= value <= _high(field)
        if value is None or too_far or (field.kind is Kind.INTEGER and not is_whole):
            self.error(name, f"{name} is {_found(text)}; it must be {_allowed(field)}.")
            return None
        self._normalised[name] = str(int(value)) if field.kind is Kind.INTEGER else repr(value).removesuffix(".0")
        return value

    def numbers(self, name: str, *, whole: bool = False, takes_all: bool = False) -> Float64 | None:
        """Any amount of numbers; those of the data are read as `commas` wants them, maybe with NaN and infinity."""
        if name in DATA:
            commas = self.choice("commas") or ""
            self.reading = self.attempt(lambda: read_numbers(self.text(name), name, commas, takes_all=takes_all))
            if self.reading is None or not whole:
                return None if self.reading is None else self.reading.numbers
            return self.attempt(lambda: parse_whole_numbers(self.text(name), name, commas))
        parse = parse_whole_numbers if whole else parse_numbers
        return self.attempt(lambda: parse(self.text(name), name))

    def names(self, name: str, known: tuple[str, ...] | None, noun: str) -> tuple[str, ...]:
        """The names in a list, each once; all of them known, unless any will do."""
        found = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", self.text(name)) if part))
        for part in found:
            if known is not None and part not in known:
                close = difflib.get_close_matches(part, known, 1)
                advice = f'Did you mean "{close[0]}"?' if close else f"There are {_listed(list(known), 'and')}."
                self.error(name, f"{name} holds {quoted(part)}, which is not {noun}. {advice}")
        self._normalised[name] = ",".join(found)
        return found

    def shaped(self, data: Float64 | None) -> Float64 | None:
        """The data in the shape that was asked for."""
        text = self.text("shape")
        shape = self.attempt(lambda: parse_shape(text, "shape")) if text else None
        if shape is None or data is None:
            return data
        if math.prod(shape) != data.size:
            wanted = " × ".join(map(str, shape))
            self.error(
                "shape",
                f"shape is {wanted}, which holds {display.plural(math.prod(shape), 'number')}; there are "
                f"{display.count(data.size)}. Change the shape or leave it empty.",
            )
            return data
        self._normalised["shape"] = ",".join(map(str, shape))
        return data.reshape(shape)

    def granularity(
        self, name: str | None, axis: float | None, block_size: float | None, data: Float64 | None
    ) -> qc.PerTensor | qc.PerAxis | qc.PerBlock:
        """The granularity; an axis that the data have not is an error.

        Where none is named, slices are those of the first axis, as weights have their output channels there, and blocks
        lie along the last one, as they do in memory.
        """
        if axis is None and data is not None and not self.text("axis"):
            axis = data.ndim - 1 if name == "block" else 0
        if name not in ("axis", "block") or axis is None or block_size is None or data is None:
            return qc.PerTensor()
        n = data.ndim
        if not -n <= axis < n:
            allowed = "0, because a list has one axis" if n == 1 else f"a whole number from {-n} to {n - 1}"
            self.error("axis", f"axis is {int(axis)}; it must be {allowed}.".replace("-", display.MINUS))
            return qc.PerTensor()
        if name == "axis":
            return qc.PerAxis(int(axis))
        length = data.shape[int(axis)]
        if block_size > length:
            self.error(
                "block_size",
                f"block_size is {int(block_size)}; it must be a whole number from 1 to {length}, "
                f"the length of axis {int(axis)}.",
            )
            return qc.PerTensor()
        return qc.PerBlock(int(block_size), int(axis))

    def element(self, data: Float64 | None) -> int:
        """The followed number's index, which must be one of the data's."""
        element = self.number("element")
        if element is None or data is None:
            return 0
        if element >= data.size:
            only = (
                "0, because there is only one number" if data.size == 1 else f"a whole number from 0 to {data.size - 1}"
            )
            self.error("element", f"element is {int(element)}; it must be {only}.")
            return 0
        return int(element)


def _unknown(name: str) -> qc.QuantError:
    close = difflib.get_close_matches(str(name), FIELDS, 1)
    advice = (
        f'Did you mean "{close[0]}"?' if close else "Take it out, or choose the setting in the form and copy the link."
    )
    return qc.QuantError(f"{quoted(str(name))} is not a field of a request. {advice}", str(name))


def _float(text: str) -> float | None:
    """The one finite number in a text, or None."""
    try:
        numbers = parse_numbers(text, "")
    except qc.QuantError:
        return None
    return float(numbers[0]) if numbers.shape == (1,) and "[" not in text and "(" not in text else None


def _low(field: Field) -> float:
    return -math.inf if field.low is None else field.low


def _high(field: Field) -> float:
    return math.inf if field.high is None else field.high


def _found(text: str) -> str:
    if not text:
        return "empty"
    return text if _float(text) is not None else quoted(text)


def _allowed(field: Field) -> str:
    noun = "a whole number" if field.kind is Kind.INTEGER else "a number"
    if field.low is None or field.high is None:
        return f"{noun}, or empty" if field.optional else noun
    low, high = (display.typographic(f"{end:.16g}") for end in (field.low, field.high))
    return f"{noun} from {low} to {high}"


def _trimmed(field: Field, text: str) -> str:
    """A text as it is read: choices in whatever case, without spaces around."""
    if field.kind is Kind.NUMBERS:
        return text
    text = text.strip()
    is_choice = field.kind is Kind.CHOICE and text not in field.choices and text.lower() in field.choices
    return text.lower() if is_choice else text


def _listed(names: list[str], word: str = "or") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
