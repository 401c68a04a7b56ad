"""Numbers as text for people: the one place where a number is formatted.

A text without "≈" is exact: it is the shortest decimal that stands for this very float in its own precision. Where
digits were left out, the text begins with "≈". The minus is U+2212, as wide as the digits and a plus.
"""

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np

from ..answer_types import ShortNumber

MINUS = "\u2212"
ABOUT = "≈"
NOTHING = "\u2013"
"""Shown where there is no number to show."""

BRIEF = 5
"""Digits of a number that is only read."""

MARK = "\u2063"
"""Around a number of a sentence that is being written, and before all of its digits; not seen, and taken out again."""

BEFORE_A_NUMBER = re.compile(f"{ABOUT}(?=[\\d{MINUS}])")

NUMBER = re.compile(r"\d+\.\d+(?:e[\u2212-]?\d+)?")
"""A decimal with a point, as it is written here; whole numbers are counts or codes, and stay whole."""

WITH_EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([\u2212-]?)0*(\d+)(?![\w.]*\w)")
"""A number with an exponent as a text for people has it, and no name, such as e4m3."""

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Number = int | float | Fraction | np.integer | np.floating


def ascii_shortest(value: Number) -> str:
    """The shortest decimal that reads back as the same number in the same precision, in ASCII.

    >>> ascii_shortest(0.1), ascii_shortest(np.float32(0.1)), ascii_shortest(np.int8(-5))
    ('0.1', '0.1', '-5')
    """
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, np.floating) and value.dtype != np.float64:
        return str(value)
    return repr(float(value))


def shortest(value: Number) -> str:
    """The number exactly, for reading.

    >>> shortest(-2.5e-07)
    '−2.5e−7'
    """
    return typographic(ascii_shortest(value))


def short(value: Number, digits: int = 9) -> str:
    """The number in at most so many significant digits, with a leading "≈" where that is not exact.

    >>> short(1 / 3, 4), short(0.5, 4), short(-3.0)
    ('≈0.3333', '0.5', '−3.0')
    """
    if not math.isfinite(value):
        return shortest(float(value))
    exact = ascii_shortest(value)
    if significant_digits(exact) <= digits:
        return typographic(exact)
    rounded = f"{float(value):.{digits}g}"
    return ABOUT + typographic(rounded)


def told(value: Number, digits: int = BRIEF) -> str:
    """The number as a part of a sentence, which `sentence` is to part again.

    >>> told(0.5), told(1 / 3, 4).split(MARK)
    ('0.5', ['', '≈0.3333', '0.3333333333333333', ''])
    """
    return with_digits(number(value, digits), shortest(value))


def with_digits(text: str, full: str) -> str:
    """A text of a sentence, and the same with all of its digits."""
    return text if text == full else f"{MARK}{text}{MARK}{full}{MARK}"


def sentence(text: str) -> tuple[str, list[ShortNumber]]:
    """A sentence as it is read, and its numbers that have more digits than are read.

    >>> sentence(f"It is {told(1 / 3, 4)}, or {told(0.5)}.")
    ('It is 0.3333, or 0.5.', [{'at': 6, 'brief': '0.3333', 'digits': '0.3333333333333333'}])
    """
    parts = text.split(MARK)
    seen, numbers = prose(parts[0]), []
    for brief_text, full, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        numbers.append(ShortNumber(at=len(seen), brief=prose(brief_text), digits=full))
        seen += prose(brief_text) + prose(after)
    return seen, numbers


def held(value: float, dtype: np.dtype[Any]) -> float | np.floating:
    """An end of a range as a number of the values' precision; as it is where that does not reach it.

    >>> held(65534.0, np.dtype(np.float16)), held(0.1, np.dtype(np.float16))
    (65534.0, np.float16(0.1))
    """
    with np.errstate(over="ignore"):
        found: np.floating = dtype.type(value)
    return found if np.isfinite(found) else value


def end(value: float, dtype: np.dtype[Any]) -> str:
    """An end of a range in four digits.

    >>> end(0.1, np.dtype(np.float16)), end(65534.0, np.dtype(np.float16))
    ('0.1', '6.553×10⁴')
    """
    return prose(short(held(value, dtype), 4))


def number(value: Number, digits: int = 9) -> str:
    """As `short`, with NaN as people write it.

    >>> number(float("nan")), number(float("-inf")), number(0.5)
    ('NaN', '−∞', '0.5')
    """
    return "NaN" if math.isnan(value) else short(value, digits)


def brief(text: str) -> str:
    """A formatted text with every number cut to five digits, for where it is only read.

    >>> brief("≈0.0243137255"), brief("3 scales, 1.5 to ≈2.34567891e−7"), brief("1,234,567")
    ('0.024314', '3 scales, 1.5 to 2.3457×10⁻⁷', '1,234,567')
    """
    return powers(NUMBER.sub(lambda found: _cut(found[0]), text).replace(ABOUT, ""))


