"""What a comma is: a separator of numbers, a decimal comma, or a separator of thousands.

`1,5` is two numbers or one, and nothing in the text itself decides. What stands around it often does; where it does
not, the likelier reading is taken and the others are offered.
"""

import enum
import re


class Commas(enum.Enum):
    """A reading of the commas of a text."""

    SEPARATOR = "separator"  # 1,5 is 1 and 5
    DECIMAL = "decimal"  # 1,5 is 1.5; points, if any, separate thousands
    THOUSANDS = "thousands"  # 1,024 is 1024


# What blanks, semicolons, and commas before a blank leave together.
CELL = re.compile(r"(?:,(?!\s|\Z))*[^\s;,]+(?:,+(?!\s|\Z)[^\s;,]*)*")
ENDING = r"(?:[eE][+-]?[0-9]+)?%?"
FITTING = {
    Commas.THOUSANDS: re.compile(rf"[+-]?(?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[0-9]{{1,3}})(?:\.[0-9]*)?{ENDING}"),
    Commas.DECIMAL: re.compile(rf"[+-]?(?:(?:[0-9]*,)?[0-9]+|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?){ENDING}"),
}
HEAD = 1000
"""So many characters mostly show that commas can only separate, without a look at the rest."""

BETWEEN_DIGITS = re.compile(r"[0-9],[0-9]")
ZERO_AFTER = re.compile(r",0[0-9]")  # in 1,05 and 1,024: a number of its own would not begin with a zero
ZERO_BEFORE = re.compile(r"[+-]?0,")
MINUS_ZERO = re.compile(r"-0,")
BLANK_WITHIN_A_LINE = re.compile(r"[^\s,;][ \t]+[^\s,;]")


def readings_of(text: str) -> tuple[Commas, ...]:
    """The ways to read the commas of a text, the likeliest first.

    >>> [reading.value for reading in readings_of("1,5; -2,25; 3,0")]
    ['decimal', 'separator']
    >>> [reading.value for reading in readings_of("-3, 0.1, 3.2")]
    ['separator']
    >>> [reading.value for reading in readings_of("1,024 2,048")]
    ['thousands', 'decimal', 'separator']
    """
    if any(bracket in text for bracket in "[]()") or not BETWEEN_DIGITS.search(text):
        return (Commas.SEPARATOR,)
    head = text[:HEAD] if len(text) <= HEAD else re.sub(r"\S+\Z", "", text[:HEAD]) or text[:HEAD]
    cells, fitting = _cells(head)
    if len(text) > HEAD and fitting:
        cells, fitting = _cells(text)
    if not fitting:
        return (Commas.SEPARATOR,)
    likeliest = Commas.SEPARATOR
    if _stand_apart(text, [cell for cell in cells if "," in cell], len(cells)):
        likeliest = fitting[-1] if ";" in text else fitting[0]  # semicolons go together with decimal commas
    return (likeliest, *(reading for reading in (*fitting, Commas.SEPARATOR) if reading is not likeliest))


def _cells(text: str) -> tuple[list[str], list[Commas]]:
    """The cells of a text, and the readings under which each of them is one number."""
    cells, fitting = [], list(FITTING)
    for found in CELL.finditer(text):
        cells.append(found.group())
        fitting = [reading for reading in fitting if FITTING[reading].fullmatch(cells[-1])]
        if not fitting:
            break
    return cells, fitting


def _stand_apart(text: str, cells: list[str], n_cells: int) -> bool:
    """Whether it is likelier that a cell with a comma is one number than that it is several."""
    if any(ZERO_AFTER.search(cell) for cell in cells):
        return True
    if n_cells == 1:
        return False
    if any(MINUS_ZERO.match(cell) for cell in cells) or all(ZERO_BEFORE.match(cell) for cell in cells):
        return True
    if any("." in cell for cell in cells) or ";" in text.rstrip("; \t\r\n"):
        return True
    return BLANK_WITHIN_A_LINE.search(text) is not None and not re.search(r",\s", text)


def with_points(text: str, reading: Commas) -> str:
    """The text with every number written with a decimal point and nothing else in it; of the same length.

    >>> with_points("1.234,5 6", Commas.DECIMAL), with_points("1,024 2,048.5", Commas.THOUSANDS)
    ('1234.5  6', '1024  2048.5 ')
    """
    if reading is Commas.SEPARATOR:
        return text

    def plain(found: re.Match[str]) -> str:
        cell = found.group()
        digits = cell.replace(".", "").replace(",", ".") if reading is Commas.DECIMAL else cell.replace(",", "")
        return digits.ljust(len(cell))

    return CELL.sub(plain, text)
