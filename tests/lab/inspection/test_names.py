"""What names stand for: every part that has a meaning is found, and the bits are those of the formats."""

import json
import re

import lab
import pytest
from lab.data.store import STORE
from lab.inspection.entries import in_words
from lab.inspection.mixtures import MIXTURES, Setting, bits_of_llama
from lab.inspection.name_parts import bits_of, parts_of_name
from lab.inspection.names import nodes_of, scheme_of
from lab.notation.nodes import markup, text_of

from tests.lab.data.test_model_files import sources
from tests.lab.inspection.test_questions import answer_to

PUBLISHED = {
    "IQ1_S": 2.0042, "IQ1_M": 2.1460, "IQ2_XXS": 2.3824, "IQ2_XS": 2.5882, "IQ2_S": 2.7403, "IQ2_M": 2.9294,
    "IQ3_XXS": 3.2548, "IQ3_XS": 3.4977, "IQ3_S": 3.6606, "IQ3_M": 3.7628, "IQ4_XS": 4.4597, "IQ4_NL": 4.6818,
    "Q2_K_S": 2.9697, "Q2_K": 3.1593, "Q3_K_S": 3.6429, "Q3_K_L": 4.2979, "Q4_K_S": 4.6672, "Q4_K_M": 4.8944,
    "Q5_K_S": 5.5704, "Q5_K_M": 5.7036, "Q6_K": 6.5633, "Q8_0": 8.5008, "F16": 16.0005,
}  # fmt: skip
"""Bits per weight of Llama 3.1 8B (llama.cpp, tools/quantize/README.md, commit 311c2c9)."""
WITH_IMPORTANCE = ("IQ3_XXS",)
"""Whose published file was made with an importance matrix; of the others all were not, or it changes nothing."""

