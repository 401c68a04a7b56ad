"""Files in, their tensors out."""

from __future__ import annotations

from collections.abc import Callable

from .containers.gguf import MAGIC, read_gguf
from .containers.safetensors import read_safetensors
from .reading.fault import refuse
from .reading.raw import Container
from .reading.source import Source, read_exactly


def read_container(name: str, source: Source) -> Container:
    """The tensors of a file, as they are stored; its format is found from its first bytes and its name.

    Raises:
        ModelFileError: If it is no model file, or its header cannot be read.
    """
    return _reader(name, source)(source)


def _reader(name: str, source: Source) -> Callable[[Source], Container]:
    head = read_exactly(source, 0, min(16, source.size))
    ending = name.rpartition(".")[2].lower()
    if head.startswith(MAGIC):
        return read_gguf
    if ending == "safetensors" or head[8:9] == b"{":
        return read_safetensors
    return refuse(
        f"The file is none that can be read: it begins with {head[:4]!a}. Choose a .gguf or .safetensors file."
    )
