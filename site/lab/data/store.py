"""The files that were dropped, kept in memory under the SHA-256 of their bytes for as long as the worker lives.

A request names a file (`file`, `file_sha256`) and an array in it (`tensor`); a link cannot carry the file itself, so a
request for a file that is not here is answered with which one to drop.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from quantcore import QuantError, Stored

from ..models.reading.recognised import HEAD, is_model
from ..models.reading.source import BytesSource, Source
from ..parsing.places import quoted
from ..parsing.reading import Reading
from .files.contents import (
    MAX_BYTES,
    About,
    Contents,
    Entry,
    Floats,
    Part,
    as_floats,
    contents_of,
    part_of,
    read_numbers,
    read_stored,
)
from .files.readers import read_contents
from .picture import greys

if TYPE_CHECKING:
    from ..models.conventions.logical import LogicalTensor
    from ..models.opening import Model  # large, and seldom needed

Buffer: TypeAlias = bytes | bytearray | memoryview
Json: TypeAlias = dict[str, Any]

T = TypeVar("T")
Key: TypeAlias = tuple[str, str, str, Part | None]
"""A file's digest, an array's name, how it is read, and which part."""

AS_STORED = "as stored"
"""How an array is read whose blocks are not decoded; any other way is a choice of what commas are."""

MAX_KEPT = 3 * MAX_BYTES
"""How many bytes of files are kept; beyond it the oldest are forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file and what is in it."""

    name: str
    size: int
    sha256: str
    contents: Contents
    about: About | None = None
    model: Model | None = None

    @property
    def kept_bytes(self) -> int:
        """What it takes of memory: a model's values stay where they are."""
        return self.size if self.about is None else 0