def prose(text: str) -> str:
    """A sentence without the sign that digits were left out, which is for derivations; one between two terms stays.

    >>> prose("It moves by ≈0.0243, ≈−5.1 dB."), prose("s² / 12 ≈ 0.5"), prose("a scale of ≈1.25e−8")
    ('It moves by 0.0243, −5.1 dB.', 's² / 12 ≈ 0.5', 'a scale of 1.25×10⁻⁸')
    """
    return powers(BEFORE_A_NUMBER.sub("", text))


def powers(text: str) -> str:
    """A text with its exponents as powers of ten, as axes have them.

    >>> powers("−1.25e−8 to 1e20, 1.19e-07 in float8_e4m3 or e2m1")
    '−1.25×10⁻⁸ to 10²⁰, 1.19×10⁻⁷ in float8_e4m3 or e2m1'
    """
    return WITH_EXPONENT.sub(_power, text)


def _power(found: re.Match[str]) -> str:
    times = "" if found[1] == "1" else f"{found[1]}×"
    return f"{times}10{'⁻' if found[2] else ''}{found[3].translate(SUPERSCRIPT)}"


def _cut(text: str) -> str:
    """The number in five digits, or in as many as there are before its point, up to nine."""
    whole = text.partition(".")[0]
    digits = max(BRIEF, len(whole)) if len(whole) <= 9 else BRIEF
    if significant_digits(text.replace(MINUS, "-")) <= digits:
        return text
    return typographic(f"{float(text.replace(MINUS, '-')):.{digits}g}")


def equals(value: Number, digits: int) -> str:
    """The right side of an equation beside a mark.

    >>> equals(0.5, 4), equals(-1.27e-08, 2)
    ('= 0.5', '≈ −1.3×10⁻⁸')
    """
    text = short(value, digits)
    return f"{relation(text)} {prose(text)}"


def relation(text: str) -> str:
    """The sign to put before a formatted number in a formula: "≈" if it was cut, else "=".

    >>> relation("≈0.333"), relation("0.5")
    ('≈', '=')
    """
    return ABOUT if text.startswith(ABOUT) else "="


def significant_digits(text: str) -> int:
    """How many digits of a decimal carry information.

    >>> [significant_digits(text) for text in ("0.0250", "-3.0", "1.5e+300", "41.129")]
    [2, 1, 2, 5]
    """
    mantissa = text.lstrip("-").partition("e")[0].replace(".", "")
    return len(mantissa.strip("0"))


def typographic(text: str) -> str:
    """ASCII digits made fit for print: a real minus, and exponents without padding.

    >>> typographic("-1e-05"), typographic("1e+20"), typographic("inf"), typographic("nan")
    ('−1e−5', '1e20', '∞', 'NaN')
    """
    mantissa, mark, exponent = text.replace("inf", "∞").replace("nan", "NaN").partition("e")
    if mark:
        mantissa += f"e{int(exponent)}"
    return mantissa.replace("-", MINUS)


def count(number: int) -> str:
    """A count, in groups of three digits.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}".replace("-", MINUS)


def plural(number: int, noun: str, nouns: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "code"), plural(1200, "code"), plural(2, "axis", "axes")
    ('1 code', '1,200 codes', '2 axes')
    """
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def percent(share: float | Fraction) -> str:
    """A share of one as a percentage.

    >>> percent(0.0), percent(0.125), percent(1 / 3)
    ('0 %', '12.5 %', '≈33.3 %')
    """
    exact = Fraction(share) * 100
    rounded = f"{float(exact):.3g}"
    return ("" if Fraction(rounded) == exact else ABOUT) + typographic(rounded) + " %"


def full_percent(share: float | Fraction) -> str:
    """The same with all digits.

    >>> full_percent(0.125), full_percent(Fraction(1, 3))
    ('12.5 %', '33.333333333333336 %')
    """
    return shortest(float(Fraction(share) * 100)).removesuffix(".0") + " %"


def told_percent(share: float | Fraction) -> str:
    """A share as a part of a sentence, as `told`."""
    return with_digits(percent(share), full_percent(share))


def hexadecimal(code: int, bits: int) -> str:
    """The code as two's complement of its width, in hexadecimal; a dash where the code does not fit.

    >>> hexadecimal(-5, 8), hexadecimal(3, 4), hexadecimal(300, 8)
    ('0xFB', '0x3', '–')
    """
    if not fits(code, bits):
        return NOTHING
    return f"0x{code & ((1 << bits) - 1):0{-(-bits // 4)}X}"


def binary(code: int, bits: int) -> str:
    """The code as two's complement of its width, in groups of four bits; a dash where the code does not fit.

    >>> binary(-5, 8), binary(1, 3)
    ('1111 1011', '001')
    """
    if not fits(code, bits):
        return NOTHING
    digits = f"{code & ((1 << bits) - 1):0{bits}b}"
    first = len(digits) % 4
    groups = [digits[:first]] if first else []
    return " ".join(groups + [digits[start : start + 4] for start in range(first, bits, 4)])


def fits(code: int, bits: int) -> bool:
    """Whether the width holds the code, read as signed or as unsigned."""
    return -(1 << (bits - 1)) <= code < (1 << bits)
