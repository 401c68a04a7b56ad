"""Conventions of which no library wrote a file here: packed bit by bit from their description, by Python's integers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from lab.models.conventions.logical import LogicalTensor
from lab.models.opening import open_model
from lab.models.reading.fault import ModelFileError

from tests.lab.models.files import safetensors, source

RANDOM = np.random.default_rng(7)
Stored = tuple[str, tuple[int, ...], bytes]


def stream(codes: Sequence[int], bits: int, width: int = 32) -> bytes:
    """Codes from the lowest bit on, filled up to whole words."""
    whole = sum(int(code) << (bits * i) for i, code in enumerate(codes))
    return whole.to_bytes(-(-len(codes) * bits // width) * width // 8, "little")


def array(dtype: str, values: np.ndarray) -> Stored:
    """A tensor of numbers."""
    types = {"F32": "<f4", "F16": "<f2", "I32": "<i4", "I64": "<i8", "I8": "i1", "U8": "u1", "U32": "<u4"}
    return dtype, values.shape, values.astype(types[dtype]).tobytes()


def opened(tensors: Mapping[str, Stored], config: Mapping[str, Any] | None = None, **metadata: str) -> LogicalTensor:
    """The one logical tensor of a file."""
    files = {"model.safetensors": source(safetensors(tensors, metadata))}
    if config is not None:
        files["config.json"] = source(json.dumps({"quantization_config": config}).encode())
    (tensor,) = open_model(files).tensors
    return tensor


def check(tensor: LogicalTensor, wanted: np.ndarray) -> None:
    """All rows at once, and each by itself."""
    assert tensor.fault == ""
    assert tensor.shape == wanted.shape
    rows = wanted.astype(np.float32).reshape(tensor.n_rows, tensor.row_length)
    np.testing.assert_array_equal(tensor.rows(0, tensor.n_rows), rows)
    for row in range(tensor.n_rows):
        np.testing.assert_array_equal(tensor.rows(row, row + 1), rows[row : row + 1])


WIDTHS = {1: (1,), 2: (2,), 3: (2, 1), 4: (4,), 5: (4, 1), 6: (4, 2), 7: (4, 2, 1), 8: (8,)}


def planes(codes: Sequence[int], bits: int) -> bytes:
    """Each 32 codes by planes, the low bits first."""
    data, shift = b"", 0
    for width in WIDTHS[bits]:
        data += stream([int(code) >> shift & (1 << width) - 1 for code in codes], width)
        shift += width
    return data


def gptq(
    bits: int, stored_zero: int, is_planar: bool, order: np.ndarray | None
) -> tuple[dict[str, Stored], np.ndarray]:
    """A GPTQ tensor of 64 x 32 in groups of 32, its zero points stored as they are plus `stored_zero`."""
    codes = RANDOM.integers(0, 1 << bits, (64, 32))
    zeros = RANDOM.integers(1, (1 << bits) - 1, (2, 32))
    scales = (RANDOM.integers(1, 1000, (2, 32)) / 4096).astype(np.float16)
    g_idx = np.arange(64) // 32 if order is None else order
    packed = planes if is_planar else stream
    columns = [b"".join(packed(codes[i : i + 32, column], bits) for i in (0, 32)) for column in range(32)]
    words = np.array([np.frombuffer(column, "<i4") for column in columns]).T
    kept = zeros + stored_zero
    zero_words = np.array([np.frombuffer(packed(row, bits), "<i4") for row in kept])
    tensors = {
        "a.qweight": array("I32", words),
        "a.qzeros": array("I32", zero_words),
        "a.scales": array("F16", scales),
        "a.g_idx": array("I32", g_idx),
    }
    return tensors, (codes - zeros[g_idx]) * scales.astype(np.float32)[g_idx]


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("order", [None, RANDOM.permutation(64) % 2])
def test_gptq_planar(bits: int, order: np.ndarray | None) -> None:
    """Planes of bits, with zero points as they are."""
    tensors, wanted = gptq(bits, 0, True, order)
    tensor = opened(tensors, {"quant_method": "gptq", "checkpoint_format": "gptq_p", "bits": bits, "group_size": 32})
    assert tensor.label == f"GPTQ planar {bits} bit, groups of 32" + ("" if order is None else ", act-order")
    check(tensor, wanted)


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("version", [1, 2])
def test_gptq_versions(bits: int, version: int) -> None:
    """Zero points less one, or as they are; what is declared is believed where values do not say otherwise."""
    tensors, wanted = gptq(bits, -1 if version == 1 else 0, False, None)
    name = "gptq" if version == 1 else "gptq_v2"
    tensor = opened(tensors, {"quant_method": "gptq", "checkpoint_format": name, "bits": bits, "group_size": 32})
    assert tensor.notes == () or "so read, weights average" in tensor.notes[0]
    if not tensor.notes:
        check(tensor, wanted)


def test_gptq_asymmetric_file_that_lies() -> None:
    """Weights centred about 0 under one version and a step beside it under the other: the values decide."""
    zeros = np.arange(32) % 5 + 5
    codes = np.array([zeros + step for step in (-3, -2, -1, 0, 0, 1, 2, 3) * 4])
    words = np.array([np.frombuffer(stream(codes[:, column], 4), "<i4") for column in range(32)]).T
    tensors = {
        "a.qweight": array("I32", words),
        "a.qzeros": array("I32", np.frombuffer(stream(zeros, 4), "<i4").reshape(1, 4)),
        "a.scales": array("F16", np.full((1, 32), 0.5)),
    }
    tensor = opened(tensors, {"quant_method": "gptq", "checkpoint_format": "gptq", "bits": 4, "group_size": 32})
    check(tensor, (codes - zeros) * 0.5)
    assert (
        "Declared v1 (gptq), but so read, weights average 0.00 steps from 0, else 1.00: read as v2" in tensor.notes[0]
    )
    assert "No version is declared" in opened(tensors).notes[0]


@pytest.mark.parametrize("name", ["marlin", "bitblas", "exl3"])
def test_other_formats_are_refused_by_name(name: str) -> None:
    """A checkpoint format that cannot be read is named, and what can be done."""
    tensor = opened(gptq(4, 0, False, None)[0], {"quant_method": "gptq", "checkpoint_format": name})
    assert name in tensor.fault
    with pytest.raises(ModelFileError, match=name):
        tensor.rows(0, 1)


def test_awq_gemm_and_its_order() -> None:
    """Column 8c + j in nibble (0, 4, 1, 5, 2, 6, 3, 7)[j]."""
    order = (0, 2, 4, 6, 1, 3, 5, 7)  # the column of each nibble
    codes, zeros = RANDOM.integers(0, 16, (64, 16)), RANDOM.integers(0, 16, (2, 16))
    scales = (RANDOM.integers(1, 1000, (2, 16)) / 4096).astype(np.float16)

    def packed(rows: np.ndarray) -> np.ndarray:
        shuffled = rows.reshape(len(rows), -1, 8)[:, :, order].reshape(len(rows), -1)
        return np.array([np.frombuffer(stream(row, 4), "<i4") for row in shuffled])

    tensors = {
        "a.qweight": array("I32", packed(codes)),
        "a.qzeros": array("I32", packed(zeros)),
        "a.scales": array("F16", scales),
    }
    tensor = opened(tensors)
    assert tensor.label == "AWQ GEMM 4 bit, groups of 32"
    groups = np.arange(64) // 32
    check(tensor, (codes - zeros[groups]) * scales.astype(np.float32)[groups])
    assert "marlin" in opened(tensors, {"quant_method": "awq", "version": "marlin"}).fault


def test_awq_gemv() -> None:
    """Rows of outputs in plain order, scales and zero points padded to eight groups."""
    codes, zeros = RANDOM.integers(0, 16, (12, 256)), RANDOM.integers(0, 16, (12, 2))
    scales = np.zeros((12, 8), np.float16)
    scales[:, :2] = RANDOM.integers(1, 1000, (12, 2)) / 4096
    tensors = {
        "a.qweight": array("I32", np.array([np.frombuffer(stream(row, 4), "<i4") for row in codes])),
        "a.qzeros": array("I32", np.array([np.frombuffer(stream(row, 4), "<i4") for row in zeros])),
        "a.scales": array("F16", scales),
    }
    tensor = opened(tensors, {"quant_method": "awq", "version": "gemv", "group_size": 128, "bits": 4})
    assert tensor.label == "AWQ GEMV 4 bit, groups of 128"
    groups = np.arange(256) // 128
    check(tensor, (codes - zeros[:, groups]) * scales.astype(np.float32)[:, groups])


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("is_dense", [True, False])
@pytest.mark.parametrize("has_zeros", [True, False])
def test_compressed_tensors_packed(bits: int, is_dense: bool, has_zeros: bool) -> None:
    """Dense as since 0.17, or so many codes to a word as before; told apart by the width."""
    codes, zeros = RANDOM.integers(0, 1 << bits, (6, 160)), RANDOM.integers(0, 1 << bits, (6, 5))
    scales = RANDOM.integers(1, 1000, (6, 5)) / 4096

    def packed(row: np.ndarray) -> np.ndarray:
        per_word = 32 // bits
        if is_dense:
            return np.frombuffer(stream(row, bits), "<i4")
        return np.concatenate(
            [np.frombuffer(stream(row[i : i + per_word], bits), "<i4") for i in range(0, len(row), per_word)]
        )

    tensors = {
        "a.weight_packed": array("I32", np.array([packed(row) for row in codes])),
        "a.weight_scale": array("F32", scales),
        "a.weight_shape": array("I64", np.array([6, 160])),
    }
    if has_zeros:
        tensors["a.weight_zero_point"] = array(
            "I32", np.array([np.frombuffer(stream(column, bits), "<i4") for column in zeros.T]).T
        )
    tensor = opened(tensors, {"quant_method": "compressed-tensors", "config_groups": {"g": {"num_bits": bits}}})
    subtracted = zeros if has_zeros else np.full((6, 5), 1 << (bits - 1))
    groups = np.arange(160) // 32
    check(tensor, (codes - subtracted[:, groups]) * scales.astype(np.float32)[:, groups])
    assert ("before 0.17" in "".join(tensor.notes)) == (not is_dense and bits in (3, 5, 6, 7))


def test_compressed_tensors_act_order() -> None:
    """A group for each column, in no order."""
    codes, scales = RANDOM.integers(0, 16, (4, 64)), RANDOM.integers(1, 1000, (4, 2)) / 4096
    groups = RANDOM.permutation(64) % 2
    tensors = {
        "a.weight_packed": array("I32", np.array([np.frombuffer(stream(row, 4), "<i4") for row in codes])),
        "a.weight_scale": array("F32", scales),
        "a.weight_shape": array("I64", np.array([4, 64])),
        "a.weight_g_idx": array("I32", groups),
    }
    check(opened(tensors), (codes - 8) * scales.astype(np.float32)[:, groups])


E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6])


def fp4(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of E2M1 and their bytes, low nibble first."""
    codes = RANDOM.integers(0, 16, (rows, columns))
    return codes, np.array([np.frombuffer(stream(row, 4, 8), np.uint8) for row in codes])


