"""Sums that become codes again: what libraries answered for sums near ties, and bounds."""

import lab
import pytest

LAYER = {"profile": "onnx", "show": "requantize"}


def view_of(**request: str) -> dict:
    """The instrument of a request."""
    answer = lab.answer({**LAYER, **request})
    assert answer["ok"], answer
    return next(view for view in answer["instruments"] if view["name"] == "requantize")


def codes_of(view: dict) -> dict[str, str]:
    """The code by each rule."""
    return {row["cells"][0]: row["cells"][4] for row in view["table"]["rows"]}


def test_a_sum_near_a_tie() -> None:
    """585 is 6.500000468 steps: a float32 multiplier makes a tie of it, and the even code; fixed point does not."""
    view = view_of()
    found = codes_of(view)
    assert {name for name, code in found.items() if code == "−120"} == {"ONNX Runtime, XNNPACK fp32"}
    assert set(found.values()) == {"−119", "−120"}
    steps = {row["cells"][0]: (row["cells"][1], row["cells"][2]) for row in view["table"]["rows"]}
    assert steps["ONNX Runtime, XNNPACK fp32"][1] == "6.5"
    assert steps["gemmlowp, TensorFlow Lite"][0] == "1527099593 / 2^37"
    assert "exactly 6.5000005 steps" in view["caption"]
    assert "−120: ONNX Runtime, XNNPACK fp32" in view["reply"]


def test_codes_saturate() -> None:
    """100 · 100 in steps of 0.2 is 50,000: the highest code."""
    scales = {"input_scale": "1", "weight_scale": "1", "output_scale": "0.2", "output_zero_point": "0"}
    found = codes_of(view_of(acc="10000", signed="0", **scales))
    assert {name: code for name, code in found.items() if code != "255"} == {"QNNPACK": "–"}  # it needs m below 1


def test_a_relu_leaves_codes_from_the_zero_point_on() -> None:
    """ReLU6 with steps of 0.5: from the zero point, -10, to 12 steps above it."""
    scales = {"input_scale": "0.25", "weight_scale": "1", "output_scale": "0.5", "output_zero_point": "-10"}
    for acc, relu, relu6 in (("-40", "−10", "−10"), ("20", "0", "0"), ("90", "35", "2")):
        assert set(codes_of(view_of(acc=acc, activation="relu", **scales)).values()) == {relu}
        assert set(codes_of(view_of(acc=acc, activation="relu6", **scales)).values()) == {relu6}


def test_many_sums_have_a_table_of_their_own() -> None:
    """One row for each, one column for each rule."""
    (table,) = view_of(acc="585, -585, 0")["tables"]
    assert [row["cells"][0] for row in table["rows"]] == ["−585", "0", "585"]
    assert set(table["rows"][1]["cells"][1:]) == {"−126"}


@pytest.mark.parametrize("acc", ["0.5", "2147483648", "a"])
def test_what_is_no_sum_is_refused(acc: str) -> None:
    """At the field, in words."""
    assert [error["field"] for error in lab.answer({**LAYER, "acc": acc})["errors"]] == ["acc"]


def test_a_zero_point_that_is_no_code_is_told() -> None:
    """Said in the instrument, and the rest of the page is answered."""
    view = view_of(signed="0", output_zero_point="-126")
    assert "is none of 0 to 255" in view["caption"]
    assert view["table"]["rows"] == []


@pytest.mark.parametrize(
    ("fmt", "lowest_and_two"), [({}, "−126"), ({"signed": "0"}, "2"), ({"bits": "4"}, "−6"), ({"bits": "2"}, "0")]
)
def test_the_default_zero_point_is_a_code_of_every_format(fmt: dict[str, str], lowest_and_two: str) -> None:
    """Two above the lowest code: that of the sum 0."""
    assert set(codes_of(view_of(acc="0", **fmt)).values()) == {lowest_and_two}


ADDED = {
    "operator": "addition", "left_codes": "-114", "input_scale": "0.02534690499305725", "left_zero_point": "-106",
    "right_codes": "-122", "weight_scale": "0.035809919238090515", "right_zero_point": "-120",
    "output_scale": "0.0365859717130661", "output_zero_point": "-105",
}  # fmt: skip


