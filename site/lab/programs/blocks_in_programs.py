"""Lines that programs for block formats share: the numbers, whole blocks of them, and the bytes."""

from .case import Case
from .origin import MAX_WRITTEN, saved


def values(case: Case) -> list[str]:
    """`x` in float32, filled up with zeros to whole blocks where the format wants them."""
    assert case.stored is not None
    lines = case.numbers()
    missing = case.stored.shape[-1] - case.given.shape[-1]
    if missing:
        widths = [(0, 0)] * (case.given.ndim - 1) + [(0, missing)]
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
    data = case.stored.to_bytes()
    return f'bytes.fromhex("{data.hex()}")' if len(data) <= MAX_WRITTEN else f"{saved('bytes')}.tobytes()"
