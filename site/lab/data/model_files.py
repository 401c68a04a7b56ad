"""Model files of any size as the store keeps them: their tensors listed, and rows decoded when they are asked for."""

import hashlib
from collections.abc import Mapping

import numpy as np

import quantcore as qc
from quantcore import QuantError

from ..models.conventions.logical import LogicalTensor
from ..models.conventions.values import Blocks, Plain
from ..models.opening import Model, open_model
from ..models.reading.source import Source
from .files.contents import About, Contents, Entry, Floats, Skipped, as_floats

END = 1 << 20
"""So many bytes of either end of a file are part of its digest: headers are at the beginning, tensors at the end."""


def digest_of(files: Mapping[str, Source]) -> str:
    """What files are known by: the SHA-256 of their sizes, and of so much of their beginnings and ends as `END`."""
    digest = hashlib.sha256()
    for _, source in sorted(files.items()):
        digest.update(source.size.to_bytes(8, "little"))
        digest.update(source.read(0, min(END, source.size)))
        if source.size > END:
            digest.update(source.read(max(END, source.size - END), min(END, source.size - END)))
    return digest.hexdigest()


def read_model(files: Mapping[str, Source]) -> tuple[Model, Contents, About]:
    """A model of files that belong together, and its tensors as arrays; none of their values are read.

    Raises:
        QuantError: if none of them is a model that can be read.
    """
    model = open_model(files)
    entries = tuple(_entry(tensor) for tensor in model.tensors if tensor.values is not None and not tensor.fault)
    skipped = tuple(Skipped(one.name, one.fault) for one in model.tensors if one.values is None or one.fault)
    if not entries:
        raise QuantError(skipped[0].reason if skipped else "The file holds no tensors. Choose another.", "file")
    first = next((i for i, one in enumerate(entries) if len(one.shape) > 1), 0)
    return model, Contents(entries, skipped), About(model.kind, model.bits_per_value, first, model.notices)


def _entry(tensor: LogicalTensor) -> Entry:
    def rows(start: int, stop: int) -> Floats:
        return _rows(tensor, start, stop)

    values = tensor.values
    blocks = values if isinstance(values, (Blocks, Plain)) and values.fmt is not None else None
    return Entry(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.label,
        read=lambda: rows(0, tensor.n_rows).reshape(tensor.shape),
        rows=rows,
        size_bytes=tensor.size_bytes,
        notes=tensor.notes,
        stored=None if blocks is None else blocks.stored,
        stored_as={} if blocks is None or blocks.fmt is None else _fields_of(blocks.fmt),
    )


def _fields_of(fmt: qc.BlockFormat) -> dict[str, str]:
    """The fields of a request that choose a block format."""
    found = {"format": fmt.name}
    if hasattr(fmt, "with_block_size"):
        found["block_size"] = str(fmt.block_size)
    return found


def _rows(tensor: LogicalTensor, start: int, stop: int) -> Floats:
    """Rows of a tensor; of numbers that are stored as they are, these, in the precision that holds them all."""
    values = tensor.values
    if isinstance(values, Plain):
        length = tensor.row_length
        encoding = values.tensor.encoding
        if encoding is not None and encoding.fmt is None and encoding.block is None:
            numbers = values.tensor.codes(start * length, stop * length)
            return as_floats(numbers).reshape(stop - start, length)
    return np.asarray(tensor.rows(start, stop))