def test_two_codes_added_near_a_tie() -> None:
    """-7.5000079 steps: -113 exactly, -112 with float32 ratios."""
    view = view_of(**ADDED)
    added = view["table"]["rows"][0]
    assert added["cells"] == ["−114", "−122", "−7.500007942187392", "−113", "−112"]
    assert added["brief"] == {"2": "−7.50001"}
    assert view["reply"] == "Exactly, the first code is −113; ONNX Runtime computes −112."
    relu = view_of(**ADDED, activation="relu")
    assert relu["table"]["rows"][0]["cells"][3:] == ["−105", "−105"]
    many = view_of(**{**ADDED, "left_codes": "-114 0", "right_codes": "-122 1"})
    assert [row["cells"][0] for row in many["table"]["rows"]] == ["−114", "0"]


def test_ratios_that_float32_does_not_hold() -> None:
    """Nothing is shown for that rule, and the exact code is clipped."""
    view = view_of(**{**ADDED, "input_scale": "1e30", "output_scale": "1e-30"})
    assert view["table"]["rows"][0]["cells"][3:] == ["−128", "–"]


PRODUCT = {"operator": "dot", "left_codes": "210, 198, 234", "right_codes": "-81, -80, 127"}
ONES = {"input_scale": "1", "weight_scale": "1", "output_scale": "1", "output_zero_point": "0"}


def test_pairs_of_products_saturate() -> None:
    """uint8 times int8: -3132 in 32 bits, -3050 where two products at a time saturate at 16 bits."""
    view = view_of(**PRODUCT, **ONES, bits="16")
    assert view["caption"].startswith("The products of the codes add up to −3132. The sum −3132 counts")
    (kernels,) = view["tables"]
    assert [row["cells"][1:] for row in kernels["rows"]] == [["−3132", "−3132"], ["−3050", "−3050"]]
    assert view["reply"].endswith("Pairs that saturate at 16 bits give the sum −3050 instead, and the code −3050.")
    signed = view_of(operator="dot", left_codes="-1, 3", right_codes="5, 7", **ONES)
    assert (signed.get("tables", []), "are of codes 0 to 255" in signed["reply"]) == ([], True)


def test_zero_points_of_a_product() -> None:
    """(210 - 3)(-81 + 5) + ... = -14841; the correction for them does not saturate."""
    view = view_of(**PRODUCT, **ONES, bits="16", left_zero_point="3", right_zero_point="-5")
    exact = (210 - 3) * (-81 + 5) + (198 - 3) * (-80 + 5) + (234 - 3) * (127 + 5)
    sums = [int(row["cells"][1].replace("−", "-")) for row in view["tables"][0]["rows"]]
    assert sums == [exact, exact + 82]


def test_a_product_saturates_at_the_codes() -> None:
    """QLinearMatMul: 100 · 100 in steps of 0.2 is 50,000, and becomes 255."""
    request = {"operator": "dot", "left_codes": "100", "right_codes": "100", **ONES, "output_scale": "0.2"}
    assert set(codes_of(view_of(**request, signed="0")).values()) == {"255", "–"}


@pytest.mark.parametrize(
    ("bias", "acc", "words", "code"),
    [
        ("0.5", "0", "is stored as 50 steps of s_in · s_w, and added.", "50"),
        (
            "1e9",
            "0",
            "is stored as 2147483647 steps of s_in · s_w, the farthest that 32 bits reach, and added",
            "127",
        ),
        ("-1e9", "0", "is stored as −2147483648 steps of s_in · s_w, the farthest that 32 bits", "−128"),
        ("0.5", "2147483640", "That makes 2147483690; 32 bits overflow, and keep what follows.", "−128"),
    ],
)
def test_a_bias_of_32_bits(bias: str, acc: str, words: str, code: str) -> None:
    """In steps of 0.1 · 0.1, clipped to int32; what it makes of a sum wraps, and the code is at the other end."""
    view = view_of(bias=bias, acc=acc, **{**ONES, "input_scale": "0.1", "weight_scale": "0.1", "output_scale": "0.01"})
    assert words in view["caption"]
    assert codes_of(view)["exact"] == code


def test_codes_that_do_not_fit() -> None:
    """As many of both, whole, and of 16 bits: said at the field."""
    for wrong, field in (
        ({"left_codes": "1 2"}, "right_codes"),
        ({"left_codes": "70000"}, "left_codes"),
        ({"right_codes": "0.5"}, "right_codes"),
    ):
        errors = lab.answer({**LAYER, **PRODUCT, **wrong})["errors"]
        assert [error["field"] for error in errors] == [field]
