"""Whether an answer to a lesson's question is right: plain functions, without a document."""

CLOSE = 0.005  # relative: nobody types sixteen digits


def number_in(text):
    """The number that a text stands for, however its minus is written; None for none.

    >>> number_in(" −2,5 "), number_in("≈0.24"), number_in("three")
    (-2.5, 0.24, None)
    """
    try:
        return float(text.strip().replace("−", "-").replace("≈", "").replace(",", "."))
    except ValueError:
        return None


def is_right(text, right):
    """Whether a typed number is the right one, to two or three digits.

    >>> is_right("2.42", "2.4193548387096775"), is_right("2.6", "2.419"), is_right("-1", "−1"), is_right("", "0")
    (True, False, True, False)
    """
    found, wanted = number_in(text), number_in(right)
    return found is not None and abs(found - wanted) <= CLOSE * max(abs(wanted), 1e-9)


def holds(found, relation, number):
    """Whether a number of an answer is as a task wants it: `=` or `<` the other.

    >>> holds(-128, "=", "-128"), holds(0.5, "<", "0.1"), holds(None, "<", "1")
    (True, False, False)
    """
    if found is None:
        return False
    return found < float(number) if relation == "<" else found == float(number)
