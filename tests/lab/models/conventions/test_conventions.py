"""Conventions in files that the libraries wrote: what is recognised, and every value."""

import pytest
from lab.models.conventions.table import CONVENTIONS
from lab.models.opening import Model, open_model
from lab.models.reading.source import FileSource

from tests.lab.models.files import FOLDER, INDEX, Counting, expected, same

FILES = {entry["file"]: entry for entry in INDEX if entry["file"].endswith((".gguf", ".safetensors"))}


def model(name: str) -> Model:
    """A file with what is beside it."""
    files = {name: FileSource.at(FOLDER / name)}
    files |= {said: FileSource.at(FOLDER / there) for said, there in FILES[name]["sidecars"].items()}
    return open_model(files)


@pytest.mark.parametrize("name", FILES)
def test_every_value_as_the_library_decodes_it(name: str) -> None:
    """All logical tensors, made of the parts they are made of, to the last bit, whole and from any row on."""
    found = {tensor.name: tensor for tensor in model(name).tensors}
    for entry in FILES[name]["tensors"]:
        tensor, wanted = found[entry["name"]], expected(name)[entry["name"]]
        assert tensor.fault == ""
        assert list(tensor.shape) == entry["shape"]
        assert {part.name for part in tensor.made_of} == set(entry["made_of"])
        rows = wanted.reshape(tensor.n_rows, tensor.row_length)
        assert same(tensor.rows(0, tensor.n_rows), rows), tensor.name
        for start in range(0, tensor.n_rows, max(1, tensor.n_rows // 7)):
            stop = min(start + 3, tensor.n_rows)
            assert same(tensor.rows(start, stop), rows[start:stop]), (tensor.name, start)


LABELS = {
    "fp8-blocks.safetensors": {"gate_proj": "FP8 E4M3 in 128 × 128 blocks"},
    "bnb-nf4.safetensors": {
        "q_proj": "bitsandbytes NF4, blocks of 64",
        "k_proj": "bitsandbytes NF4, blocks of 64, nested scales",
        "v_proj": "bitsandbytes FP4, blocks of 64",
        "o_proj": "LLM.int8(), a scale for each row",
    },
    "gptq-v1-4bit.safetensors": {"up_proj": "GPTQ 4 bit, groups of 64"},
    "gptq-v2-3bit-actorder.safetensors": {"q_proj": "GPTQ v2 3 bit, groups of 32, act-order"},
    "gptq-declared-v1-holds-v2.safetensors": {"k_proj": "GPTQ v2 4 bit, groups of 32"},
    "awq-gemm-g128.safetensors": {"q_proj": "AWQ GEMM 4 bit, groups of 128"},
    "ct-pack-w4a16.safetensors": {
        "gate_proj": "INT4 packed (compressed-tensors), groups of 32",
        "up_proj": "INT4 packed (compressed-tensors), groups of 64, with zero points",
        "lm_head": "BF16",
    },
    "ct-fp4.safetensors": {"gate_proj": "NVFP4 (compressed-tensors)", "up_proj": "MXFP4 (compressed-tensors)"},
    "modelopt-nvfp4.safetensors": {"q_proj": "NVFP4 (modelopt)"},
    "torchao.safetensors": {
        "q_proj": "torchao Int4Tensor, groups of 32",
        "k_proj": "FP8 E4M3, a scale for each row",
        "v_proj": "torchao Int8Tensor, a scale for each row",
        "o_proj": "torchao IntxUnpackedToInt8Tensor, groups of 32",
    },
    "mlx-4bit.safetensors": {"gate_proj": "MLX 4 bit, groups of 64", "up_proj": "MLX 8 bit, groups of 64"},
    "gpt-oss-mxfp4.safetensors": {"experts.down_proj": "MXFP4 (gpt-oss)"},
    "experts-align64.gguf": {"token_embd": "Q6_K"},
}


@pytest.mark.parametrize("name", LABELS)
def test_what_is_in_force_is_named(name: str) -> None:
    """Bits, groups, order and library, as one would say them."""
    found = model(name).tensors
    for part, label in LABELS[name].items():
        assert label in {tensor.label for tensor in found if tensor.name.removesuffix(".weight").endswith(part)}


def test_bits_of_a_value_count_all_parts() -> None:
    """4 bits, 16 of scale for 64, 4 of zero point for 64, 32 of g_idx for each of 256 rows of 64."""
    tensor = next(one for one in model("gptq-v1-4bit.safetensors").tensors if "up_proj" in one.name)
    assert tensor.bits_per_value == 4 + 16 / 64 + 4 / 64 + 32 / 64


def test_a_file_that_does_not_keep_its_word() -> None:
    """Zero points of 8 under a declaration of v1 are read as v2, and that is said; elsewhere nothing is."""
    for tensor in model("gptq-declared-v1-holds-v2.safetensors").tensors:
        assert tensor.notes == ("Declared v1 (gptq), but every zero point is 8: read as v2 (stored as it is).",)
    for name in ("gptq-v1-4bit.safetensors", "gptq-v2-3bit-actorder.safetensors", "awq-gemm-g128.safetensors"):
        assert [tensor.notes for tensor in model(name).tensors if tensor.notes] == []


def test_only_the_bytes_of_some_rows_are_read() -> None:
    """A row of NF4 in the middle takes its codes and its scales, no more than a block beyond each end."""
    name = "bnb-nf4.safetensors"
    counting = Counting(FileSource.at(FOLDER / name))
    tensor = next(one for one in open_model({name: counting}).tensors if one.name.endswith("q_proj.weight"))
    before = counting.n_read
    tensor.rows(20, 21)
    assert counting.n_read - before <= (96 + 2 * 64) // 2 + 4 * 3


def test_every_convention_says_what_it_is() -> None:
    """Names, a formula and a source stand in each record of the table."""
    for name, record in CONVENTIONS.items():
        assert record.name == name
        assert record.known_as
        assert "w = " in record.layout
        assert record.source.partition(" ")[2]
