"""Request in, answer out: the functions that the worker, the build and the tests call."""

import json
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from .answer_types import (
    VERSION,
    Added,
    Answer,
    Described,
    DescribedFirst,
    DescribedLater,
    Failure,
    Metrics,
    Params,
    Problem,
    StoredLevel,
    StoredNumbers,
)
from .comparing.schemes import SCHEMES
from .explanation.label import fingerprint_of, label_of, sharing
from .explanation.notices import MAX_LISTED, notices
from .explanation.settings_in_words import settings_in_words
from .explanation.steps.followed import steps
from .explanation.summary import summary
from .explanation.value_table import value_table
from .instruments import GROUPS, INSTRUMENTS, PARTS, look
from .notation.derivation import derivation
from .programs import KINDS, snippets
from .request.fields import FIELDS, default_of
from .request.labelled import labelled
from .request.settings import RequestError, Settings, read
from .results.compute import compute
from .results.cost import bits_per_value
from .results.effort import Tell
from .results.followed import all_bytes
from .results.result import Result
from .strict_json import strict_json

LONG_TEXT, HUGE_TEXT = 10_000, 1_000_000
FEW = 100
MAX_BYTES = 4096

LATE: dict[str, Callable[[Result], Any]] = {"table": value_table, "steps": steps}
"""Parts that take as long as all that comes before them, and are seldom on the screen."""

FIELD_OF = {
    "x": "values",
    "q": "codes",
    "dtype": "precision",
    "fmt": "bits",
    "arithmetic": "profile",
    "toolkit": "profile",
}
"""Names of quantcore's arguments that the form calls otherwise."""


def answer(request: dict[str, str]) -> Answer | Failure:
    """Everything about a request's numbers, as plain JSON.

    Args:
        request: field names and texts; what is absent takes its default.

    Returns:
        The answer, with `ok` true, or `ok` false and every error at its field.

    >>> answer({})["codes"], answer({"bits": "40"})["errors"][0]["message"]
    ([-128, -1, 127], '“Bits” is 40; it must be a whole number from 2 to 16.')
    """
    result = computed(request)
    if isinstance(result, list):
        return failure(result)
    return {
        **_described(result),
        "codes": _whole_where_possible(result.flat_q),
        "values": _numbers(result.flat_x),
        "dequantized": _numbers(result.flat_x_hat),
    }


def more(request: dict[str, str], name: str, tell: Tell | None = None) -> Added | Failure:
    """One instrument for a request that was answered without it: what it adds to that answer.

    Asked right after the answer, and with the same `tell`, it costs only the instrument.

    >>> added = more({}, "histogram")
    >>> [item["name"] for item in added["instruments"]], list(added["figures"])
    (['histogram'], ['histogram'])
    """
    result = computed(request, tell)
    if isinstance(result, list):
        return failure(result)
    views, figures = look(result, (name,))
    added = [view for view in views if view["name"] == name]
    return {"version": VERSION, "ok": True, "instruments": added, "figures": figures}


def computed(request: dict[str, str], tell: Tell | None = None) -> Result | list[qc.QuantError]:
    """The result of a request, or everything that is wrong with it."""
    texts_only = all(isinstance(text, str) for text in request.values())  # else it is refused, and cannot be kept
    compute_once = _computed if texts_only else _computed.__wrapped__
    try:
        return compute_once(tuple(sorted(request.items())), tell)
    except RequestError as wrong:
        return wrong.errors


@lru_cache(maxsize=1)  # what is asked for next is often another instrument for the same request
def _computed(fields: tuple[tuple[str, str], ...], tell: Tell | None) -> Result:
    settings = read(dict(fields), (*INSTRUMENTS, *PARTS), tuple(SCHEMES))
    try:
        return compute(settings, tell)
    except qc.QuantError as error:
        raise RequestError([_at_field(error, settings)]) from error


