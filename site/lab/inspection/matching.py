"""Which tensor of one model is which of another, and how the two are brought into one order."""

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.files.contents import Entry
from ..data.store import File
from ..models.conventions.logical import LogicalTensor
from ..models.renaming import common_names, interleaved_heads, permuted_rows
from .facts import shape_of

TURNED = ("gptq", "awq_gemm")
"""Conventions that have (in, out) where checkpoints and GGUF files have (out, in)."""
MAX_HELD = 1 << 26
"""The most numbers that are held to be rearranged: as float32 they take 256 MB, and their copy as much."""
LAYER = re.compile(r"\.(\d+)\.")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A tensor of one of the two models.

    Attributes:
        entry: Its numbers.
        tensor: What the model says of it.
        heads: How many heads have their rows interleaved; None where none has.
    """

    entry: Entry
    tensor: LogicalTensor
    heads: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes that are not 1."""
        return tuple(length for length in self.tensor.shape if length != 1)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The tensor of both models.

    Attributes:
        name: What the first calls it.
        sides: Of the first model and of the second.
        is_turned: Whether the axes of one are in the other order.
        fault: Why they are not compared; empty if they are.
    """

    name: str
    sides: tuple[Side, Side]
    is_turned: bool
    fault: str

    @property
    def n_values(self) -> int:
        """Numbers of one of them."""
        return self.sides[0].tensor.n_values

    @property
    def layer(self) -> int | None:
        """The number of its layer, as its name has it."""
        found = LAYER.search(self.name)
        return None if found is None else int(found[1])

    @property
    def held(self) -> int | None:
        """Which of the two has to be rearranged; None where rows lie alike."""
        first, second = self.sides
        if (first.heads is None) != (second.heads is None):
            return 0 if first.heads is None else 1
        is_alike = first.tensor.row_length == second.tensor.row_length and not self.is_turned
        return None if is_alike else 1

    @property
    def walked(self) -> Side:
        """The side whose order both are compared in."""
        return self.sides[1 if self.held == 0 else 0]

    def arranged(self, numbers: NDArray[np.floating]) -> NDArray[np.floating]:
        """All numbers of the side that is held, flat, in the order of the other."""
        held = self.held
        assert held is not None
        side, other = self.sides[held], self.sides[1 - held]
        numbers = numbers.reshape(side.shape)
        if self.is_turned:
            numbers = numbers.T
        if side.heads is None and other.heads is not None:
            numbers = numbers[permuted_rows(len(numbers), other.heads)]
        return np.ascontiguousarray(numbers).reshape(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What two models have in common, in the order of the first, and the names of what only one has."""

    pairs: tuple[Pair, ...]
    alone: tuple[tuple[str, ...], tuple[str, ...]]


@functools.lru_cache(maxsize=4)
def matched(first: File, second: File) -> Matched:
    """The tensors of one name in both: the same, or the same once both are called as in GGUF files."""
    ours, theirs = _sides(first), _sides(second)
    our_names, their_names = common_names(ours), common_names(theirs)
    by_name: dict[str, str] = {}
    for name in theirs:
        by_name.setdefault(their_names[name], name)
    pairs, taken = [], set()
    for name, side in ours.items():
        partner = name if name in theirs else by_name.get(our_names[name])
        if partner is not None and partner not in taken:
            taken.add(partner)
            pairs.append(_pair(name, side, theirs[partner]))
    found = {pair.name for pair in pairs}
    alone = tuple(name for name in ours if name not in found), tuple(name for name in theirs if name not in taken)
    return Matched(tuple(pairs), alone)


def _sides(file: File) -> Mapping[str, Side]:
    assert file.model is not None
    tensors = {tensor.name: tensor for tensor in file.model.tensors}
    metadata = file.model.metadata
    return {
        entry.name: Side(entry, tensors[entry.name], interleaved_heads(metadata, entry.name))
        for entry in file.contents.entries
    }


def _pair(name: str, first: Side, second: Side) -> Pair:
    is_turned = sum(side.tensor.convention in TURNED for side in (first, second)) == 1
    turned = second.shape[::-1]
    if first.shape != (turned if is_turned else second.shape):
        is_turned = first.shape == turned
    pair = Pair(name, (first, second), is_turned, "")
    fault = ""
    if first.shape not in (second.shape, turned):
        fault = f"The shapes differ: {shape_of(first.tensor.shape)} and {shape_of(second.tensor.shape)}."
    elif not math.prod(first.shape):
        fault = "There are no numbers in them."
    elif pair.held is not None and pair.n_values > MAX_HELD:
        fault = f"They are in another order, in which at most {MAX_HELD:,} values are compared."
    elif any(side.heads is not None and first.shape[0] % (2 * side.heads) for side in pair.sides):
        fault = "The rows are not a multiple of twice the heads, by which they are interleaved."
    return Pair(name, pair.sides, is_turned, fault)
