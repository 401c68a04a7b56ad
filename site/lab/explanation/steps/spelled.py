"""What the bits of a code spell: sign, exponent and mantissa, an index into a table, or a whole number."""

import quantcore as qc

from ...notation import display
from ...notation import mathml as m
from ...notation.bits import binary, digits_of, in_fields, power, power_of_two, value_of
from ...notation.operands import shown, whole_text
from ...notation.terms import Term, whole

S, E, M = (Term(m.identifier(letter)) for letter in "SEM")
ONE = whole(1)


def pattern_of(code: int, fmt: qc.Format) -> Term:
    """The digits of a pattern, in its fields."""
    fields = fmt.bit_fields()
    return in_fields(code, fields) if len(fields) > 1 else binary(code, fmt.bits)


def formula(fmt: qc.FloatFormat, code: int) -> tuple[Term, Term]:
    """The formula of a finite float, in symbols and with the numbers of its fields."""
    fields = {field.name: value_of(code, field) for field in fmt.bit_fields()}
    exponent, mantissa = fields["exponent"], fields.get("mantissa", 0)
    is_subnormal = fmt.has_subnormals and not exponent
    bias, parts = whole(fmt.bias), power_of_two(whole(fmt.mantissa_bits))
    symbol = power_of_two((ONE if is_subnormal else E) - bias)
    numbers = power_of_two((ONE if is_subnormal else whole(exponent)) - bias)
    if fmt.mantissa_bits:
        symbol = symbol * (M / parts if is_subnormal else ONE + M / parts)
        share = whole(mantissa) / parts
        numbers = numbers * (share if is_subnormal else ONE + share)
    if fmt.signed:
        symbol, numbers = power(whole(-1), S) * symbol, power(whole(-1), whole(fields["sign"])) * numbers
    return symbol, numbers


def in_words(fmt: qc.Format, code: int) -> str:
    """The fields of a code and what they say, as a sentence."""
    if isinstance(fmt, qc.Codebook):
        return f"The {fmt.bits} bits are an index into the table of {fmt.label}: entry {code}."
    if isinstance(fmt, qc.IntFormat):
        return _whole_in_words(fmt, code)
    assert isinstance(fmt, qc.FloatFormat)
    fields = ", ".join(f"{field.name} {digits_of(code, field)}" for field in fmt.bit_fields())
    return f"The bits of {fmt.label}: {fields}. {kind_in_words(fmt, code)}"


def kind_in_words(fmt: qc.FloatFormat, code: int) -> str:
    """Whether a float's code is a normal number, a subnormal one, zero, or none."""
    number = float(fmt.values[code])
    if number != number:
        return "This pattern is NaN: it stands for no number."
    if number in (float("inf"), float("-inf")):
        return f"This pattern is {display.shortest(number)}."
    if is_subnormal(fmt, code):
        what = "zero" if number == 0 else "a subnormal number"
        return f"The exponent field is 0, so this is {what}: no leading 1, and the exponent 1 − {fmt.bias}."
    leading = " The mantissa follows a leading 1." if fmt.mantissa_bits else ""
    return f"The exponent is stored with the bias {fmt.bias} added.{leading}"


def is_subnormal(fmt: qc.FloatFormat, code: int) -> bool:
    """Whether a float's code has the exponent 0, where that has a meaning of its own."""
    exponent = next(field for field in fmt.bit_fields() if field.name == "exponent")
    return fmt.has_subnormals and value_of(code, exponent) == 0


def whole_number(fmt: qc.IntFormat, code: int) -> int:
    """The whole number of a bit pattern, also of one that the format leaves out: what is read is not always written."""
    return code - (1 << fmt.bits) if fmt.signed and code >> fmt.bits - 1 else code


def _whole_in_words(fmt: qc.IntFormat, code: int) -> str:
    number = whole_number(fmt, code)
    if number < 0:
        unused = "" if number >= fmt.qmin else " It is below the lowest code: read, but never written."
        return f"A negative number is stored as its two's complement, {whole_text(number)} + {1 << fmt.bits}.{unused}"
    return f"The {fmt.bits} bits are the number in base two."


def number_text(number: float) -> str:
    """A number of a format, for people."""
    if number != number:
        return "NaN"
    return whole_text(number) if float(number).is_integer() else shown(number)