class Store:
    """Files by digest, the latest last, and the array that was asked for last."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()
        self._latest: tuple[Key, Any] | None = None

    def load(self, name: str, data: Buffer) -> Json:
        """Read a file and keep it.

        Args:
            name: its name, without a folder.
            data: all of its bytes.

        Returns:
            `{"ok": true, "file": {"name", "size", "sha256"}, "arrays": [{"name", "shape", "dtype"}], "skipped":
            [{"name", "reason"}]}`, or `{"ok": false, "errors": [{"field", "message"}]}`, and then nothing is lost.
        """
        if is_model(name, bytes(data[:HEAD])):
            return self.open(name, {name: BytesSource(bytes(data))})
        if len(data) > MAX_BYTES:
            return _failure(name, too_large(len(data)))
        return self.read(name, bytes(data), hashlib.sha256(data).hexdigest())

    def open(self, name: str, files: Mapping[str, Source]) -> Json:
        """Keep a model, or the shards of one with the configurations beside it; its values stay where they are.

        Args:
            name: of the file that stands for all.
            files: by name, without a folder.

        Returns:
            as :meth:`load`, with "model": {"kind", "bits_per_value", "first", "notices"}.
        """
        models = importlib.import_module(".model_files", __package__)  # large, and seldom needed
        try:
            model, contents, about = models.read_model(files)
            digest = models.digest_of(files)
        except QuantError as error:
            message = f"file {quoted(name)}: {error.message}"
            return {"ok": False, "errors": [{"field": "file", "message": message}]}
        size = sum(source.size for source in files.values())
        return self.keep(File(name, size, digest, contents, about, model))

    def open_all(self, names: list[str], files: Mapping[str, Source]) -> Json:
        """Keep all models that are among some files.

        Args:
            names: of those that hold tensors.
            files: by name, without a folder, with what lies beside them.

        Returns:
            as :meth:`open`, of the first that can be read; why others cannot be is in its notices.
        """
        grouping = importlib.import_module("..models.grouping", __package__)
        opened = [self.open(min(group.keys() & set(names)), group) for group in grouping.grouped(names, files)]
        read = [one["file"]["sha256"] for one in opened if one["ok"]]
        if not read:
            return opened[0]
        first = self._files[read[0]]
        assert first.about is not None
        refused = tuple(one["errors"][0]["message"] for one in opened if not one["ok"])
        about = replace(first.about, notices=first.about.notices + refused)
        first = self._files[read[0]] = replace(first, about=about)
        return _description(first)

    def read(self, name: str, data: bytes, sha256: str) -> Json:
        """As :meth:`load`, for bytes whose digest is known and whose number is allowed."""
        try:
            contents = read_contents(name, data)
        except QuantError as error:
            return _failure(name, error)
        except MemoryError:
            return _failure(name, QuantError("needs more memory than there is. Save a part of it.", "file"))
        return self.keep(File(name, len(data), sha256, contents))

    def load_pixels(self, name: str, width: int, height: int, pixels: Buffer, original: Buffer | None = None) -> Json:
        """Keep a picture that the browser decoded, as rows of greys from 0 to 255.

        Args:
            name: the picture's file name.
            width: how many pixels a row has.
            height: how many rows there are.
            pixels: one byte a pixel (grey) or four (red, green, blue, opacity), row after row from the top.
            original: the bytes of the picture's file, which its digest is of; without them it is of the greys.
        """
        try:
            grey = greys(width, height, np.frombuffer(pixels, np.uint8))
        except QuantError as error:
            return _failure(name, error)
        digest = hashlib.sha256(grey.tobytes() if original is None else original).hexdigest()
        entry = Entry("picture", grey.shape, "grey", lambda: as_floats(grey))
        return self.keep(File(name, len(pixels if original is None else original), digest, contents_of([entry])))

    def keep(self, file: File) -> Json:
        """Keep a file, forget the oldest where they take too much, and describe it."""
        self._files.pop(file.sha256, None)
        self._files[file.sha256] = file
        while sum(kept.kept_bytes for kept in self._files.values()) > MAX_KEPT:
            del self._files[next(digest for digest, kept in self._files.items() if kept.kept_bytes)]
        self._latest = None
        return _description(file)

    def values(
        self, name: str, sha256: str = "", tensor: str = "", shape: str = "", commas: str = "", rows: str = ""
    ) -> tuple[File, Entry, Floats, Part | None]:
        """The numbers of an array.

        Args:
            name: the file's name.
            sha256: its digest; empty for the latest file of that name.
            tensor: the array's name; empty for the first of the file.
            shape: what the array's shape was, for the message if the file is not here.
            commas: what the commas of a text are, where it can be read in several ways; empty: the likeliest.
            rows: the first row and the one after the last, as "0:256", or with columns, as "0:256, 0:64"; empty for as
                many as a page holds.

        Returns:
            The file, the array, its numbers, and which part they are; None for all.

        Raises:
            QuantError: for `file`, if it is not here or broken; for `tensor`, if the file has no such array.
        """
        file = self._find(name, sha256, shape)
        entry = _entry(file, tensor)
        part = part_of(entry, rows)

        def read() -> tuple[Entry, Floats]:
            chosen = _read_as(entry, commas, file.name)
            return chosen, read_numbers(chosen, file.name, part)

        return file, *self._once((file.sha256, entry.name, commas, part), read), part

    def reading(self, name: str, sha256: str, tensor: str) -> Reading | None:
        """How the text of an array was understood; None where there is none, or no such file."""
        try:
            return _entry(self._find(name, sha256, ""), tensor).reading
        except QuantError:
            return None

    def stored(
        self, name: str, sha256: str = "", tensor: str = "", shape: str = "", rows: str = ""
    ) -> tuple[File, Entry, Stored, Part | None]:
        """As :meth:`values`, of an array in a block format, as it is stored."""
        file = self._find(name, sha256, shape)
        entry = _entry(file, tensor)
        part = part_of(entry, rows)
        key = file.sha256, entry.name, AS_STORED, part
        return file, entry, self._once(key, lambda: read_stored(entry, file.name, part)), part

    def model(self, name: str, sha256: str) -> tuple[File, Model]:
        """A file that is a model.

        Raises:
            QuantError: for `file`, if it is not here or none.
        """
        file = self._find(name, sha256, "")
        if file.model is None:
            raise QuantError(f"file {quoted(file.name)} is no model: it holds plain arrays.", "file")
        return file, file.model

    def tensor(self, name: str, sha256: str, tensor: str) -> tuple[File, Entry, LogicalTensor]:
        """A tensor of a model, as an array and as the model means it.

        Raises:
            QuantError: for `file`, if it is not here or no model; for `tensor`, if it holds no such one.
        """
        file, model = self.model(name, sha256)
        entry = _entry(file, tensor)
        return file, entry, next(one for one in model.tensors if one.name == entry.name)

    def models(self) -> list[File]:
        """The models that are open, the latest last."""
        return [file for file in self._files.values() if file.model is not None]

    def named(self, name: str, sha256: str, tensor: str) -> Floats | None:
        """The numbers of an array if a file has one of this name; None for any other text."""
        try:
            file = self._find(name, sha256, "")
        except QuantError:
            return None
        entry = next((entry for entry in file.contents.entries if tensor and entry.name == tensor), None)
        return None if entry is None else read_numbers(entry, file.name)

    def _once(self, key: Key, read: Callable[[], T]) -> T:
        """What was read last if it is wanted again; else what is read now."""
        if self._latest is None or self._latest[0] != key:
            self._latest = None  # freed before the next one is made
            self._latest = key, read()
        found: T = self._latest[1]
        return found

    def forget(self) -> None:
        """Drop all files."""
        self._files.clear()
        self._latest = None

    def _find(self, name: str, sha256: str, shape: str) -> File:
        if not name and not sha256:
            raise QuantError("file is empty; drop a file on the page, or choose one.", "file")
        if sha256 in self._files:
            return self._files[sha256]
        same_name = [file for file in self._files.values() if file.name == name]
        if same_name and not sha256:
            return same_name[-1]
        known = [f"shape {shape}"] if shape else []
        known += [f"SHA-256 {sha256}"] if sha256 else []
        details = f" ({', '.join(known)})" if known else ""
        if same_name:
            raise QuantError(
                f"file {quoted(name)} is here, but it is another one: its SHA-256 is {same_name[-1].sha256}. "
                f"Drop the one that is meant{details}.",
                "file",
            )
        raise QuantError(
            f"file {quoted(name)} is not here: a link cannot carry a file, which never leaves its machine. "
            f"Drop {quoted(name)}{details} on the page.",
            "file",
        )


class Intake:
    """A file on its way in, piece by piece, so that progress can be shown; to cancel, let go of it."""

    def __init__(self, name: str, size: int, store: Store) -> None:
        self._name, self._size, self._store = name, size, store
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._filled = 0

    def write(self, piece: Buffer) -> float:
        """Take the next bytes.

        Returns:
            Which part of the file is in, from 0 to 1; 1 at once if it is too large and no more need come.
        """
        self._filled += len(piece)
        if max(self._size, self._filled) > MAX_BYTES:
            self._pieces.clear()
            return 1.0
        self._pieces.append(bytes(piece))
        self._digest.update(piece)
        return min(self._filled / self._size, 1.0) if self._size else 1.0

    def finish(self) -> Json:
        """Read what came in; returns what :meth:`Store.load` does."""
        size = max(self._size, self._filled)
        if size > MAX_BYTES:
            return _failure(self._name, too_large(size))
        if self._filled != self._size:
            changed = f"came in as {self._filled:,} of {self._size:,} bytes: it changed meanwhile. Drop it again."
            return _failure(self._name, QuantError(changed, "file"))
        data = b"".join(self._pieces)
        self._pieces.clear()
        return self._store.read(self._name, data, self._digest.hexdigest())


STORE = Store()
load = STORE.load
open_models = STORE.open_all
load_pixels = STORE.load_pixels
values = STORE.values


def intake(name: str, size: int) -> Intake:
    """Begin to take a file in: `write` its pieces, then `finish`."""
    return Intake(name, size, STORE)


def too_large(size: int) -> QuantError:
    """The refusal of a file of so many bytes."""
    limit = MAX_BYTES // 2**20
    return QuantError(
        f"has {size / 2**20:,.0f} MB; at most {limit} MB are read. Save a part of it, or save it as float16.",
        "file",
    )


def _description(file: File) -> Json:
    arrays = [
        {"name": one.name, "shape": list(one.shape), "dtype": one.dtype}
        | ({} if one.size_bytes is None else {"size": one.size_bytes})
        | ({"as_stored": dict(one.stored_as)} if one.stored_as else {})
        for one in file.contents.entries
    ]
    skipped = [{"name": one.name, "reason": one.reason} for one in file.contents.skipped]
    about = {"name": file.name, "size": file.size, "sha256": file.sha256}
    found = {"ok": True, "file": about, "arrays": arrays, "skipped": skipped}
    return found if file.about is None else {**found, "model": asdict(file.about)}


def _failure(name: str, error: QuantError) -> Json:
    return {"ok": False, "errors": [{"field": error.field, "message": f"file {quoted(name)} {error.message}"}]}


def _read_as(entry: Entry, commas: str, file_name: str) -> Entry:
    """The array with other commas, if its text can be read so."""
    if not commas or entry.otherwise is None:
        return entry
    try:
        return entry.otherwise(commas)
    except QuantError as error:
        raise QuantError(f"file {quoted(file_name)} {error.message}", "file") from None


def _entry(file: File, tensor: str) -> Entry:
    """The array of this name.

    Raises:
        QuantError: if there is none.
    """
    entries = file.contents.entries
    if not tensor:
        return entries[0]
    for entry in entries:
        if entry.name == tensor:
            return entry
    skipped = [one.reason for one in file.contents.skipped if one.name == tensor]
    if skipped:
        raise QuantError(f"tensor {quoted(tensor)} of {quoted(file.name)} {skipped[0]}", "tensor")
    names = [entry.name for entry in entries]
    close = difflib.get_close_matches(tensor, names, 1) or names[:1]
    raise QuantError(
        f"tensor is {quoted(tensor)}, which {quoted(file.name)} does not hold. Choose one, such as {quoted(close[0])}.",
        "tensor",
    )
