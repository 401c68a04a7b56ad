"""A tensor or the list of tensors as a file: decoded numbers as .npy and .safetensors, the list as CSV."""

import io
import json
import math
import re
from collections.abc import Generator, Iterable, Mapping
from typing import Any

import numpy as np

from quantcore import QuantError

from ..answer_types import Node
from ..data.files.contents import Entry
from ..data.store import STORE
from ..notation.display import count, plural
from ..notation.nodes import node
from .facts import model_sentence, sentence_of, title
from .work import Reply, Work, button, parts_of

MAX_SAVED = 1 << 29
"""Bytes of numbers in one file: they are in the worker's memory, of at most 4 GB, until the browser has a copy."""
MAX_PARTS = 12
"""Parts of a tensor that are offered; more rows than these hold are not saved one button at a time."""
UNSAFE = re.compile(r"[^\w.-]+")
LONGEST = 100
"""Characters of a file's name that come of a tensor's."""
CSV, NUMPY, SAFETENSORS = "text/csv;charset=utf-8", "application/octet-stream", "application/octet-stream"


def of_tensor(question: Mapping[str, str]) -> Work:
    """The files that a tensor can be taken along as."""
    yield 1.0
    _, entry, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    same = {name: question[name] for name in ("file", "file_sha256", "tensor")}
    kind = _dtype(entry).name
    told = f"Decoded to {kind}, the numbers take {plural(entry.n_values * _dtype(entry).itemsize, 'byte')}."
    nodes: list[Node] = [title(tensor.name), node("p", None, sentence_of(tensor)), node("p", None, told)]
    parts = list(_parts(entry))
    if len(parts) > 1:
        nodes.append(node("p", {"class": "hint"}, _too_large(entry, "Take it along in parts.").message))
    for ask, ending in (("npy", ".npy"), ("safetensors", ".safetensors")):
        whole = [button({**same, "ask": ask}, f"As {ending}")]
        some = [
            button(
                {**same, "ask": ask, "rows": f"{first}:{end}"}, f"Rows {count(first)} to {count(end - 1)} as {ending}"
            )
            for first, end in parts[:MAX_PARTS]
        ]
        nodes.append(node("p", {"class": "actions"}, *(some if len(parts) > 1 else whole)))
    return Reply(nodes, data={"parts": parts})


def of_model(question: Mapping[str, str]) -> Work:
    """The files that the header of a model can be taken along as."""
    yield 1.0
    file, model = STORE.model(question["file"], question["file_sha256"])
    same = {name: question[name] for name in ("file", "file_sha256")}
    buttons = [
        button({**same, "ask": "csv"}, "List of tensors as CSV"),
        button({**same, "ask": "report"}, "Report as Markdown"),
    ]
    told = node("p", None, model_sentence(model))
    return Reply([title(file.name), told, node("p", {"class": "actions"}, *buttons)])


def npy(question: Mapping[str, str]) -> Work:
    """The decoded numbers as .npy, in the tensor's shape; of some rows, these."""
    entry, rows, shape = _asked(question)
    dtype = _dtype(entry)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": dtype.str, "fortran_order": False, "shape": shape})
    pieces = yield from _numbers(entry, rows, dtype)
    return Reply([], file=(_of_rows(question, "npy"), NUMPY, [head.getvalue(), *pieces]), data={"shape": list(shape)})


def safetensors(question: Mapping[str, str]) -> Work:
    """As :func:`npy`, as a safetensors file with the one tensor under its name."""
    entry, rows, shape = _asked(question)
    dtype = _dtype(entry)
    size = math.prod(shape) * dtype.itemsize
    told = {"dtype": f"F{8 * dtype.itemsize}", "shape": list(shape), "data_offsets": [0, size]}
    said = {"decoded_from": question["file"], "stored_as": entry.dtype}
    if rows is not None:
        said["rows"] = question["rows"]
    header = json.dumps({"__metadata__": said, question["tensor"]: told}).encode()
    header += b" " * (-len(header) % 8)  # numbers begin at a multiple of 8, as safetensors writes them
    pieces = yield from _numbers(entry, rows, dtype)
    content = [len(header).to_bytes(8, "little") + header, *pieces]
    return Reply([], file=(_of_rows(question, "safetensors"), SAFETENSORS, content), data={"shape": list(shape)})


