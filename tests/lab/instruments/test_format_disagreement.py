"""Two number formats on the same values: which numbers come back differently, and why."""

import math
from typing import Any

import lab
import numpy as np
import pytest
from lab.request.fields import FIELDS
from lab.request.fields.formats import RIVALS, VARIANTS

import quantcore as qc

VALUES = np.round(np.random.default_rng(8).normal(size=(4, 64)), 3)
REASONS = set(qc.FORMAT_REASONS.values())
OF_AMAX_150 = [[150.0, 10.0, 3.0, 1.0] * 8]


def rows_of(view: Any) -> list[dict[str, str]]:
    """The rows of the table by their columns' keys."""
    keys = [column["key"] for column in view["table"]["columns"]]
    return [dict(zip(keys, row["cells"], strict=True)) for row in view["table"]["rows"]]


def test_three_scale_modes_of_one_block(ask: Any) -> None:
    """With amax 150 in E4M3 the exponents are -1 under floor and rceil, 0 under ceil; the scale is the reason."""
    view, _ = ask("disagreement", OF_AMAX_150, format="mxfp8_e4m3", against_format="rceil")
    assert view["reply"].endswith("give the same number back for every one of 32 values.")
    values = [[150.0, 149.0, 75.5, 0.0011] * 8]
    view, _ = ask("disagreement", values, format="mxfp8_e4m3", against_format="ceil")
    assert view["title"] == "MXFP8 E4M3, floor against MXFP8 E4M3, ceil"
    found = rows_of(view)
    assert {(row["scale_a"], row["scale_b"]) for row in found} == {("0.5", "1.0")}
    assert {row["reason"] for row in found} == {"the scale"}


def test_mx_above_the_largest_number(ask: Any) -> None:
    """A block whose largest magnitude is 960 holds 957 as 2 times 448 under floor, as 4 times 240 under rceil."""
    view, _ = ask("disagreement", [[960.0, 957.0] * 16], format="mxfp8_e4m3", against_format="rceil")
    second = rows_of(view)[1]
    assert (second["scale_a"], second["x_hat_a"], second["scale_b"], second["x_hat_b"]) == (
        "2.0",
        "896.0",
        "4.0",
        "960.0",
    )


def test_saturating_or_not(ask: Any) -> None:
    """Beyond 464 E4M3 saturates to 448 or becomes NaN; 464 itself ties to 448 both ways."""
    view, figure = ask("disagreement", [1000, 448, 464, 465, -1000], format="float8_e4m3fn", against_format="overflow")
    assert [row["index"] for row in view["table"]["rows"]] == [0, 3, 4]
    assert [(row["x_hat_a"], row["x_hat_b"]) for row in rows_of(view)] == [
        ("448.0", "NaN"), ("448.0", "NaN"), ("−448.0", "NaN"),
    ]  # fmt: skip
    assert {row["reason"] for row in rows_of(view)} == {"what becomes of values beyond the greatest number"}
    assert all(math.isfinite(y) for trace in figure["data"] for y in trace["y"])


def test_two_kinds_of_e4m3(ask: Any) -> None:
    """FN reaches 448 and FNUZ 240; what both hold comes back alike."""
    view, _ = ask("disagreement", [300, 240, 1.125, -448], format="float8_e4m3fn", against_format="float8_e4m3fnuz")
    assert [(row["x"], row["x_hat_a"], row["x_hat_b"]) for row in rows_of(view)] == [
        ("300.0", "288.0", "240.0"), ("−448.0", "−448.0", "−240.0"),
    ]  # fmt: skip
    assert {row["reason"] for row in rows_of(view)} == {"the numbers of the element format"}


