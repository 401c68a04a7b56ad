"""One name for a tensor that GGUF files and Hugging Face checkpoints call differently: that of GGUF.

Source: gguf 0.19.0, tensor_mapping.py and constants.py (TENSOR_NAMES); conversion/llama.py of llama.cpp (`permute`).

Names are not all that a conversion changes, so tensors of one name may still hold other numbers:

- Llama's rotary embedding turns pairs of rows of Q and K. Hugging Face pairs row i of a head with row i + half,
  llama.cpp neighbours, so its files of these architectures have the rows interleaved: :func:`permuted_rows` puts those
  of a checkpoint into that order. Meta's own checkpoints (`attention.wq`) have it already.
- Norms of Gemma 1 to 3 are stored with 1 added, and GPT-2's matrices, which multiply from the right, transposed.
- The matrices of all experts of a layer are stacked into one tensor (`ffn_up_exps`); those that a checkpoint has one by
  one are called as in early GGUF files (`ffn_up.7`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTER_NAMES = {
    "token_embd": ("embed_tokens", "tok_embeddings", "word_embeddings", "wte", "embed_in"),
    "position_embd": ("wpe", "embed_positions"),
    "token_embd_norm": ("word_embeddings_layernorm",),
    "output_norm": ("norm", "ln_f", "norm_f", "final_layernorm", "final_layer_norm"),
    "output": ("lm_head", "embed_out"),
}
INNER_NAMES = {
    "attn_norm": ("input_layernorm", "ln_1", "attention_norm"),
    "attn_q": ("self_attn.q_proj", "attention.wq", "attn.q_proj"),
    "attn_k": ("self_attn.k_proj", "attention.wk", "attn.k_proj"),
    "attn_v": ("self_attn.v_proj", "attention.wv", "attn.v_proj"),
    "attn_qkv": (
        *("self_attn.qkv_proj", "self_attn.query_key_value", "self_attention.query_key_value"),
        *("attention.query_key_value", "attn.c_attn", "attn.Wqkv", "linear_attn.in_proj_qkv"),
    ),
    "attn_output": (
        *("self_attn.o_proj", "self_attn.out_proj", "self_attn.dense", "self_attention.dense"),
        *("attention.dense", "attention.wo", "attn.c_proj", "attn.out_proj"),
    ),
    "attn_q_norm": ("self_attn.q_norm", "self_attn.q_layernorm"),
    "attn_k_norm": ("self_attn.k_norm", "self_attn.k_layernorm"),
    "attn_sinks": ("self_attn.sinks",),
    "attn_q_a": ("self_attn.q_a_proj",),
    "attn_q_b": ("self_attn.q_b_proj",),
    "attn_kv_a_mqa": ("self_attn.kv_a_proj_with_mqa",),
    "attn_kv_b": ("self_attn.kv_b_proj",),
    "attn_q_a_norm": ("self_attn.q_a_layernorm",),
    "attn_kv_a_norm": ("self_attn.kv_a_layernorm",),
    "ffn_norm": ("post_attention_layernorm", "pre_feedforward_layernorm", "ln_2", "ffn_norm"),
    "post_ffw_norm": ("post_feedforward_layernorm",),
    "ffn_gate": ("mlp.gate_proj", "feed_forward.w1"),
    "ffn_up": (
        *("mlp.up_proj", "feed_forward.w3", "mlp.gate_up_proj", "mlp.dense_h_to_4h", "mlp.c_fc", "mlp.fc1"),
        *("mlp.fc_in",),
    ),
    "ffn_down": (*("mlp.down_proj", "feed_forward.w2", "mlp.dense_4h_to_h", "mlp.c_proj", "mlp.fc2", "mlp.fc_out"),),
    "ffn_gate_inp": ("mlp.gate", "mlp.router", "block_sparse_moe.gate", "feed_forward.router"),
    "exp_probs_b": ("mlp.gate.e_score_correction", "block_sparse_moe.e_score_correction"),
    "ffn_gate_inp_shexp": ("mlp.shared_expert_gate",),
    "ffn_gate_exps": ("mlp.experts.gate_proj", "block_sparse_moe.experts.w1"),
    "ffn_up_exps": ("mlp.experts.up_proj", "block_sparse_moe.experts.w3"),
    "ffn_down_exps": ("mlp.experts.down_proj", "block_sparse_moe.experts.w2", "feed_forward.experts.down_proj"),
    "ffn_gate_up_exps": ("mlp.experts.gate_up_proj", "feed_forward.experts.gate_up_proj"),
    "ffn_gate_shexp": (
        *("mlp.shared_expert.gate_proj", "mlp.shared_experts.gate_proj", "feed_forward.shared_expert.gate_proj"),
    ),
    "ffn_up_shexp": (
        *("mlp.shared_expert.up_proj", "mlp.shared_experts.up_proj", "feed_forward.shared_expert.up_proj"),
    ),
    "ffn_down_shexp": (
        *("mlp.shared_expert.down_proj", "mlp.shared_experts.down_proj", "feed_forward.shared_expert.down_proj"),
    ),
}
"""GGUF's word, and what checkpoints say instead: outside of layers, and after a layer's number."""

OUTER = {other: name for name, others in OUTER_NAMES.items() for other in others}
INNER = {other: name for name, others in INNER_NAMES.items() for other in others}

_PREFIX = r"(?:(?:model|transformer|language_model|text_model|gpt_neox)\.)*"
_END = r"(?:[._](weight|bias))?"
_IN_LAYER = re.compile(rf"{_PREFIX}(?:layers|h|blocks)\.(\d+)\.(.+?){_END}")
_OUTSIDE = re.compile(rf"{_PREFIX}(\w+?){_END}")
_EXPERT = re.compile(r"(.*\.experts)\.(\d+)(\..*)")

INTERLEAVED = ("llama", "granite", "granitemoe", "granitehybrid", "mistral3", "llada")
"""Architectures of GGUF whose Q and K have interleaved rows."""


def common_name(name: str) -> str:
    """The name that GGUF gives to a tensor; one that is not known stays as it is.

    >>> common_name("model.layers.3.self_attn.q_proj.weight")
    'blk.3.attn_q.weight'
    >>> common_name("model.layers.3.mlp.experts.7.up_proj.weight"), common_name("blk.3.attn_q.weight")
    ('blk.3.ffn_up.7.weight', 'blk.3.attn_q.weight')
    """
    if found := _IN_LAYER.fullmatch(name):
        layer, rest, end = found.groups()
        expert = _EXPERT.fullmatch(rest)
        known = INNER.get(expert[1] + expert[3] if expert else rest)
        if known is None:
            return name
        if expert:
            known = f"{known.removesuffix('_exps')}.{expert[2]}"
        return f"blk.{layer}.{known}.{end or 'weight'}"
    if found := _OUTSIDE.fullmatch(name):
        known = OUTER.get(found[1])
        return name if known is None else f"{known}.{found[2] or 'weight'}"
    return name


def common_names(names: Iterable[str]) -> dict[str, str]:
    """The common name of each tensor of a model.

    Only all of them say which norm `post_attention_layernorm` is: the one before the feed-forward part, or, in a model
    that has `pre_feedforward_layernorm` (Gemma 2 and 3), the one after attention.
    """
    names = list(names)
    found = {name: common_name(name) for name in names}
    if any(".pre_feedforward_layernorm." in name for name in names):
        for name in names:
            if ".post_attention_layernorm." in name:
                found[name] = found[name].replace("ffn_norm", "post_attention_norm")
    return found


def interleaved_heads(metadata: Mapping[str, Any], name: str) -> int | None:
    """How many heads a tensor of a GGUF file has whose rows are interleaved; None if they are not.

    Args:
        metadata: Of the header of the GGUF file.
        name: Of the tensor.
    """
    architecture = metadata.get("general.architecture")
    part = name.split(".")[2:3]
    if architecture not in INTERLEAVED or part not in (["attn_q"], ["attn_k"]):
        return None
    heads = metadata.get(f"{architecture}.attention.head_count")
    if part == ["attn_k"]:
        heads = metadata.get(f"{architecture}.attention.head_count_kv", heads)
    return heads if type(heads) is int and heads > 0 else None


def permuted_rows(n_rows: int, n_heads: int) -> NDArray[np.int64]:
    """Which row of the checkpoint's Q or K each row of llama.cpp's is, where they are interleaved.

    Args:
        n_rows: Of the tensor.
        n_heads: Of the tensor; each has an even number of rows.

    >>> permuted_rows(8, 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    return np.arange(n_rows).reshape(n_heads, 2, -1).swapaxes(1, 2).reshape(-1)
