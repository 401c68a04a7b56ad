"""What a comparison says: which scheme is the best, and which is the cheapest for an error that was asked about."""

from ..answer_types import Offer
from ..comparing.measuring import Measured
from ..comparing.schemes import SCHEMES
from ..comparing.verdict import Verdict, verdict
from ..explanation.table import Cell, Shortened
from ..notation import display
from ..request.options import Questions

ERRORS = {"max_abs": "largest error", "mse": "mean squared error"}


def decibels(sqnr_db: float) -> str:
    """A signal-to-noise ratio for people.

    >>> decibels(40.0), decibels(float("inf")), decibels(float("nan"))
    ('40.0 dB', 'no error', '–')
    """
    if -float("inf") < sqnr_db < float("inf"):
        return f"{display.short(sqnr_db, 4)} dB"
    return "no error" if sqnr_db > 0 else display.NOTHING


def decibel_cell(sqnr_db: float) -> Cell:
    """The ratio as a cell of a table."""
    text = decibels(sqnr_db)
    return Shortened(text, f"{display.shortest(sqnr_db)} dB") if text.endswith(" dB") else text


def told_decibels(sqnr_db: float) -> str:
    """The ratio as a part of a sentence."""
    text = decibels(sqnr_db)
    return display.with_digits(text, f"{display.shortest(sqnr_db)} dB") if text.endswith(" dB") else text


def best_of(measured: list[Measured]) -> tuple[str, list[Offer]]:
    """The best at this size and at this error, in a sentence, and what takes them; empty where nothing can be said."""
    found = verdict(measured)
    if found is None:
        return "", []
    schemes = [*found.exact, *(scheme for scheme in found.small if scheme not in found.exact)]
    offers: list[Offer] = [{"label": f"Use {s.label}", "fields": SCHEMES[s.name].fields} for s in schemes]
    return _sentence(measured[0], found), offers


def _sentence(present: Measured, found: Verdict) -> str:
    size, exactness = f"{_bits(present)} bits per value", told_decibels(present.metrics.sqnr_db)
    if not found.exact and not found.small:
        return (
            f"The present settings ({size}, {exactness}) are the best in this list: nothing as small is more exact, "
            "and nothing as exact is smaller."
        )
    if found.exact:
        first = (
            f"At no more than {size}, the most exact is {_names(found.exact)}: "
            f"{told_decibels(found.exact[0].metrics.sqnr_db)} instead of {exactness}"
        )
    else:
        first = f"At no more than {size}, nothing in this list is more exact than the present settings"
    if found.small:
        second = (
            f"at no less than {exactness}, the smallest is {_names(found.small)}: {_bits(found.small[0])} bits per "
            f"value instead of {_bits(present)}"
        )
    else:
        second = f"at no less than {exactness}, nothing is smaller"
    return f"{first}; {second}."


def cheapest_words(measured: list[Measured], best: Measured | None, questions: Questions) -> str:
    """The answer to the question of the cheapest scheme, if it was asked."""
    limit, by = questions.max_error, questions.error_by
    if limit is None:
        return ""
    bound = f"a {ERRORS[by]} of at most {display.told(limit)}"
    if best is None:
        nearest = min(measured, key=lambda scheme: float(getattr(scheme.metrics, by)))
        return (
            f"No scheme in this list has {bound}. Nearest comes {nearest.label}, with "
            f"{display.told(getattr(nearest.metrics, by), 4)}."
        )
    return (
        f"The cheapest scheme with {bound} is {best.label}: {_bits(best)} bits per value, "
        f"{ERRORS[by]} {display.told(getattr(best.metrics, by), 4)}."
    )


def _bits(scheme: Measured) -> str:
    bits = scheme.bits_per_value
    return display.told(int(bits) if bits == int(bits) else bits)


def _names(schemes: tuple[Measured, ...]) -> str:
    """Names of schemes that are equally good."""
    return " or ".join(scheme.label for scheme in schemes)
