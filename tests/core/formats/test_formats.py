"""Integer formats: their ranges, and what is refused."""

import pickle

import numpy as np
import pytest

import quantcore as qc


@pytest.mark.parametrize("bits", range(2, 17))
def test_ranges_are_those_of_twos_complement(bits: int) -> None:
    """Signed and unsigned, full and narrow, at every width."""
    signed, unsigned = qc.IntFormat(bits), qc.IntFormat(bits, signed=False)
    assert (signed.qmin, signed.qmax, signed.levels) == (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 2**bits)
    assert (unsigned.qmin, unsigned.qmax, unsigned.levels) == (0, 2**bits - 1, 2**bits)
    narrow = qc.IntFormat(bits, narrow=True)
    assert (narrow.qmin, narrow.qmax) == (-narrow.qmax, 2 ** (bits - 1) - 1)
    assert qc.IntFormat(bits, signed=False, narrow=True).qmin == 1
    for fmt in (signed, unsigned, narrow):
        info = np.iinfo(fmt.dtype)
        assert info.min <= fmt.qmin < fmt.qmax <= info.max
        assert fmt.dtype.itemsize == (1 if bits <= 8 else 2)


def test_the_named_formats_are_what_their_names_say() -> None:
    """INT2 to UINT16, as design and documentation name them."""
    named = {name: getattr(qc, name) for name in qc.__all__ if name.startswith(("INT", "UINT"))}
    assert len(named) == 8
    for name, fmt in named.items():
        assert repr(fmt) == name.lower()


def test_a_range_of_ones_own() -> None:
    """code_range sets the ends; the type stays that of the bits."""
    fmt = qc.IntFormat(8, code_range=(-8, 7))
    assert (fmt.qmin, fmt.qmax, fmt.levels, fmt.dtype) == (-8, 7, 16, np.int8)
    assert fmt == qc.IntFormat(8, code_range=(-8, 7))
    assert pickle.loads(pickle.dumps(fmt)) == fmt


@pytest.mark.parametrize(
    ("arguments", "field", "words"),
    [
        ({"bits": 40}, "bits", "bits is 40; it must be a whole number from 2 to 16."),
        ({"bits": 1}, "bits", "bits is 1"),
        ({"bits": 0}, "bits", "bits is 0"),
        ({"bits": -8}, "bits", "bits is -8"),
        ({"bits": 17}, "bits", "bits is 17"),
        ({"bits": 32}, "bits", "bits is 32"),
        ({"bits": 8.0}, "bits", "bits is 8.0"),
        ({"bits": "8"}, "bits", "bits is '8'"),
        ({"bits": True}, "bits", "bits is True"),
        ({"bits": None}, "bits", "bits is None"),
        ({"bits": 8, "signed": "no"}, "signed", "signed is 'no'; it must be True or False"),
        ({"bits": 8, "narrow": 2}, "narrow", "narrow is 2"),
        ({"bits": 8, "code_range": (7, -8)}, "code_range", "must rise"),
        ({"bits": 4, "code_range": (-9, 7)}, "code_range", "within -8 to 7"),
        ({"bits": 4, "signed": False, "code_range": (-1, 7)}, "code_range", "within 0 to 15"),
        ({"bits": 4, "code_range": (1.5, 7)}, "code_range", "pair of whole numbers"),
        ({"bits": 4, "code_range": 7}, "code_range", "a pair"),
        ({"bits": 4, "code_range": (-7, 7), "narrow": True}, "narrow", "only one of them"),
    ],
)
def test_impossible_formats_are_refused(arguments: dict[str, object], field: str, words: str) -> None:
    """The message names what was found and what is allowed; the field is the argument's."""
    with pytest.raises(qc.QuantError) as refused:
        qc.IntFormat(**arguments)
    assert refused.value.field == field
    assert words in refused.value.message


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    """A width may come from an array."""
    assert qc.IntFormat(np.int64(4)) == qc.INT4
    assert qc.IntFormat(4, signed=np.bool_(False)) == qc.UINT4


@pytest.mark.parametrize("name", list(qc.FORMATS))
def test_every_code_is_one_number_and_back(name: str) -> None:
    """Integers are two's complement or binary numbers, spelled from their bits; every number has a code of its own."""
    fmt = qc.FORMATS[name]
    patterns = range(1 << fmt.bits)
    if isinstance(fmt, qc.IntFormat):
        weights = [(-1 if fmt.signed and bit == fmt.bits - 1 else 1) << bit for bit in range(fmt.bits)]
        spelled = [sum(weights[bit] for bit in range(fmt.bits) if pattern >> bit & 1) for pattern in patterns]
        assert fmt.values.tolist() == spelled
        codes = np.array(sorted(spelled)).astype(fmt.dtype)
    else:
        codes = np.array(patterns).astype(fmt.dtype)
    numbers = qc.decode(codes, fmt)
    is_finite = np.isfinite(numbers)
    for dtype in (np.float32, np.float64):
        again = qc.encode(numbers[is_finite].astype(dtype), fmt)
        np.testing.assert_array_equal(qc.decode(again, fmt), numbers[is_finite])
        is_other = again != codes[is_finite]  # bitsandbytes' FP4 has two codes for 0
        assert not is_other.any() or (name == "fp4_bnb" and not numbers[is_finite][is_other].any())
