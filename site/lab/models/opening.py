"""Files in, their tensors out."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from .containers.gguf import read_gguf
from .containers.onnx import read_onnx
from .containers.safetensors import read_index, read_safetensors
from .containers.tflite import read_tflite
from .conventions.config import read_config
from .conventions.logical import LogicalTensor
from .conventions.table import logical_tensors
from .reading.fault import ModelFileError, refuse
from .reading.raw import Container, RawTensor, Scaled
from .reading.recognised import ENDINGS, GGUF, SHARD, TFLITE
from .reading.source import Source, read_exactly

INDEX = ".index.json"
MAX_FILES = 1000
"""The largest published models are in 200 files."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What is in one file, or in the shards of one.

    Attributes:
        kind: The file format.
        tensors: As the model means them.
        metadata: Other entries of the header.
        notices: What is wrong with the files, or said of them, that leaves tensors readable.
    """

    kind: str
    tensors: tuple[LogicalTensor, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def bits_per_value(self) -> float:
        """Bits of one number on average, over all tensors."""
        return 8 * sum(one.size_bytes for one in self.tensors) / max(1, sum(one.n_values for one in self.tensors))


def open_model(files: Mapping[str, Source]) -> Model:
    """The tensors of files that belong together: a model or its shards, an index, and configurations beside it.

    Args:
        files: By name.

    Raises:
        ModelFileError: If none of them is a model that can be read.
    """
    if len(files) > MAX_FILES:
        refuse(f"There are {len(files):,} files; at most {MAX_FILES:,} are opened at once. Choose those of one model.")
    beside = {name: source for name, source in files.items() if name.lower().endswith(".json")}
    shards = {name: source for name, source in sorted(files.items()) if name not in beside}
    models = {name: source for name, source in shards.items() if name.lower().endswith(ENDINGS)} or shards
    if not shards:
        refuse(f"There is no model among the files. Choose a file that ends in {', '.join(ENDINGS)}.")
    others = {name: source for name, source in shards.items() if name not in models}
    indexes = {name: source for name, source in beside.items() if name.lower().endswith(INDEX)}
    with _no_search_for_cycles():
        container = _joined({name: read_container(name, source, others) for name, source in models.items()})
        said = {name: source for name, source in beside.items() if name not in indexes}
        config, notices = read_config(said, container.metadata)
        missing = tuple(notice for source in indexes.values() for notice in _missing(source, container, set(models)))
        tensors = logical_tensors(container, config)
    return Model(
        container.kind, tensors, container.metadata, (*container.notices, *_absent(models), *missing, *notices)
    )


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Python looks for cycles whenever objects have become many; headers have none, and it takes half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _joined(containers: Mapping[str, Container]) -> Container:
    """The shards as one; a name that is in two of them is read from the first."""
    first, *rest = containers.values()
    if not rest:
        return first
    tensors: list[RawTensor] = []
    scaled: list[Scaled] = []
    notices: list[str] = []
    metadata: dict[str, Any] = {}
    seen: dict[str, str] = {}
    for name, container in containers.items():
        if container.kind != first.kind:
            refuse(f"{name} is {container.kind}, and another file {first.kind}. Choose the files of one model.")
        notices += [f"{name}: {notice}" for notice in container.notices]
        metadata.update(container.metadata)
        scaled += container.scaled
        for tensor in container.tensors:
            if tensor.name in seen:
                notices.append(f"{tensor.name} is in {seen[tensor.name]} and in {name}; the first is shown.")
                continue
            seen[tensor.name] = name
            tensors.append(tensor)
    return replace(first, tensors=tuple(tensors), metadata=metadata, notices=tuple(notices), scaled=tuple(scaled))


def _absent(names: Iterable[str]) -> list[str]:
    """The shards that are named by the number of those that are there: "...-00001-of-00003.gguf"."""
    present: dict[tuple[str, int, str, str], set[int]] = {}
    for name in names:
        if found := SHARD.fullmatch(name):
            stem, number, count, ending = found.groups()
            present.setdefault((stem, len(number), count, ending), set()).add(int(number))
    notices = []
    for (stem, n_digits, count, ending), numbers in present.items():
        absent = [number for number in range(1, min(int(count), MAX_FILES) + 1) if number not in numbers]
        if absent:
            others = f" (and {len(absent) - 1:,} more)" if len(absent) > 1 else ""
            notices.append(
                f"{stem}-{absent[0]:0{n_digits}}-of-{count}{ending} is not here{others}: choose all files of the model."
            )
    return notices


def _missing(index: Source, container: Container, names: set[str]) -> list[str]:
    """What the index names and the files do not hold."""
    try:
        places = read_index(index)
    except ModelFileError as error:
        return [error.message]
    present = {tensor.name for tensor in container.tensors}
    absent: dict[str, int] = {}
    for tensor, file in places.items():
        if tensor not in present:
            absent[file] = absent.get(file, 0) + 1
    return [
        f"{file} holds {count:,} of the tensors and is not here: choose it, too."
        if file not in names
        else f"The index names {count:,} tensors that {file} does not hold. Download it again."
        for file, count in sorted(absent.items())
    ]


def read_container(name: str, source: Source, beside: Mapping[str, Source] = {}) -> Container:
    """The tensors of a file, as they are stored; its format is found from its first bytes and its name.

    Args:
        name: Of the file.
        source: The file.
        beside: Files that may hold its values, by name.

    Raises:
        ModelFileError: If it is no model file, or its header cannot be read.
    """
    head = read_exactly(source, 0, min(16, source.size))
    ending = name.rpartition(".")[2].lower()
    if head.startswith(GGUF):
        return read_gguf(source)
    if head[4:8] == TFLITE or ending == "tflite":
        return read_tflite(source)
    if ending == "onnx":
        return read_onnx(source, beside)
    if ending == "safetensors" or head[8:9] == b"{":
        return read_safetensors(source)
    return refuse(
        f"The file cannot be read: it begins with {head[:4]!a}. Choose one that ends in {', '.join(ENDINGS)}."
    )
