"""Where a block is in a file: each byte that is changed there changes what is said of it, and nothing else."""

import math

import numpy as np
import pytest

import quantcore as qc
from quantcore.explain.stored_bytes import byte_members, stored_fields, stored_members

NAMES = [name for name, block in qc.BLOCK_FORMATS.items() if block.can_encode]


def stored_of(name: str, n_blocks: int = 3) -> qc.Stored:
    """Some blocks of numbers of which none becomes 0 for its scale's sake."""
    block = qc.BLOCK_FORMATS[name]
    size = n_blocks * block.block_size
    x = 2 + np.sin(np.arange(size, dtype=np.float64) * 1.7)
    x[::3] *= -1
    options = {"importance": np.ones(size)} if "importance" in block.options else {}
    return qc.store(x, block, **options)


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_all_blocks_are_all_bytes(name: str) -> None:
    """Every byte of the file is in a field of some block, and no byte of a block's own is in two."""
    stored = stored_of(name)
    owners = np.zeros(stored.size_bytes, int)
    for block in range(3):
        fields = stored_fields(stored, block)
        taken = [byte for field in fields for byte in range(field.start, field.start + field.size)]
        assert len(set(taken)) == len(taken)
        owners[taken] += 1
    assert owners.min() >= 1
    assert np.count_nonzero(owners == 1) >= 3 * stored.fmt.block_bytes - 8


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_changes_the_numbers_that_are_said(name: str) -> None:
    """Each bit of every byte of the second block is flipped in the file, and the file read again."""
    stored = stored_of(name)
    data, members = stored.to_bytes(), stored_members(stored, 1)
    before = qc.restore(stored).view(np.uint32)
    for field, own in zip(stored_fields(stored, 1), byte_members(stored, 1), strict=True):
        for offset in range(field.size):
            changed = np.zeros(math.prod(stored.shape), np.bool_)
            for bit in range(8):
                other = bytearray(data)
                other[field.start + offset] ^= 1 << bit
                with np.errstate(all="ignore"):
                    after = qc.restore(stored.fmt.from_bytes(bytes(other), stored.shape)).view(np.uint32)
                changed |= (after != before).reshape(-1)
            said = set(members[own[offset]].tolist())
            found = set(np.flatnonzero(changed).tolist())
            assert found & set(members.tolist()) <= said, (field, offset)
            if not stored.fmt.library.startswith("ggml"):
                continue
            assert found == said, (field, offset)


@pytest.mark.parametrize("name", NAMES)
def test_bytes_of_codes_are_those_of_the_trace(name: str) -> None:
    """The bytes that hold bits of an element's code are among those that it has a part in."""
    stored = stored_of(name)
    members = stored_members(stored, 2)
    for index in members[[0, 5, -1]].tolist():
        trace = qc.trace_stored(stored, index)
        held = set()
        for field, own in zip(stored_fields(stored, 2), byte_members(stored, 2), strict=True):
            held |= {field.start + int(i) for i in np.flatnonzero(own[:, members == index].any(axis=1))}
        assert {byte for byte, _ in trace.bits} <= held