def csv(question: Mapping[str, str]) -> Work:
    """The list of tensors, one a line, in the order of the file."""
    yield 1.0
    _, model = STORE.model(question["file"], question["file_sha256"])
    head = ("name", "shape", "stored_as", "convention", "values", "bits_per_value", "size_bytes", "fault")
    lines: list[Iterable[str]] = [head]
    for one in model.tensors:
        shape = " ".join(map(str, one.shape))
        numbers = (str(one.n_values), repr(one.bits_per_value), str(one.size_bytes))
        lines.append((one.name, shape, one.label, one.convention, *numbers, one.fault))
    return Reply([], file=csv_file(file_name(question["file"], "tensors.csv"), lines))


def csv_file(name: str, lines: Iterable[Iterable[str]]) -> tuple[str, str, list[bytes]]:
    """Lines of cells as a file, as RFC 4180 has it."""
    text = "".join(",".join(map(_cell, line)) + "\r\n" for line in lines)
    return name, CSV, [text.encode("utf-8", "backslashreplace")]


def _asked(question: Mapping[str, str]) -> tuple[Entry, tuple[int, int] | None, tuple[int, ...]]:
    """The tensor, which rows of it, and the shape of these."""
    _, entry, _ = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    if not question.get("rows"):
        rows, shape = None, entry.shape
    else:
        start, _, stop = question["rows"].partition(":")
        rows = int(start), int(stop)
        shape = (rows[1] - rows[0], entry.n_values // max(1, entry.n_rows))
    if math.prod(shape) * _dtype(entry).itemsize > MAX_SAVED:
        raise _too_large(entry, f"Take along at most {plural(_rows_at_once(entry), 'row')} at once.")
    return entry, rows, shape


def _numbers(entry: Entry, rows: tuple[int, int] | None, dtype: np.dtype[Any]) -> Generator[float, None, list[bytes]]:
    pieces = []
    for share, part in parts_of(entry, rows):
        pieces.append(part.astype(dtype, copy=False).tobytes())
        yield share
    return pieces


def _dtype(entry: Entry) -> np.dtype[Any]:
    """The type of the decoded numbers, little-endian."""
    first = entry.read() if entry.rows is None else entry.rows(0, min(1, entry.n_rows))
    return first.dtype.newbyteorder("<")


def _rows_at_once(entry: Entry) -> int:
    return max(1, MAX_SAVED // max(1, entry.n_values // max(1, entry.n_rows) * _dtype(entry).itemsize))


def _parts(entry: Entry) -> Iterable[tuple[int, int]]:
    """Rows that can be saved at once, all of them in order."""
    step = _rows_at_once(entry)
    return ((start, min(start + step, entry.n_rows)) for start in range(0, entry.n_rows, step))


def _too_large(entry: Entry, remedy: str) -> QuantError:
    size = entry.n_values * _dtype(entry).itemsize
    return QuantError(
        f"The decoded numbers take {size / 2**20:,.0f} MB; at most {MAX_SAVED >> 20} MB are saved at once, because "
        f"they are in memory until the browser has them. {remedy}",
        "tensor",
    )


def file_name(text: str, ending: str) -> str:
    """A name that every file system takes.

    >>> file_name("a/b", "csv")
    'a_b.csv'
    """
    return f"{UNSAFE.sub('_', text)[:LONGEST].lstrip('.')}.{ending}"


def _of_rows(question: Mapping[str, str], ending: str) -> str:
    rows = f"{question['rows'].replace(':', '-')}." if question.get("rows") else ""
    return file_name(question["tensor"], f"{rows}{ending}")


def _cell(text: str) -> str:
    """A cell as RFC 4180 has it."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
