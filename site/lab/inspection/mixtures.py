"""Which tensors get which type in the mixtures of llama.cpp, such as Q4_K_M, and in files that have one type's name.

The rules are those of llama.cpp at commit 007dbbf, src/llama-quant.cpp (llama_ftype_get_default_type,
llama_tensor_get_type_impl), for a model without experts whose output has its own tensor. Falcon, models of 70B and
models of 8 experts have exceptions of their own, and rows that are no whole number of blocks fall back to others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

ATTENTION_V = ("attn_v", "attn_qkv", "attn_kv_b")


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides, beside the tensor's name.

    Attributes:
        layer: Of the tensor, from 0.
        n_layers: Of the model.
        n_shared: Heads of queries that share one of keys and values.
        has_importance: Whether an importance matrix was given.
    """

    layer: int
    n_layers: int
    n_shared: int = 1
    has_importance: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """A condition: in words, and as a question about a tensor."""

    words: str
    holds: Callable[[Setting], bool]


ALL = Where("", lambda at: True)
MORE = Where(
    "in the first and the last eighth of the layers, and in every third between",
    lambda at: (
        at.layer < at.n_layers // 8 or at.layer >= 7 * at.n_layers // 8 or (at.layer - at.n_layers // 8) % 3 == 2
    ),
)
FIRST_2 = Where("in the first 2 layers", lambda at: at.layer < 2)
FIRST_4 = Where("in the first 4 layers", lambda at: at.layer < 4)
SIXTEENTH = Where("in the first sixteenth of the layers", lambda at: at.layer < at.n_layers // 16)
EIGHTH = Where("in the first eighth of the layers", lambda at: at.layer < at.n_layers // 8)
MIDDLE = Where(
    "in all but the first and the last eighth of the layers",
    lambda at: at.n_layers // 8 <= at.layer < 7 * at.n_layers // 8,
)
SHARED = Where("where 4 heads or more share keys and values", lambda at: at.n_shared >= 4)
UNAIDED = Where("without an importance matrix", lambda at: not at.has_importance)
UNAIDED_EIGHTH = Where(
    f"{EIGHTH.words}, without an importance matrix", lambda at: EIGHTH.holds(at) and UNAIDED.holds(at)
)
AIDED_EIGHTH = Where(
    f"{EIGHTH.words}, with an importance matrix", lambda at: EIGHTH.holds(at) and at.has_importance
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Tensors by their name in the layer, and the type that they get; of several rules the first that holds."""

    tensors: tuple[str, ...]
    type: str
    where: Where = ALL


@dataclass(frozen=True, slots=True)
class Mixture:
    """A file type of llama.cpp.

    Attributes:
        number: In the entry general.file_type.
        type: Of all weights that no rule names.
        output: The type of output.weight, and of token_embd.weight in a model without it.
        embedding: The type of token_embd.weight.
        rules: For tensors of the layers.
    """

    number: int
    type: str
    output: str
    embedding: str
    rules: tuple[Rule, ...] = ()

    def type_of(self, name: str, at: Setting) -> str:
        """The type of a weight by its name in the layer, as "attn_v"; "output" and "token_embd" are in none."""
        if name in ("output", "token_embd"):
            return self.output if name == "output" else self.embedding
        return next((rule.type for rule in self.rules if name in rule.tensors and rule.where.holds(at)), self.type)

    @property
    def is_of_experts(self) -> bool:
        """Whether its main type is that of experts."""
        return any(name.endswith("_exps") for rule in self.rules for name in rule.tensors)

    @property
    def types(self) -> tuple[str, ...]:
        """All types that occur, the main one first."""
        return tuple(dict.fromkeys((self.type, self.output, self.embedding, *(rule.type for rule in self.rules))))


def _one(number: int, name: str, *rules: Rule, output: str = "q6_k", embedding: str = "") -> Mixture:
    return Mixture(number, name, output, embedding or name, rules)


def _v(name: str, where: Where = ALL) -> Rule:
    return Rule(ATTENTION_V, name, where)


def _down(name: str, where: Where = ALL) -> Rule:
    return Rule(("ffn_down",), name, where)


def _out(name: str) -> Rule:
    return Rule(("attn_output",), name)


def _small(number: int, name: str, lesser: str, *rules: Rule, embedding: str) -> Mixture:
    """The types of 1 and 2 bits have rules in common."""
    common = (_v("q4_k", SHARED), _v(lesser), _down(lesser, EIGHTH))
    return _one(number, name, *common, *rules, output="q5_k", embedding=embedding)


MIXTURES: Mapping[str, Mixture] = MappingProxyType(
    {
        "F32": _one(0, "float32", output="float32"),
        "F16": _one(1, "float16", output="float16"),
        "BF16": _one(32, "bfloat16", output="bfloat16"),
        "Q4_0": _one(2, "q4_0", _down("q4_1", AIDED_EIGHTH)),
        "Q4_1": _one(3, "q4_1"),
        "Q8_0": _one(7, "q8_0", output="q8_0"),
        "Q5_0": _one(8, "q5_0", _down("q5_1", AIDED_EIGHTH)),
        "Q5_1": _one(9, "q5_1"),
        "Q2_K": _one(10, "q2_k", _v("q4_k", SHARED), _v("q3_k"), _down("q3_k"), _out("q3_k")),
        "Q2_K_S": _one(21, "q2_k", _v("q4_k", SHARED), _down("q4_k", EIGHTH)),
        "Q3_K_S": _one(11, "q3_k"),
        "Q3_K_M": _one(
            12, "q3_k", _v("q5_k", FIRST_2), _v("q4_k"), _down("q5_k", SIXTEENTH), _down("q4_k"), _out("q4_k")
        ),
        "Q3_K_L": _one(13, "q3_k", _v("q5_k"), _down("q5_k"), _out("q5_k")),
        "Q4_K_S": _one(14, "q4_k", _v("q5_k", FIRST_4), _down("q5_k", EIGHTH)),
        "Q4_K_M": _one(15, "q4_k", _v("q6_k", MORE), _down("q6_k", MORE)),
        "Q5_K_S": _one(16, "q5_k"),
        "Q5_K_M": _one(17, "q5_k", _v("q6_k", MORE), _down("q6_k", MORE)),
        "Q6_K": _one(18, "q6_k"),
        "IQ1_S": _small(24, "iq1_s", "q2_k", _out("iq2_xxs"), embedding="q2_k"),
        "IQ1_M": _small(31, "iq1_m", "q2_k", _out("iq2_xxs"), embedding="q2_k"),
        "IQ2_XXS": _small(19, "iq2_xxs", "q2_k", embedding="q2_k"),
        "IQ2_XS": _small(20, "iq2_xs", "q2_k", embedding="q2_k"),
        "IQ2_S": _small(28, "iq2_xs", "iq3_s", _out("iq3_s"), embedding="iq3_s"),
        "IQ2_M": _small(29, "iq2_s", "iq3_s", _out("iq3_s"), embedding="iq3_s"),
        "IQ3_XXS": _one(
            23, "iq3_xxs", _v("q4_k", SHARED), _v("iq3_s", UNAIDED), Rule(("attn_k", "attn_q"), "iq2_s"),
            _down("q4_k", UNAIDED_EIGHTH), _down("q3_k", UNAIDED), _out("iq3_s"), output="q5_k", embedding="iq3_s",
        ),
        "IQ3_XS": _one(
            22, "iq3_s", _v("q4_k", SHARED), Rule(("attn_k", "attn_q"), "iq3_xxs"),
            Rule(("ffn_gate", "ffn_up"), "iq3_xxs", MIDDLE),
        ),
        "IQ3_S": _one(26, "iq3_s", _v("q4_k", SHARED)),
        "IQ3_M": _one(27, "iq3_s", _v("q4_k"), _down("q4_k", EIGHTH), _out("q4_k")),
        "IQ4_NL": _one(25, "iq4_nl", _v("q5_k", SHARED), _down("q5_k", UNAIDED_EIGHTH)),
        "IQ4_XS": _one(30, "iq4_xs", _v("q5_k", SHARED), _down("q5_k", UNAIDED_EIGHTH)),
        "TQ1_0": _one(36, "tq1_0", embedding="q4_k"),
        "TQ2_0": _one(37, "tq2_0", embedding="q4_k"),
        "Q1_0": _one(40, "q1_0"),
        "Q2_0": _one(41, "q2_0", embedding="q4_k"),
        "MXFP4_MOE": Mixture(38, "q8_0", "q8_0", "q8_0", (Rule(("ffn_*_exps",), "gguf_mxfp4"),)),
        "NVFP4": _one(39, "gguf_nvfp4"),
    }
)  # fmt: skip
"""By the name that is in file names."""
OF_NUMBER: Mapping[int, str] = MappingProxyType({mixture.number: name for name, mixture in MIXTURES.items()})


@dataclass(frozen=True, slots=True)
class Weights:
    """Some equal weights of a model: how many numbers each has, and in how many layers they are; 0: in none."""

    name: str
    n_values: int
    n_layers: int = 0


LLAMA_8B = (
    Weights("token_embd", 128256 * 4096),
    Weights("output", 128256 * 4096),
    Weights("attn_q", 4096 * 4096, 32),
    Weights("attn_k", 1024 * 4096, 32),
    Weights("attn_v", 1024 * 4096, 32),
    Weights("attn_output", 4096 * 4096, 32),
    Weights("ffn_gate", 14336 * 4096, 32),
    Weights("ffn_up", 14336 * 4096, 32),
    Weights("ffn_down", 4096 * 14336, 32),
)
"""The weights of Llama 3 and 3.1 8B, whose heads share keys and values by 4 (config.json of the model)."""
NORMS = 65 * 4096 + 64
"""Numbers of its norms and frequencies, which stay float32."""


def bits_of_llama(mixture: Mixture, bits_of: Callable[[str], float], has_importance: bool) -> float:
    """Bits per weight of Llama 3.1 8B in a mixture.

    Args:
        mixture: The mixture.
        bits_of: Bits per value of a type.
        has_importance: Whether an importance matrix is given.
    """
    bits, n = 32.0 * NORMS, NORMS
    for one in LLAMA_8B:
        for layer in range(max(1, one.n_layers)):
            bits += one.n_values * bits_of(mixture.type_of(one.name, Setting(layer, 32, 4, has_importance)))
            n += one.n_values
    return bits / n
