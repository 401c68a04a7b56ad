"""Lines that programs for block formats share: the numbers, whole blocks of them, and the bytes."""

import numpy as np

from .case import Case, array


def values(case: Case) -> list[str]:
    """`x` in float32, filled up with zeros to whole blocks where the format wants them."""
    assert case.stored is not None
    given = case.given.astype(np.float32, copy=False)
    lines = [*case.remark(), f"x = {array(given)}"]
    missing = case.stored.shape[-1] - given.shape[-1]
    if missing:
        widths = [(0, 0)] * (given.ndim - 1) + [(0, missing)]
        lines.append(f"x = np.pad(x, {widths})  # whole blocks of {case.stored.fmt.block_size}")
    return lines


def kept(case: Case) -> str:
    """The index that takes away what was filled up; empty where nothing was."""
    assert case.stored is not None
    length = case.given.shape[-1]
    is_filled = not case.is_dequantize and case.stored.shape[-1] != length
    return f"[..., :{length}]" if is_filled else ""


def octets(case: Case) -> str:
    """The bytes of the blocks as an expression."""
    assert case.stored is not None
    return f'bytes.fromhex("{case.stored.to_bytes().hex()}")'
