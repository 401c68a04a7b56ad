"""What is being typed and moved: whether a text may go on to be numbers, and by which steps a slider moves."""


def is_beginning(text):
    """Whether a text may go on to be numbers: it ends amid one, or amid brackets.

    >>> [is_beginning(text) for text in ("1, -", "2 1.5e", "[[1, 2], [3", "1e-", "1, x", "1, 2")]
    [True, True, True, True, False, False]
    """
    words = text.replace(",", " ").replace("[", " ").replace("]", " ").replace(";", " ").split()
    last = words[-1].lower() if words else ""
    number = last[1:] if last[:1] in ("-", "+", "−") else last
    mantissa, mark, power = number.partition("e")
    is_amid = number in ("", ".") if not mark else _is_decimal(mantissa) and power in ("", "-", "+")
    return (text[-1:] not in (" ", ",") and is_amid and last != "") or text.count("[") > text.count("]")


def _is_decimal(text):
    return text.replace(".", "", 1).isdigit()


def round_step(size):
    """The power of ten, or twice or five times one, that is next below a size.

    >>> [round_step(size) for size in (0.0199, 0.02, 0.7, 31.0)]
    [0.01, 0.02, 0.5, 20.0]
    """
    text = f"{size:.0e}"
    power = float("1e" + text[text.index("e") + 1 :])
    if power > size:
        power = power / 10
    return next(factor * power for factor in (5, 2, 1) if factor * power <= size or factor == 1)
