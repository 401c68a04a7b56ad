"""In which byte order a big-endian GGUF file has the numbers in its blocks: it does not say, and writers differ.

ggml on a big-endian machine takes them for big-endian; gguf-py 0.19.0 swaps the numbers of plain tensors and leaves the
bytes of blocks as they were encoded, little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from ..reading.encoding import Encoding, blocked
from ..reading.raw import RawTensor

SAMPLE_BLOCKS, SAMPLE_TENSORS = 64, 8


def are_little(tensors: Sequence[RawTensor]) -> bool:
    """Whether the first blocks of a file vary less in size if their numbers are read as little-endian.

    Neighbouring blocks have scales of one size; with its bytes reversed a float16 has the last bits of its mantissa for
    an exponent.
    """
    swapped = little = 0.0
    candidates = [one for one in tensors if one.encoding is not None and one.encoding.block is not None]
    for tensor in [one for one in candidates if not one.fault and one.n_values][:SAMPLE_TENSORS]:
        encoding, other = tensor.encoding, little_blocks(tensor.encoding)
        assert encoding is not None
        assert other is not None
        octets = tensor.octets(0, min(tensor.size_bytes, SAMPLE_BLOCKS * encoding.unit_bytes))
        try:
            swapped += _spread(encoding, octets)
            little += _spread(other, octets)
        except QuantError:
            continue
    return little < swapped


def _spread(encoding: Encoding, octets: NDArray[np.uint8]) -> float:
    """How much the sizes of blocks vary: the standard deviation of their binary logarithms."""
    with np.errstate(all="ignore"):
        sizes = np.abs(encoding.decode(octets).reshape(-1, encoding.unit).astype(np.float64)).max(axis=1)
        if not np.isfinite(sizes).all():
            return 100.0
        present = sizes[sizes > 0]
        return float(np.log2(present).std()) if present.size else 0.0


def little_blocks(encoding: Encoding | None) -> Encoding | None:
    """The same, but of blocks the little-endian one."""
    if encoding is None or encoding.block is None:
        return encoding
    return blocked(encoding.label, encoding.block.name)
