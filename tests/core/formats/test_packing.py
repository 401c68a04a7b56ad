"""Packed codes: bytes written out by hand, and the way back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantcore as qc
from quantcore.formats.packing import ORDERS, pack, unpack


@pytest.mark.parametrize(
    ("codes", "bits", "order", "packed"),
    [
        # ONNX, protobuf of int4: "the first element in the 4 LSB, the second in the 4 MSB", padded with 0
        ([1, 2, 3, 4, 5], 4, "low_first", [0x21, 0x43, 0x05]),
        ([-1, -8, 7], 4, "low_first", [0x8F, 0x07]),
        ([0, 1, 2, 3, 3], 2, "low_first", [0b11100100, 0b11]),
        ([-2, -1, 0, 1], 2, "low_first", [0b01001110]),
        # bitsandbytes: element 2i in the high nibble
        ([1, 2, 3, 4, 5], 4, "high_first", [0x12, 0x34, 0x50]),
        ([0, 1, 2, 3], 2, "high_first", [0b00011011]),
        # GGUF: elements j and j + 16 of a block of 32 share byte j
        (list(range(16)) + [15 - i for i in range(16)], 4, "halves", [(15 - i) << 4 | i for i in range(16)]),
        ([1, 2, 3], 4, "halves", [0x31, 0x02]),
        ([3, 0, 1, 0, 2, 0, 3, 0], 2, "halves", [0b11100111, 0]),
        # GPTQ's and compressed-tensors' 3 bits: code k begins at bit 3 k of a little-endian word
        ([1, 2, 3, 4, 5, 6, 7, 0], 3, "low_first", [*(0o07654321).to_bytes(3, "little")]),
        # FP6 in compressed-tensors: four codes in three bytes, lowest bits first
        ([1, 2, 3, 4], 6, "low_first", [*(1 | 2 << 6 | 3 << 12 | 4 << 18).to_bytes(3, "little")]),
        ([1, 2, 3, 4], 6, "high_first", [*(1 << 18 | 2 << 12 | 3 << 6 | 4).to_bytes(3, "big")]),
        ([1, 0, 1, 1, 0, 0, 0, 0, 1], 1, "low_first", [0b1101, 1]),
        ([], 4, "low_first", []),
    ],
)
def test_bytes_written_by_hand(codes: list[int], bits: int, order: Any, packed: list[int]) -> None:
    """The layouts of ONNX, bitsandbytes and GGUF, with padding."""
    result = pack(np.array(codes, np.int64), bits, order)
    assert result.dtype == np.uint8
    assert result.tolist() == packed
    is_signed = min(codes, default=0) < 0
    assert unpack(result, bits, len(codes), signed=is_signed, order=order).tolist() == codes


@given(st.data())
def test_packing_comes_back(data: st.DataObject) -> None:
    """Unpacking what was packed gives the codes, for every width, sign, order and length, padding included as zeros."""
    bits, is_signed = data.draw(st.integers(1, 8)), data.draw(st.booleans())
    order = data.draw(st.sampled_from(ORDERS if bits in (1, 2, 4, 8) else ORDERS[:2]))
    low = -(1 << bits - 1) if is_signed else 0
    codes = data.draw(st.lists(st.integers(low, low + (1 << bits) - 1), max_size=70))
    packed = pack(np.array(codes, np.int8 if is_signed else np.uint8), bits, order)
    assert packed.size == -(-len(codes) * bits // 8)
    assert unpack(packed, bits, len(codes), signed=is_signed, order=order).tolist() == codes
    if order != "halves":
        everything = unpack(packed, bits, signed=is_signed, order=order)
        assert everything.tolist() == codes + [0] * (everything.size - len(codes))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_every_byte_is_read_and_written(bits: int, order: Any) -> None:
    """All 256 bytes survive unpacking and packing again."""
    everything = np.arange(256, dtype=np.uint8)
    assert np.array_equal(pack(unpack(everything, bits, order=order), bits, order), everything)


def test_matrices_are_packed_in_row_order() -> None:
    """A matrix is packed as its rows one after another, whatever its memory layout, and is not changed."""
    codes = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    before = codes.copy()
    assert pack(np.asfortranarray(codes), 4).tolist() == pack(codes.reshape(-1), 4).tolist() == [0x21, 0x43, 0x65]
    assert np.array_equal(codes, before)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: pack([1], 9), "bits"),
        (lambda: pack([1], 3, "halves"), "bits"),
        (lambda: pack([1], 4, "backwards"), "order"),  # type: ignore[arg-type]
        (lambda: pack([0.5], 4), "codes"),
        (lambda: pack([16], 4), "codes"),
        (lambda: pack([-9], 4), "codes"),
        (lambda: pack([-1, 8], 4), "codes"),  # neither signed nor unsigned
        (lambda: unpack([1], 0), "bits"),
        (lambda: unpack([256], 4), "packed"),
        (lambda: unpack([1.5], 4), "packed"),
        (lambda: unpack(np.zeros(2, np.uint8), 4, 5), "n"),
        (lambda: unpack(np.zeros(2, np.uint8), 4, 2), "n"),
    ],
)
def test_bad_input_names_its_field(call: Any, field: str) -> None:
    """What cannot be packed or unpacked is refused with the field it concerns."""
    with pytest.raises(qc.QuantError) as caught:
        call()
    assert caught.value.field == field
