"""A result as a file to take along: codes, all numbers, figures, or a report of the whole page.

A kind is what is wanted and its format, such as `codes.csv`. Files hold every number, however many there are.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..answer import computed, failure, metrics_of
from ..answer_types import VERSION, Download, Failure
from ..drawing.svg import draw
from ..instruments import INSTRUMENTS, LEAD, look
from ..notation.nodes import markup, node
from ..results.result import Result
from ..results.steps import steps_at
from ..strict_json import strict_json
from .report import report

Arrays = dict[str, NDArray[Any]]

TYPES = {
    "csv": "text/csv;charset=utf-8",
    "json": "application/json",
    "npz": "application/zip",
    "md": "text/markdown;charset=utf-8",
    "svg": "image/svg+xml",
}

PICTURE = (960, 340)  # width and height of the drawing, in pixels


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of file.

    Attributes:
        label: what it is called on its button.
        write: makes its bytes.
    """

    label: str
    write: Callable[[Result], bytes]


def export(request: dict[str, str], kind: str) -> Download | Failure:
    r"""A result as a file.

    Args:
        request: as for :func:`lab.answer`.
        kind: a key of :data:`EXPORTS`.

    Returns:
        `{"ok": true, "name", "type", "data"}`, the data base64-coded; or `ok` false with the errors.

    >>> made = export({}, "codes.csv")
    >>> made["name"], base64.b64decode(made["data"])
    ('quantization-lab-codes.csv', b'-128\r\n-1\r\n127\r\n')
    """
    if kind not in EXPORTS:
        message = f'"{kind}" is not a kind of file; there are {", ".join(EXPORTS)}.'
        return failure([qc.QuantError(message, "kind")])
    result = computed({name: text for name, text in request.items() if name != "show"})  # a report has everything
    if isinstance(result, list):
        return failure(result)
    data = base64.b64encode(EXPORTS[kind].write(result)).decode("ascii")
    return {
        "version": VERSION,
        "ok": True,
        "name": f"quantization-lab-{kind}",
        "type": TYPES[kind.rpartition(".")[2]],
        "data": data,
    }


# Codes, in the shape of the numbers


def _codes(result: Result) -> NDArray[Any]:
    """The codes as integers, in the type of the format if it holds them (the notebook's may lie outside)."""
    fmt, q = result.settings.fmt, result.q
    lowest, highest = fmt.storage_range if isinstance(fmt, qc.IntFormat) else result.settings.code_ends
    fits = bool(((q >= lowest) & (q <= highest)).all())
    if fits:
        return q.astype(fmt.dtype)
    return q.astype(np.int64) if bool((np.abs(q) < 2.0**63).all()) else q


def _codes_csv(result: Result) -> bytes:
    codes = _codes(result)
    rows = codes.reshape(-1, 1) if codes.ndim < 2 else codes.reshape(-1, codes.shape[-1])
    return _csv([], rows)


def _codes_json(result: Result) -> bytes:
    settings = result.settings
    return _json(
        {
            "format": repr(settings.fmt),
            "shape": list(result.x.shape),
            "codes": _codes(result).tolist(),
            "scale": _plain(result.scale),
            "zero_point": _plain(result.zero_point),
            "granularity": repr(settings.granularity),
            "arithmetic": result.arithmetic,
        }
    )


def _codes_npz(result: Result) -> bytes:
    return _npz({"codes": _codes(result), "scale": result.scale, "zero_point": result.zero_point})


# All numbers, one a row


def _columns(result: Result) -> Arrays:
    """Place, value, code, reconstruction and error of every number."""
    shape = result.x.shape
    names = ["index"] if len(shape) == 1 else [f"index_{axis}" for axis in range(len(shape))]
    columns: Arrays = dict(zip(names, np.unravel_index(np.arange(result.size), shape), strict=True))
    if not result.settings.is_dequantize:
        columns["value"] = result.flat_x
    columns["code"] = _codes(result).reshape(-1)
    columns["dequantized"] = result.flat_x_hat
    if not result.settings.is_dequantize:
        columns["error"] = result.flat_x_hat.astype(np.float64) - result.flat_x
        steps = steps_at(result, np.arange(result.size))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # far beyond the codes; steps of 0
            columns["error_in_steps"] = columns["error"] / steps
    return columns


