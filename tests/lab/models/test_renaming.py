"""Names of GGUF files and of checkpoints: those of one tensor are one."""

import numpy as np
import pytest
from lab.models.renaming import INNER_NAMES, OUTER_NAMES, common_name, common_names, interleaved_heads, permuted_rows

# gguf 0.19.0, get_tensor_name_map(architecture, 40).get_name(name), of names in published checkpoints
RECORDED = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "model.layers.31.input_layernorm.weight": "blk.31.attn_norm.weight",
    "model.layers.31.post_attention_layernorm.weight": "blk.31.ffn_norm.weight",
    "model.layers.0.self_attn.q_proj.weight": "blk.0.attn_q.weight",
    "model.layers.0.self_attn.k_proj.bias": "blk.0.attn_k.bias",
    "model.layers.0.self_attn.v_proj.weight": "blk.0.attn_v.weight",
    "model.layers.0.self_attn.o_proj.weight": "blk.0.attn_output.weight",
    "model.layers.0.self_attn.q_norm.weight": "blk.0.attn_q_norm.weight",
    "model.layers.12.mlp.gate_proj.weight": "blk.12.ffn_gate.weight",
    "model.layers.12.mlp.up_proj.weight": "blk.12.ffn_up.weight",
    "model.layers.12.mlp.down_proj.weight": "blk.12.ffn_down.weight",
    "model.layers.1.self_attn.qkv_proj.weight": "blk.1.attn_qkv.weight",
    "model.layers.1.mlp.gate_up_proj.weight": "blk.1.ffn_up.weight",
    "model.layers.1.self_attn.dense.bias": "blk.1.attn_output.bias",
    "model.layers.1.mlp.fc1.weight": "blk.1.ffn_up.weight",
    "transformer.h.1.attn.c_attn.weight": "blk.1.attn_qkv.weight",
    "h.1.attn.c_proj.bias": "blk.1.attn_output.bias",
    "h.1.mlp.c_proj.weight": "blk.1.ffn_down.weight",
    "h.1.ln_2.bias": "blk.1.ffn_norm.bias",
    "wte.weight": "token_embd.weight",
    "wpe.weight": "position_embd.weight",
    "transformer.ln_f.weight": "output_norm.weight",
    "gpt_neox.layers.5.attention.query_key_value.weight": "blk.5.attn_qkv.weight",
    "layers.3.attention.wq.weight": "blk.3.attn_q.weight",
    "layers.3.feed_forward.w3.weight": "blk.3.ffn_up.weight",
    "tok_embeddings.weight": "token_embd.weight",
    "output.weight": "output.weight",
    "model.layers.3.self_attn.kv_a_proj_with_mqa.weight": "blk.3.attn_kv_a_mqa.weight",
    "model.layers.3.mlp.shared_experts.up_proj.weight": "blk.3.ffn_up_shexp.weight",
    "model.layers.3.mlp.gate.weight": "blk.3.ffn_gate_inp.weight",
    "model.layers.3.block_sparse_moe.gate.weight": "blk.3.ffn_gate_inp.weight",
    "model.layers.3.mlp.experts.down_proj.weight": "blk.3.ffn_down_exps.weight",
    "model.layers.3.post_feedforward_layernorm.weight": "blk.3.post_ffw_norm.weight",
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_name_that_the_converter_gives(name: str) -> None:
    """A checkpoint's name becomes the one that gguf's own table has for it, which stays as it is."""
    assert common_name(name) == RECORDED[name]
    assert common_name(RECORDED[name]) == RECORDED[name]


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("model.language_model.layers.2.self_attn.q_proj.weight", "blk.2.attn_q.weight"),
        ("language_model.model.embed_tokens.weight", "token_embd.weight"),
        ("model.layers.2.self_attn.sinks", "blk.2.attn_sinks.weight"),
        ("model.layers.2.mlp.gate.e_score_correction_bias", "blk.2.exp_probs_b.bias"),
        ("model.layers.2.mlp.experts.down_proj", "blk.2.ffn_down_exps.weight"),
        ("model.layers.2.mlp.experts.17.gate_proj.weight", "blk.2.ffn_gate.17.weight"),
        ("model.layers.2.block_sparse_moe.experts.1.w2.weight", "blk.2.ffn_down.1.weight"),
    ],
)
def test_names_around_those_of_the_table(name: str, common: str) -> None:
    """Prefixes of models of several kinds of input, parameters without an ending, and experts by number."""
    assert common_name(name) == common


@pytest.mark.parametrize(
    "name",
    [
        *("", "blk.0.ffn_up_exps.weight", "model.visual.blocks.0.attn.q_proj.weight", "x", "model.layers.0.w.weight"),
        *("vision_tower.encoder.layers.0.self_attn.q_proj.weight", "model.layers.a.mlp.up_proj.weight", "0:conv"),
    ],
)
def test_other_names_stay(name: str) -> None:
    """What is not known, of another part of the model, or common already."""
    assert common_name(name) == name


def test_each_name_means_one_tensor() -> None:
    """No name of a checkpoint is listed under two of GGUF."""
    for table in (INNER_NAMES, OUTER_NAMES):
        others = [other for names in table.values() for other in names]
        assert len(others) == len(set(others))


def test_norms_before_and_after_attention() -> None:
    """Where a model has a norm before the feed-forward part, that after attention is not it (gguf's map for gemma2)."""
    after, before = (f"model.layers.0.{one}_layernorm.weight" for one in ("post_attention", "pre_feedforward"))
    assert common_names([after]) == {after: "blk.0.ffn_norm.weight"}
    assert common_names([after, before]) == {after: "blk.0.post_attention_norm.weight", before: "blk.0.ffn_norm.weight"}


def test_rows_of_a_head_are_interleaved() -> None:
    """Neighbours of llama.cpp's are the rows i and i + half of each head of the checkpoint."""
    assert permuted_rows(12, 2).tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    rows = permuted_rows(4096, 32).reshape(32, 64, 2)
    assert np.array_equal(rows[..., 1] - rows[..., 0], np.full((32, 64), 64))


def test_which_tensors_are_interleaved() -> None:
    """Q and K of Llama's kind, by the number of their own heads; nothing else, and of other models nothing."""
    llama = {"general.architecture": "llama", "llama.attention.head_count": 32, "llama.attention.head_count_kv": 8}
    names = ("blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight", "output.weight", "blk.3.attn_q.bias")
    assert [interleaved_heads(llama, name) for name in names] == [32, 8, None, None, 32]
    del llama["llama.attention.head_count_kv"]
    assert interleaved_heads(llama, "blk.0.attn_k.weight") == 32
    qwen = {"general.architecture": "qwen2", "qwen2.attention.head_count": 32}
    assert [interleaved_heads(metadata, names[0]) for metadata in (qwen, {}, {"general.architecture": "llama"})] == [
        None, None, None,
    ]  # fmt: skip
