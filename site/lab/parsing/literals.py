"""Numbers as programs write them, 0x7f, 0x1.8p-3, 0b0101, 1_000, 0.1f, 1.2D+02, 12%, 1/128, as plain decimals."""

import re
from fractions import Fraction

END = r"(?=[\s,;\[\](){}]|\Z)"
START = r"(?<![\w.])"
BASED = re.compile(
    rf"{START}([+-]?)0(?:[xX](?P<hex>[0-9a-fA-F_]+(?:\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)(?P<power>[pP][+-]?[0-9]+[fFlL]?)?"
    rf"|[bB](?P<binary>[01_]+)|[oO](?P<octal>[0-7_]+))[uUlL]{{0,3}}{END}"
)
GROUPED = re.compile(r"(?<=[0-9])_(?=[0-9])")
FORTRAN = re.compile(rf"{START}([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))[dD]([+-]?[0-9]+){END}")
SUFFIX = re.compile(
    rf"[fFlLuUb](?<=[0-9.].)(?:(?<=b)f16|(?<=[fF])(?:16|32|64)|(?<=[^fFb])[uUlL]{{0,2}}|(?<=[fF])){END}"
)
BEYOND = "1e999"
PERCENT = re.compile(rf"{START}([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))%{END}")
UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
QUOTIENT = re.compile(rf"(?<![\w./])([+-]?{UNSIGNED})/(?:({UNSIGNED})|2(?:\^|\*\*)([0-9]{{1,3}})){END}")


def in_decimals(text: str) -> str:
    """The text with every number in decimals, without suffixes, exact; other tokens stay as they are.

    >>> in_decimals("0x7f 0x1.8p1 0b101 -1_000 0.1f 1.2D+02 12% 7u 1/128 3/2^4")
    '127 3.0 5 -1000 0.1 1.2e+02 12e-2 7 0.0078125 0.1875'
    """
    if "0x" in text or "0X" in text or "0b" in text or "0B" in text or "0o" in text:
        text = BASED.sub(_based, text)
    if "_" in text:
        text = GROUPED.sub("", text)
    if "d" in text or "D" in text:
        text = FORTRAN.sub(r"\1e\2", text)
    if "%" in text:
        text = PERCENT.sub(r"\1e-2", text)
    if "/" in text:
        text = QUOTIENT.sub(_quotient, text)
    return SUFFIX.sub("", text) if any(letter in text for letter in "fFlLuU") else text


def _quotient(found: re.Match[str]) -> str:
    """A quotient, rounded once to float64; one by 0 stays as it is."""
    above, below, power = found.groups()
    try:
        return repr(float(Fraction(above) / (Fraction(below) if below else 2 ** int(power))))
    except ZeroDivisionError:
        return found.group()
    except OverflowError:
        return BEYOND


def _based(found: re.Match[str]) -> str:
    """One number in decimals; what has no digits, or `_` not between two, stays; beyond float64 is as far as 1e999."""
    sign, digits = found.group(1), found.group("hex")
    try:
        if digits is not None and (found.group("power") is not None or "." in digits):
            power = (found.group("power") or "p0").rstrip("fFlL")
            return sign + repr(float.fromhex(f"0x{digits.replace('_', '')}{power}"))
        base = 16 if digits else 2 if found.group("binary") else 8
        whole = int(digits or found.group("binary") or found.group("octal"), base)
    except OverflowError:
        return sign + BEYOND
    except ValueError:
        return found.group()
    return sign + (str(whole) if whole.bit_length() <= 1024 else BEYOND)
