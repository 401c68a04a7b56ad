"""All conventions, and the tensors that they find among those of a file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from quantcore import QuantError

from ...parsing.places import quoted
from ..reading.raw import Container, RawTensor
from .awq import AWQ_GEMM, AWQ_GEMV
from .bitsandbytes import BITSANDBYTES
from .compressed import PACKED
from .float_blocks import FLOAT_BLOCKS
from .gptq import GPTQ
from .logical import Config, Convention, Found, LogicalTensor, Made
from .mlx import MLX
from .scaled import logical_of
from .torchao import TORCHAO
from .values import Plain

_ALL = (GPTQ, AWQ_GEMM, AWQ_GEMV, PACKED, *FLOAT_BLOCKS, *BITSANDBYTES, TORCHAO, MLX)
CONVENTIONS: Mapping[str, Convention] = MappingProxyType({record.name: record for record in _ALL})


OF_WORDS = ("qweight", "qzeros", "weight_packed")
WORDS = ("I32", "U32", "I16", "U8")
"""What tensors of packed codes are called, and the types of the words."""


def logical_tensors(container: Container, config: Config) -> tuple[LogicalTensor, ...]:
    """What the stored tensors of a file make up, in the order of the file; each stored tensor is used once.

    Those of no convention are tensors of their own.
    """
    named: dict[str, RawTensor] = {}
    for tensor in container.tensors:
        named.setdefault(tensor.name, tensor)
    found: dict[str, LogicalTensor] = {}
    first = tuple({record.needs[0] for record in _ALL})
    telling = [name for name in named if name.endswith(first)]
    for record in _ALL:
        for name in [name for name in telling if name.endswith(record.needs[0]) and name in named]:
            made = _tried(record, name.removesuffix(record.needs[0]), named, config)
            if made is not None:
                found.update(dict.fromkeys((part.name for part in made.made_of), made))
                for part in made.made_of:
                    named.pop(part.name, None)
    convention = container.kind.partition(" ")[0]
    for scaled in container.scaled:
        one = logical_of(scaled, convention, named)
        if scaled.codes.name in named:
            found.update(dict.fromkeys((part.name for part in one.made_of), one))
    listed: dict[int, LogicalTensor] = {}
    for tensor in container.tensors:
        one = found.get(tensor.name) or plain(tensor)
        listed.setdefault(id(one), one)
    return tuple(listed.values())


def _tried(record: Convention, stem: str, named: Mapping[str, RawTensor], config: Config) -> LogicalTensor | None:
    """The tensor of a convention, if its parts are there and fit; a part that is damaged is the tensor's fault."""
    if not all(stem + suffix in named for suffix in record.needs):
        return None
    parts = {suffix: named[stem + suffix] for suffix in (*record.needs, *record.may) if stem + suffix in named}
    fault = next((part.fault for part in parts.values() if part.fault), "")
    try:
        made = record.build(Found(stem, parts), config)
    except QuantError as error:
        made = Made((), record.label, None, (), error.message)
    if made is None:
        return None
    values = None if fault or made.fault else made.values
    return LogicalTensor(
        stem + record.logical, made.shape, record.name, made.label, tuple(parts.values()), values, made.notes,
        fault or made.fault,
    )  # fmt: skip


def plain(tensor: RawTensor) -> LogicalTensor:
    """A stored tensor as one of its own."""
    notes = (tensor.encoding.note,) if tensor.encoding is not None and tensor.encoding.note else ()
    fault = tensor.fault
    if not fault and tensor.name.endswith(OF_WORDS) and tensor.dtype in WORDS:
        fault = (
            f"Tensor {quoted(tensor.name)} holds codes packed into words, and the tensors that say how are not here. "
            "Open the whole checkpoint, with its configuration."
        )
    values = None if fault else Plain(tensor)
    return LogicalTensor(tensor.name, tensor.shape, "plain", tensor.dtype, (tensor,), values, notes, fault)