FILE_TYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12,
    "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ2_XXS": 19, "IQ2_XS": 20,
    "Q2_K_S": 21, "IQ3_XS": 22, "IQ3_XXS": 23, "IQ1_S": 24, "IQ4_NL": 25, "IQ3_S": 26, "IQ3_M": 27, "IQ2_S": 28,
    "IQ2_M": 29, "IQ4_XS": 30, "IQ1_M": 31, "BF16": 32, "TQ1_0": 36, "TQ2_0": 37, "MXFP4_MOE": 38, "NVFP4": 39,
    "Q1_0": 40, "Q2_0": 41,
}  # fmt: skip
"""gguf-py 0.19.0, LlamaFileType; of Q2_0 llama.cpp, include/llama.h."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_mixtures_have_the_published_size(name: str) -> None:
    """By its rules a mixture takes as many bits of Llama 3.1 8B as llama.cpp publishes, to the last digit."""
    assert round(bits_of_llama(MIXTURES[name], bits_of, name in WITH_IMPORTANCE), 4) == PUBLISHED[name]


def test_mixtures_have_ggufs_numbers() -> None:
    """The header's number of every file type is gguf's, and is told by its name."""
    assert {name: mixture.number for name, mixture in MIXTURES.items()} == FILE_TYPES
    assert dict(in_words({"general.file_type": 15})) == {"general.file_type": "15 (Q4_K_M)"}


def test_more_bits_go_to_the_layers_that_llama_cpp_chooses() -> None:
    """Of 32 layers Q4_K_M gives 16 of attn_v and ffn_down 6 bits (as the published Llama 3 8B files have them)."""
    layers = [i for i in range(32) if MIXTURES["Q4_K_M"].type_of("ffn_down", Setting(i, 32)) == "q6_k"]
    assert layers == [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]


@pytest.mark.parametrize(
    ("name", "understood", "unknown"),
    [
        ("Q4_K_M", ["Q4_K_M"], []),
        ("IQ4_XS", ["IQ4_XS"], []),
        ("W4A16-g128", ["W4A16", "g128"], []),
        ("mxfp4", ["mxfp4"], []),
        ("nvfp4", ["nvfp4"], []),
        ("fp8_e4m3", ["fp8_e4m3"], []),
        ("int8", ["int8"], []),
        ("NF4", ["NF4"], []),
        ("Q8_0", ["Q8_0"], []),
        ("AWQ", ["AWQ"], []),
        ("GPTQ-Int4-g128", ["GPTQ", "Int4", "g128"], []),
        ("3bit mlx", ["3bit", "mlx"], []),
        ("x-00001-of-00003.gguf", ["00001-of-00003", ".gguf"], ["x"]),
        ("x-00001-of-000163.safetensors", ["00001-of-000163", ".safetensors"], ["x"]),
        ("Meta-Llama-3-8B-Instruct-Q4_K_M.gguf", ["8B", "Instruct", "Q4_K_M", ".gguf"], ["Meta", "Llama", "3"]),
        ("Qwen3-30B-A3B-UD-Q4_K_XL", ["30B", "A3B", "UD", "Q4_K_XL"], ["Qwen3"]),
        ("Mixtral-8x7B-v0.1-bnb-4bit", ["8x7B", "bnb", "4bit"], ["Mixtral", "v0.1"]),
        ("opt-125m-w4g128", ["125m", "w4", "g128"], ["opt"]),
        ("Q9_K_Z", [], ["Q9", "K", "Z"]),
        ("<b>\n", [], ["<b>"]),
    ],
)
def test_parts_of_names(name: str, understood: list[str], unknown: list[str]) -> None:
    """The parts that have a meaning are told apart from the others, which are named."""
    answer = answer_to({"ask": "name", "name": name})
    assert answer["ok"]
    assert answer["data"] == {"understood": understood, "unknown": unknown}
    told = " ".join(map(text_of, answer["nodes"]))
    assert all(part in told for part in (*understood, *unknown))
    assert all(markup(node) for node in answer["nodes"])


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("W4A16-g128", 4 + 16 / 128),
        ("GPTQ-Int4-g128", 4 + (16 + 4) / 128),
        ("gptq-3bit-g32", 3 + (16 + 3) / 32),
        ("AWQ", 4 + (16 + 4) / 128),
        ("mlx-3bit", 3 + (16 + 16) / 64),
        ("mlx-8bit-gs32", 8 + (16 + 16) / 32),
        ("int8", 8),
        ("w4a16-asym-g64", 4 + (16 + 4) / 64),
    ],
)
def test_bits_of_schemes(name: str, bits: float) -> None:
    """A scale has 16 bits, a zero point those of a code, and MLX's bias 16."""
    scheme = scheme_of(parts_of_name(name))
    assert scheme is not None
    assert scheme.bits_per_weight == bits
    assert f"{bits:.6g} bits per weight" in " ".join(map(text_of, nodes_of(name)))


@pytest.mark.parametrize("name", ["Q4_K_M", "IQ3_XS", "nvfp4", "fp8", "W4A16-g128", "3bit mlx", "AWQ", "int8"])
def test_what_is_opened_is_answered(name: str) -> None:
    """Every button of every name opens a request that the laboratory answers in that format."""
    fields = re.findall(r"'data-fields': '([^']*)'", str(nodes_of(name)))
    for text in set(fields):
        chosen = json.loads(text)
        answer = lab.answer({"show": "table", **chosen})
        assert answer["ok"], answer["errors"]
        assert answer["request"]["format"] == chosen["format"]


def test_what_is_no_name_is_refused() -> None:
    """An empty name and one without end are errors."""
    for name, found in (("  ", "is empty"), ("x" * 301, "has 301 characters")):
        assert found in answer_to({"ask": "name", "name": name})["errors"][0]["message"]


def test_a_file_is_told_by_its_name() -> None:
    """What is in a file begins with what its name stands for."""
    name = "tiny-all-types.gguf"
    loaded = STORE.open("Tiny-1B-Q4_K_M.gguf", sources(name))
    named = {"file": loaded["file"]["name"], "file_sha256": loaded["file"]["sha256"]}
    told = " ".join(map(text_of, answer_to({"ask": "model", **named})["nodes"]))
    assert "Q4_K_M: which tensors get which type" in told
    assert "about 1 billion weights" in told