def _table_csv(result: Result) -> bytes:
    columns = _columns(result)
    texts = [_texts(column) for column in columns.values()]
    lines = [",".join(columns), *map(",".join, zip(*texts, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode()


def _table_json(result: Result) -> bytes:
    kept = {name: column for name, column in _columns(result).items() if not name.startswith(("index", "error"))}
    return _json({"shape": list(result.x.shape), **{name: _plain(column) for name, column in kept.items()}})


def _table_npz(result: Result) -> bytes:
    arrays: Arrays = {"codes": _codes(result), "dequantized": result.x_hat}
    if not result.settings.is_dequantize:
        arrays = {"values": result.x, **arrays}
    if result.stored is not None:
        arrays["bytes"] = np.frombuffer(result.stored.to_bytes(), np.uint8)
        arrays |= {name: value for name, value in result.stored.options.items() if name == "importance"}
    return _npz({**arrays, "scale": result.scale, "zero_point": result.zero_point})


# Figures of the error


def _metrics_csv(result: Result) -> bytes:
    lines = [
        "metric,value",
        *(f"{name},{'' if value is None else repr(value)}" for name, value in metrics_of(result).items()),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _metrics_json(result: Result) -> bytes:
    return _json({**metrics_of(result), "n_values": result.size})


def _metrics_npz(result: Result) -> bytes:
    return _npz({name: np.array(np.nan if value is None else value) for name, value in metrics_of(result).items()})


# The first chart


def _picture(result: Result) -> bytes:
    """A drawing on paper of its own: beside a text it has no page to take colours from."""
    _, figures = look(result, (LEAD,))
    drawn = draw(figures[LEAD], *PICTURE, INSTRUMENTS[LEAD].title)
    assert isinstance(drawn, list)
    tag, attributes, *children = drawn
    paper = node("rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    style = {"color": "#1b1d1f", "font-family": "sans-serif", "width": str(PICTURE[0]), "height": str(PICTURE[1])}
    return markup(node(tag, {**attributes, **style}, paper, *children)).encode()


# Formats


def _csv(head: list[str], rows: NDArray[Any]) -> bytes:
    """Lines as RFC 4180 has them."""
    texts = [_texts(column) for column in rows.T]
    lines = [*([",".join(head)] if head else []), *map(",".join, zip(*texts, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode()


def _texts(column: NDArray[Any]) -> list[str]:
    """Numbers as decimals that read back as themselves in their own precision."""
    numbers = column.tolist()
    if column.dtype != np.float32:
        return list(map(repr, numbers))
    texts = [f"{number:.7g}" for number in numbers]
    for digits in (8, 9):  # 9 are enough for every float32
        back = np.array(list(map(float, texts))).astype(np.float32)
        for i in np.flatnonzero(back != column).tolist():
            texts[i] = f"{numbers[i]:.{digits}g}"
    return texts


def _json(content: Any) -> bytes:
    return (strict_json(content) + "\n").encode()


def _plain(array: NDArray[Any]) -> Any:
    """Numbers as JSON has them, whole ones without a fraction in every type; float32 as its shortest decimal."""
    if array.dtype == np.float32:
        return np.array(list(map(float, _texts(array.reshape(-1))))).reshape(array.shape).tolist()
    return array.tolist()


def _npz(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # its second positional argument is a flag
    return file.getvalue()


EXPORTS: dict[str, Export] = {
    "codes.csv": Export("Codes as CSV", _codes_csv),
    "codes.json": Export("Codes as JSON", _codes_json),
    "codes.npz": Export("Codes as .npz", _codes_npz),
    "table.csv": Export("All numbers as CSV", _table_csv),
    "table.json": Export("All numbers as JSON", _table_json),
    "table.npz": Export("All numbers as .npz", _table_npz),
    "metrics.csv": Export("Error figures as CSV", _metrics_csv),
    "metrics.json": Export("Error figures as JSON", _metrics_json),
    "metrics.npz": Export("Error figures as .npz", _metrics_npz),
    "report.md": Export("Report as Markdown", lambda result: report(result).encode()),
    "picture.svg": Export("Picture as SVG", _picture),
}