def test_nf4_against_e2m1_shares_its_blocks(ask: Any) -> None:
    """The same blocks of 64 with E2M1: 1 becomes 0.8814197 of 2 in NF4, and 3/6 of 2 in E2M1."""
    view, _ = ask("disagreement", [[-2.0, -1, 0, 1, 2, *[0.0] * 59]], format="nf4", against_format="float4_e2m1fn")
    assert [(row["x"], row["x_hat_a"], row["x_hat_b"]) for row in rows_of(view)] == [
        ("−1.0", "−1.0501461", "−1.0"), ("1.0", "0.88141966", "1.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "other"), [("mxfp4", "gguf_mxfp4"), ("nvfp4", "gguf_nvfp4"), ("q4_0", "int4_f16")])
def test_counts_are_those_of_two_answers(ask: Any, name: str, other: str) -> None:
    """As many values come back differently as two separate answers say, and every reason is one of quantcore's."""
    view, _ = ask("disagreement", VALUES, format=name, against_format=other)
    text = " ".join(map(repr, VALUES.reshape(-1).tolist()))
    answers = [lab.answer({"values": text, "shape": "4,64", "format": f})["dequantized"] for f in (name, other)]
    n = sum(a != b for a, b in zip(*answers, strict=True))
    assert view["table"]["total"] == min(n, 10)
    assert view["reply"].startswith(f"{n} of 256 values" if n else "MXFP4 and MXFP4 (ggml) give the same number")
    for row in rows_of(view):
        assert set(row["reason"].split(", ")) <= REASONS


def test_reason_is_that_of_quantcore(ask: Any) -> None:
    """The first difference has the reasons that quantcore gives for it."""
    view, _ = ask("disagreement", VALUES, format="q8_0", against_format="int8_f16")
    found = qc.first_format_difference(VALUES, "q8_0", "int8_f16")
    assert found is not None
    assert view["table"]["rows"][0]["index"] == np.ravel_multi_index(found.index, VALUES.shape)
    assert rows_of(view)[0]["reason"] == ", ".join(qc.FORMAT_REASONS[name] for name in found.reasons)


def test_the_followed_number_is_among_the_rows(ask: Any) -> None:
    """Of many differences ten are listed, the followed number's own too."""
    view, _ = ask("disagreement", VALUES, format="q4_k", against_format="q4_0", element="200")
    assert len(view["table"]["rows"]) == 10
    assert [row["index"] for row in view["table"]["rows"] if row["selected"]] == [200]


def test_properties_side_by_side(ask: Any) -> None:
    """What both do alike is left out of the table of properties."""
    view, _ = ask("disagreement", VALUES, format="mxfp4", against_format="nvfp4")
    told = {row["cells"][0]: row["cells"][1:] for row in view["tables"][0]["rows"]}
    assert told["what shares a scale"] == ["32 values", "16 values"]
    assert told["scales"] == ["scale in E8M0", "tensor_scale in float32, scale in FP8 E4M3"]
    assert told["bits per value"] == ["4.25", "4.625"]
    assert "numbers of a code" not in told


@pytest.mark.parametrize("name", [name for name in qc.BLOCK_FORMATS if not name.startswith("iq")])
def test_something_is_shown_unasked(name: str) -> None:
    """Without a name another format, or a variant, is taken that differs."""
    found = lab.answer({"format": name, "source": "normal", "shape": "2,256", "show": "disagreement"})
    view = next(view for view in found["instruments"] if view["name"] == "disagreement")
    if name == "q1_0":  # no other format has one bit
        assert "no other format" in view["caption"]
    else:
        assert view["table"]["rows"]


@pytest.mark.parametrize("rival", [name for name in RIVALS if not name.startswith("iq")])
@pytest.mark.parametrize("own", ["nvfp4", "float8_e5m2", "q4_0"])
def test_every_name_can_be_asked_for(own: str, rival: str) -> None:
    """Every choice answers: with a comparison, or with the reason why there is none, which only variants have."""
    found = lab.answer(
        {"format": own, "source": "normal", "shape": "1,256", "show": "disagreement", "against_format": rival}
    )
    view = next(view for view in found["instruments"] if view["name"] == "disagreement")
    assert view["has_figure"] or rival in VARIANTS, view["caption"]


def test_integers_have_toolkits() -> None:
    """For plain integers the field of toolkits matters, and for formats that of formats."""
    for fmt, matters in (("", [True, False]), ("mxfp4", [False, True])):
        texts = lab.answer({"format": fmt})["request"]
        assert [FIELDS[name].matters(texts) for name in ("against", "against_format")] == matters
