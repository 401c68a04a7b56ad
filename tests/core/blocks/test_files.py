"""Model files that the libraries themselves wrote: their bytes are those of the block formats, to the last bit.

tests/files/ holds the files and, beside each, the numbers that its library decodes: MLX 0.32.4, compressed-tensors
0.20.0, torchao 0.18.0, modelopt 0.47.0, gpt-oss's layout, and DeepSeek's tiles of FP8.
"""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

import quantcore as qc
from quantcore.blocks.integer import IntegerBlocks

FOLDER = Path(__file__).parents[2] / "files"
TYPES = {"U8": "u1", "I8": "i1", "F8_E4M3": "u1", "F8_E8M0": "u1", "BF16": "<u2", "F16": "<f2", "U32": "<u4",
         "F32": "<f4", "I64": "<i8"}  # fmt: skip


class File:
    """A safetensors file and the numbers that are expected of it."""

    def __init__(self, name: str) -> None:
        data = (FOLDER / f"{name}.safetensors").read_bytes()
        size = int.from_bytes(data[:8], "little")
        self.header = json.loads(data[8 : 8 + size])
        self.buffer = data[8 + size :]
        with np.load(FOLDER / f"{name}.safetensors.expected.npz") as archive:
            self.expected = {key: archive[key] for key in archive.files}

    def __getitem__(self, name: str) -> np.ndarray:
        """The stored tensor; of bfloat16 and the 8-bit floats the bits."""
        entry = self.header[name]
        start, end = entry["data_offsets"]
        return np.frombuffer(self.buffer[start:end], TYPES[entry["dtype"]]).reshape(entry["shape"])


@functools.cache
def file(name: str) -> File:
    """The file of this name, read once."""
    return File(name)


def float32(values: np.ndarray) -> bytes:
    """The bytes of scales as the block formats store them, from float32, float16 or the bits of bfloat16."""
    wide = qc.decode(values, "bfloat16") if values.dtype == np.uint16 else values
    return wide.astype("<f4").tobytes()


@pytest.mark.parametrize(
    ("name", "bits", "block_size"),
    [("model.layers.0.mlp.gate_proj", 4, 64), ("model.layers.0.mlp.up_proj", 8, 64), ("lm_head", 4, 32)],
)
def test_mlx(name: str, bits: int, block_size: int) -> None:
    """Words of codes, and scales and biases in float16, bfloat16 or float32."""
    mlx = file("mlx-4bit")
    expected = mlx.expected[f"{name}.weight"]
    fmt = qc.BLOCK_FORMATS[f"mlx_affine{bits}"]
    assert isinstance(fmt, IntegerBlocks)
    data = mlx[f"{name}.weight"].tobytes() + float32(mlx[f"{name}.scales"]) + float32(mlx[f"{name}.biases"])
    stored = fmt.with_block_size(block_size).from_bytes(data, expected.shape)
    np.testing.assert_array_equal(qc.restore(stored), expected)


def test_compressed_tensors_nvfp4() -> None:
    """Low nibble first; the tensor's number is a divisor."""
    tensors, name = file("ct-fp4"), "model.layers.0.mlp.gate_proj"
    expected = tensors.expected[f"{name}.weight"]
    parts = (f"{name}.weight_packed", f"{name}.weight_global_scale", f"{name}.weight_scale")
    data = b"".join(tensors[part].tobytes() for part in parts)
    stored = qc.BLOCK_FORMATS["nvfp4_compressed_tensors"].from_bytes(data, expected.shape)
    np.testing.assert_array_equal(qc.restore(stored), expected)


def test_compressed_tensors_mxfp4() -> None:
    """Codes, then exponents."""
    tensors, name = file("ct-fp4"), "model.layers.0.mlp.up_proj"
    expected = tensors.expected[f"{name}.weight"]
    data = tensors[f"{name}.weight_packed"].tobytes() + tensors[f"{name}.weight_scale"].tobytes()
    np.testing.assert_array_equal(qc.restore(qc.BLOCK_FORMATS["mxfp4"].from_bytes(data, expected.shape)), expected)


@pytest.mark.parametrize("name", ["gate_up_proj", "down_proj"])
def test_gpt_oss(name: str) -> None:
    """Blocks of 16 bytes and exponents, of experts in the first axis."""
    tensors, full = file("gpt-oss-mxfp4"), f"model.layers.0.mlp.experts.{name}"
    expected = tensors.expected[full]
    data = tensors[f"{full}_blocks"].tobytes() + tensors[f"{full}_scales"].tobytes()
    np.testing.assert_array_equal(qc.restore(qc.BLOCK_FORMATS["mxfp4"].from_bytes(data, expected.shape)), expected)


@pytest.mark.parametrize("name", ["mlp.down_proj", "mlp.gate_proj", "self_attn.k_proj", "self_attn.o_proj"])
def test_modelopt_nvfp4(name: str) -> None:
    """The tensor's number is a factor."""
    tensors, full = file("modelopt-nvfp4"), f"model.layers.0.{name}.weight"
    expected = tensors.expected[full]
    data = b"".join(tensors[part].tobytes() for part in (full, f"{full}_scale_2", f"{full}_scale"))
    np.testing.assert_array_equal(qc.restore(qc.BLOCK_FORMATS["nvfp4"].from_bytes(data, expected.shape)), expected)


def test_torchao_float8() -> None:
    """A scale a row."""
    tensors, name = file("torchao"), "model.layers.0.k_proj"
    expected, scale = tensors.expected[f"{name}.weight"], tensors[f"{name}._weight_scale"]
    wide = np.frombuffer(float32(scale), "<f4").reshape(scale.shape)
    params = qc.QuantParams(wide, 0, qc.FORMATS["float8_e4m3fn"], qc.PerAxis(0))
    np.testing.assert_array_equal(qc.dequantize(tensors[f"{name}._weight_qdata"], params), expected)


@pytest.mark.parametrize("name", ["gate_proj", "down_proj"])
def test_deepseek_tiles(name: str) -> None:
    """Tiles of 128 by 128 with a scale that multiplies, those at the edges smaller: blocks of 128 in bands of rows."""
    tensors, full = file("fp8-blocks"), f"model.layers.0.mlp.{name}.weight"
    codes, scales, expected = tensors[full], tensors[f"{full}_scale_inv"], tensors.expected[full]
    for band, row in enumerate(range(0, len(codes), 128)):
        part = codes[row : row + 128]
        scale = np.repeat(scales[band : band + 1], len(part), axis=0)
        params = qc.QuantParams(scale, 0, qc.FORMATS["float8_e4m3fn"], qc.PerBlock(128))
        np.testing.assert_array_equal(qc.dequantize(part, params), expected[row : row + 128])