def glimpse(request: str | dict[str, str], shown: Collection[str], tell: Tell | None = None) -> tuple[str, str]:
    """What is on the screen of an answer, so that it need not wait for the rest, which :func:`respond` gives next.

    Args:
        request: as for :func:`answer`, or its JSON text.
        shown: the names of the instruments and parts on the screen.
        tell: hears before, and while, ranges are searched for long.

    Returns:
        JSON text of what the page's tables and words need, and of the figures of these instruments.

    >>> view, figures = glimpse({}, ("mapping", "steps"))
    >>> [key for key in ("summary", "steps", "copy") if key in json.loads(view)], list(json.loads(figures))
    (['summary', 'steps'], ['mapping'])
    """
    result = _found(request, tell)
    if isinstance(result, list):
        return strict_json(failure(result)), "{}"
    instruments, figures = look(result, shown)
    view = _viewed(result) | {"instruments": strict_json(instruments)}
    for part, make in LATE.items():
        if part in shown:
            view[part] = strict_json(result.once(make))
    return _object(view), strict_json(figures)


def respond(
    request: str | dict[str, str], tell: Tell | None = None, seen: Collection[str] = ()
) -> tuple[str, str, dict[str, NDArray[np.float64]]]:
    """The answer in parts that are quick to hand on, made of the same texts.

    Texts that fill megabytes, such as a million pasted values, are not sent back.

    Args:
        request: as for :func:`answer`, or its JSON text.
        tell: hears before, and while, ranges are searched for long.
        seen: what a :func:`glimpse` has shown of it: that is left out of the first text.

    Returns:
        JSON text of what the page's tables and words need, JSON text of the answer but for its arrays, and these.
    """
    result = _found(request, tell)
    if isinstance(result, list):
        text = strict_json(failure(result))
        return text, text, {}
    instruments, figures = look(result, result.settings.show)
    later = {key: strict_json(value) for key, value in _later(result).items()}
    whole = (
        result.once(_first_texts) | later | {"instruments": strict_json(instruments), "figures": strict_json(figures)}
    )
    whole["request"] = strict_json(_shorter_than(HUGE_TEXT, result.settings.texts))
    view = {key: later[key] for key in (*LATE, "programs")}
    if seen:
        view["instruments"] = strict_json(
            [item for item in instruments if item["applies"] and item["name"] not in seen]
        )
    else:
        view = _viewed(result) | view | {"instruments": whole["instruments"]}
    flat = {"codes": result.flat_q, "values": result.flat_x, "dequantized": result.flat_x_hat}
    arrays = {name: array[:MAX_LISTED].astype(np.float64) for name, array in flat.items()}
    return _object(view), _object(whole), arrays


def _found(request: str | dict[str, str], tell: Tell | None) -> Result | list[qc.QuantError]:
    return computed(json.loads(request) if isinstance(request, str) else request, tell)


def _first_texts(result: Result) -> dict[str, str]:
    return {key: strict_json(value) for key, value in _first(result).items()}


def _viewed(result: Result) -> dict[str, str]:
    """What the page shows of the members that come first."""
    request = strict_json(_shorter_than(LONG_TEXT, result.settings.texts))
    params = strict_json({key: _beginning(value) for key, value in result.once(_params).items()})
    return result.once(_first_texts) | {"request": request, "params": params}


def _object(texts: dict[str, str]) -> str:
    """A JSON object of members that are JSON texts."""
    return "{" + ",".join([f'"{key}":{text}' for key, text in texts.items()]) + "}"


def _beginning(value: Any) -> Any:
    return value[:FEW] if isinstance(value, list) else value


def _shorter_than(limit: int, texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if len(text) <= limit}


def failure(errors: list[qc.QuantError]) -> Failure:
    """The answer to a request that cannot be computed."""
    found: list[Problem] = [{"field": error.field, "message": labelled(error)} for error in errors]
    return {"version": VERSION, "ok": False, "errors": found}


def _at_field(error: qc.QuantError, settings: Settings) -> qc.QuantError:
    """The error at a control of the form; what no control is for is about the data."""
    field = FIELD_OF.get(error.field, error.field)
    if field not in settings.texts:
        field = "codes" if settings.is_dequantize else "values"
    if field == "values" and settings.texts["source"] != "values":
        field = "source"
    return qc.QuantError(error.message, field)


def _described(result: Result) -> Described:
    """The answer but for its arrays."""
    instruments, figures = look(result, result.settings.show)
    return {**_first(result), **_later(result), "instruments": instruments, "figures": figures}