@pytest.mark.parametrize(("suffix", "number", "wanted_factor"), [
    ("weight_scale_2", 0.25, 0.25), ("weight_scale_2", 2e6, 0.5e-6),
    ("weight_global_scale", 4.0, 0.25), ("weight_global_scale", 1e-5, 1e-5),
])  # fmt: skip
def test_nvfp4_divisor_or_factor(suffix: str, number: float, wanted_factor: float) -> None:
    """By its name the tensor's number multiplies or divides; else the other is taken."""
    codes, data = fp4(4, 64)
    scales = RANDOM.integers(0x30, 0x48, (4, 4))  # E4M3 from 0.5 to 4, of which 8 are a binade
    numbers = (1 + scales % 8 / 8) * 2.0 ** (scales // 8 - 7)
    is_packed = suffix == "weight_global_scale"
    tensors = {
        f"a.{'weight_packed' if is_packed else 'weight'}": array("U8", data),
        "a.weight_scale": ("F8_E4M3", (4, 4), scales.astype(np.uint8).tobytes()),
        f"a.{suffix}": array("F32", np.array([number])),
    }
    tensor = opened(tensors)
    wanted = E2M1[codes] * np.repeat(numbers, 16, axis=1) * wanted_factor
    np.testing.assert_allclose(tensor.rows(0, 4), wanted, rtol=3e-7)  # three roundings to float32
    is_as_named = (wanted_factor == 1 / number) if is_packed else (wanted_factor == number)
    assert bool(tensor.notes) == (not is_as_named)


@pytest.mark.parametrize(("scale", "is_divisor"), [(0.5, False), (300_000.0, True)])
def test_fp8_factor_or_divisor(scale: float, is_divisor: bool) -> None:
    """A scale that is called an inverse multiplies; where that gives no weights, it divides, and that is said."""
    codes = RANDOM.integers(0x28, 0x60, (130, 140)).astype(np.uint8)
    numbers = (1 + codes % 8 / 8) * 2.0 ** (codes // 8 - 7.0)
    tensors = {
        "a.weight": ("F8_E4M3", (130, 140), codes.tobytes()),
        "a.weight_scale_inv": array("F32", np.full((2, 2), scale)),
    }
    tensor = opened(tensors)
    assert bool(tensor.notes) == is_divisor
    factor = np.float32(1) / np.float32(scale) if is_divisor else np.float32(scale)
    check(tensor, numbers.astype(np.float32) * factor)


def test_fp8_tiles_with_powers_of_two() -> None:
    """Scales of tiles may be E8M0: powers of two in a byte."""
    codes = RANDOM.integers(0x08, 0x7F, (130, 140)).astype(np.uint8)
    numbers, exponents = (1 + codes % 8 / 8) * 2.0 ** (codes // 8 - 7.0), np.array([[120, 121], [122, 123]])
    tensors = {
        "a.weight": ("F8_E4M3", (130, 140), codes.tobytes()),
        "a.weight_scale_inv": ("F8_E8M0", (2, 2), exponents.astype(np.uint8).tobytes()),
    }
    factors = 2.0 ** (exponents - 127)
    check(opened(tensors), numbers * np.kron(factors, np.ones((128, 128)))[:130, :140])


def test_mx_formats_of_compressed_tensors() -> None:
    """MXFP6 E2M3, four codes in three bytes; MXFP8, a byte each."""
    codes, scales = RANDOM.integers(0, 64, (2, 64)), RANDOM.integers(120, 130, (2, 2))
    magnitudes = np.array([m / 8 if not e else (1 + m / 8) * 2 ** (e - 1) for e in range(4) for m in range(8)])
    e2m3 = np.concatenate([magnitudes, -magnitudes])
    data = np.array([np.frombuffer(stream(row, 6, 8), np.uint8) for row in codes])
    factors = np.repeat(2.0 ** (scales - 127), 32, axis=1)
    tensor = opened({"a.weight_packed": array("U8", data), "a.weight_scale": array("U8", scales)})
    assert tensor.label == "MXFP6 E2M3 (compressed-tensors)"
    check(tensor, e2m3[codes] * factors)
    bytes_ = RANDOM.integers(0x08, 0x7F, (2, 64)).astype(np.uint8)
    numbers = (1 + bytes_ % 8 / 8) * 2.0 ** (bytes_ // 8 - 7.0)
    tensor = opened({"a.weight": ("F8_E4M3", (2, 64), bytes_.tobytes()), "a.weight_scale": array("U8", scales)})
    assert tensor.label == "MXFP8 E4M3"
    check(tensor, numbers * factors)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
def test_mlx_widths(bits: int) -> None:
    """A dense stream of codes along each row, with a scale and a bias for each group, also of experts."""
    codes, scales = RANDOM.integers(0, 1 << bits, (6, 128)), RANDOM.normal(size=(6, 2)).astype(np.float16)
    biases = RANDOM.normal(size=(6, 2)).astype(np.float16)
    words = np.array([np.frombuffer(stream(row, bits), "<u4") for row in codes]).reshape(2, 3, -1)
    tensors = {
        "a.weight": array("U32", words),
        "a.scales": array("F16", scales.reshape(2, 3, 2)),
        "a.biases": array("F16", biases.reshape(2, 3, 2)),
    }
    tensor = opened(tensors, {"group_size": 64, "bits": bits})
    scale, bias = (np.repeat(values.astype(np.float32), 64, axis=1) for values in (scales, biases))
    check(tensor, (codes.astype(np.float32) * scale + bias).reshape(2, 3, 128))
    guessed = opened(tensors)
    assert guessed.label.startswith("MLX")
    assert ("config.json" in "".join(guessed.notes)) == (bits != 5)  # no other width takes as many words as 5 bits


def test_mlx_floats_and_torchao_mx() -> None:
    """MXFP4 in words without biases, and in bytes with a header that names the type."""
    codes, data = fp4(4, 64)
    scales = RANDOM.integers(120, 130, (4, 2))
    wanted = E2M1[codes] * np.repeat(2.0 ** (scales - 127), 32, axis=1)
    words = np.array([np.frombuffer(row.tobytes(), "<u4") for row in data])
    tensor = opened({"a.weight": array("U32", words), "a.scales": array("U8", scales)}, {"mode": "mxfp4"})
    assert tensor.label == "MLX mxfp4"
    check(tensor, wanted)
    parts = {
        "a._weight_qdata": array("U8", data),
        "a._weight_scale": ("F8_E8M0", (4, 2), scales.astype(np.uint8).tobytes()),
    }
    described = {"_type": "MXTensor", "_data": {}}
    check(opened(parts, None, **{"a.weight": json.dumps(described)}), wanted)
    swizzled = {"_type": "MXTensor", "_data": {"is_swizzled_scales": True}}
    assert "swizzled" in opened(parts, None, **{"a.weight": json.dumps(swizzled)}).fault
    preshuffled = {"_type": "Int4PreshuffledTensor", "_data": {}}
    assert "Int4PreshuffledTensor" in opened(parts, None, **{"a.weight": json.dumps(preshuffled)}).fault


def test_scales_of_nothing_and_less() -> None:
    """A scale of 0, negative or infinite is computed with, not refused."""
    codes = np.array([[1, -2], [3, 4], [5, 6]])
    tensors = {"a.weight": array("I8", codes), "a.weight_scale": array("F32", np.array([0, -1, np.inf]))}
    np.testing.assert_array_equal(opened(tensors).rows(0, 3), [[0, 0], [-3, -4], [np.inf, np.inf]])


def test_parts_that_do_not_fit_are_tensors_of_their_own() -> None:
    """Nothing is made of parts whose shapes belong to no convention; their own values stay readable."""
    tensors = {"a.weight": array("I8", np.ones((3, 5))), "a.weight_scale": array("F32", np.ones((2, 4)))}
    files = {"a.safetensors": source(safetensors(tensors))}
    assert [(tensor.name, tensor.convention) for tensor in open_model(files).tensors] == [
        ("a.weight", "plain"),
        ("a.weight_scale", "plain"),
    ]


def test_group_indices_beyond_the_groups() -> None:
    """An index that names no group is a fault of its tensor."""
    tensors, _ = gptq(4, 0, False, None)
    tensors["a.g_idx"] = array("I32", np.full(64, 9))
    assert "names group 9; there are 2" in opened(tensors, {"quant_method": "gptq"}).fault


def test_shards_by_index() -> None:
    """Tensors of several files in one list; a shard that is missing is named, parts may be in different files."""
    parts = {"a.weight": array("I8", np.ones((2, 4))), "a.weight_scale": array("F32", np.full((2, 1), 0.5))}
    first, second = (safetensors({name: part}) for name, part in parts.items())
    places = {
        "a.weight": "model-00001-of-00003.safetensors",
        "a.weight_scale": "model-00002-of-00003.safetensors",
        "b": "model-00003-of-00003.safetensors",
        "c": "model-00001-of-00003.safetensors",
    }
    files = {
        "model-00001-of-00003.safetensors": source(first),
        "model-00002-of-00003.safetensors": source(second),
        "model.safetensors.index.json": source(json.dumps({"weight_map": places}).encode()),
    }
    model = open_model(files)
    np.testing.assert_array_equal(model.tensors[0].rows(0, 2), np.full((2, 4), 0.5))
    assert [tensor.name for tensor in model.tensors] == ["a.weight"]
    assert model.notices == (
        "model-00003-of-00003.safetensors is not here: choose all files of the model.",
        "The index names 1 tensors that model-00001-of-00003.safetensors does not hold. Download it again.",
        "model-00003-of-00003.safetensors holds 1 of the tensors and is not here: choose it, too.",
    )


def test_configurations_that_are_none() -> None:
    """A broken config.json is left out and said; the tensors stay."""
    files = {"a.safetensors": source(safetensors({"a": array("F32", np.ones(3))})), "config.json": source(b"{")}
    model = open_model(files)
    assert model.tensors[0].rows(0, 1).tolist() == [[1, 1, 1]]
    assert "config.json is left out" in model.notices[0]
