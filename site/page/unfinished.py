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


def in_steps(number, step):
    """A number as a text, to the nearest step, without the last digits of floating-point arithmetic.

    >>> pairs = ((0.30000000000000004, 0.1), (123456789.6, 0.5), (-0.0004, 0.001), (104, 10), (3.1e-12, 1e-13))
    >>> [in_steps(*pair) for pair in pairs]
    ['0.3', '123456789.5', '0', '100', '3.1e-12']
    """
    rounded = round(number / step) * step
    n_decimals = -_exponent(step)
    if rounded != 0 and not 1e-4 <= abs(rounded) < 1e15:
        return f"{rounded:.{max(1, n_decimals + _exponent(rounded) + 1)}g}"
    text = f"{rounded:.{max(0, n_decimals)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponent(number):
    return int(f"{number:.0e}".partition("e")[2])


def number_spans(text):
    """Where the numbers of a text begin and end.

    >>> number_spans("[[-3.0, 1e2], [.5 7]]")
    [(2, 6), (8, 11), (15, 17), (18, 19)]
    """
    spans, begin = [], None
    for place in range(len(text) + 1):
        is_between = place == len(text) or text[place] in " ,;[]()\t\r\n"
        if is_between and begin is not None:
            spans.append((begin, place))
            begin = None
        elif not is_between and begin is None:
            begin = place
    return spans