def _first(result: Result) -> DescribedFirst:
    """What of an answer is quick to make, and above or beside everything else on the page."""
    settings = result.settings
    shared = sharing(settings)
    found: DescribedFirst = {
        "version": VERSION,
        "ok": True,
        "request": settings.texts,
        "defaults": {name: default_of(name, settings.profile_name, settings.codes.name) for name in FIELDS},
        "params": result.once(_params),
        "shape": list(result.x.shape),
        "label": label_of(settings),
        "fingerprint": fingerprint_of(settings),
        "metrics": metrics_of(result),
        "settings": settings_in_words(settings.texts, shared),
        "summary": summary(result),
        "groups": [{"name": name, "title": title} for name, title in GROUPS.items()],
        "notices": notices(result),
    }
    if not settings.are_integers:
        found["stored"] = stored_of(result)
    if settings.reading is not None:
        found["reading"] = settings.reading.in_words
    if shared:
        found["axis_reading"] = shared
    if result.size > MAX_LISTED:
        found["truncated"] = True
    return found


def _later(result: Result) -> DescribedLater:
    """What takes half of an answer's time."""
    followed, code = result.once(steps), snippets(result)
    return {
        "table": result.once(value_table),
        "steps": followed,
        "copy": derivation(followed),
        "programs": [{"name": name, "title": program.title} for name, program in KINDS.items() if name in code],
        "code": code,
    }


def _params(result: Result) -> Params:
    qmin, qmax = result.settings.code_ends
    return {
        "scale": _numbers(result.scale),
        "zero_point": _whole_where_possible(result.zero_point),
        "qmin": qmin,
        "qmax": qmax,
        "scale_factor": _numbers(result.scale_factor),
    }


def stored_of(result: Result) -> StoredNumbers:
    """The codes as they lie in a file, and the numbers by which they become values."""
    fmt, stored, data = result.settings.codes, result.stored, all_bytes(result)
    if stored is not None:
        levels = [(level.name, level.format, level.values) for level in stored.levels]
        return _stored(data, fmt.name, stored.fmt.block_size, bits_per_value(result), levels)
    return _stored(data, fmt.name, 1, bits_per_value(result), [("scale", result.scale.dtype.name, result.scale)])


def _stored(data: bytes, name: str, size: int, bits: float, levels: list[tuple[str, str, Any]]) -> StoredNumbers:
    with np.errstate(invalid="ignore"):  # bytes may hold NaNs that signal
        listed: list[StoredLevel] = [
            {"name": level, "format": fmt, "values": [_finite(v) for v in values.reshape(-1)[:FEW].astype(np.float64)]}
            for level, fmt, values in levels
        ]
    return {
        "format": name,
        "block_size": size,
        "bits_per_value": bits,
        "hex": data[:MAX_BYTES].hex(),
        "levels": listed,
    }


def metrics_of(result: Result) -> Metrics:
    """The error figures, null where there is no number."""

    def figure(name: str) -> float | None:
        return _finite(getattr(result.metrics, name, None))

    return {
        "max_abs": figure("max_abs"),
        "mae": figure("mae"),
        "mse": figure("mse"),
        "rmse": figure("rmse"),
        "sqnr_db": figure("sqnr_db"),
        "cosine": figure("cosine"),
        "clipped_share": None if result.metrics is None else result.n_clipped / result.size,
    }


def _numbers(array: Any) -> list[float | None]:
    with np.errstate(invalid="ignore"):  # bytes may hold NaNs that signal
        flat = array.reshape(-1)[:MAX_LISTED].astype(np.float64)
    listed: list[float | None] = flat.tolist()
    return listed if np.isfinite(flat).all() else [_finite(number) for number in listed]


def _whole_where_possible(array: Any) -> list[int | float | None]:
    flat = array.reshape(-1)[:MAX_LISTED]
    if flat.dtype.kind in "iu":
        whole: list[int | float | None] = flat.tolist()
        return whole
    return [int(number) if number.is_integer() else _finite(number) for number in flat.astype(np.float64).tolist()]


def _finite(number: float | None) -> float | None:
    return float(number) if number is not None and np.isfinite(number) else None
