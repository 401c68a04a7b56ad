"""Two ways on the same values: which codes differ, and that the rule named is really the reason."""

import json
from fractions import Fraction
from typing import Any

import lab
import numpy as np
import pytest
from lab.comparing import toolkits
from lab.request.fields import PROFILES
from lab.request.settings import read
from lab.results.compute import compute
from plotly import graph_objects

import quantcore as qc
from quantcore.explain.pipelines import outcome

RNG = np.random.default_rng(5)
NORMAL = np.round(RNG.normal(size=(12, 40)), 4)
TIES = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 127.0, -128.0]  # with scale 1 and zero point 0

Json = dict[str, Any]


def view_of(values: Any = NORMAL, **fields: str) -> Json:
    """The instrument of an answer, with its figure."""
    given = {"profile": "onnx", "show": "disagreement", "values": json.dumps(np.asarray(values).tolist())}
    found = lab.answer({**given, **fields})
    assert found["ok"], found
    view: Json = next(item for item in found["instruments"] if item["name"] == "disagreement")
    return {**view, "figure": found["figures"].get("disagreement")}


def codes_of(profile: str, values: Any, **fields: str) -> Any:
    """What a profile alone answers."""
    return lab.answer({**fields, "profile": profile, "values": json.dumps(np.asarray(values).tolist())})["codes"]


def reason_of(view: Json) -> list[str]:
    """The reasons in the table's order."""
    return [row["cells"][-1] for row in view["table"]["rows"]]


def test_ties_to_even_against_ties_away() -> None:
    """Exactly the ties whose even neighbour is the nearer one to zero differ, and the tie rule is the reason."""
    view = view_of(TIES, against="tflite")
    even_is_nearer = [i for i, x in enumerate(TIES) if x % 1 == 0.5 and round(Fraction(x)) == int(x)]
    assert [row["index"] for row in view["table"]["rows"]] == even_is_nearer
    assert set(reason_of(view)) == {"tie rule"}
    assert view["reply"] == "4 of 10 codes differ (40 %)."


def test_zero_point_before_or_after_rounding() -> None:
    """With an odd zero point, ties go the other way if it is added first: 0.5 becomes 0 − 1, or −0.5 becomes 0."""
    fields = {"calibration": "manual", "range_min": "-127", "range_max": "128"}  # scale 1, zero point -1
    view = view_of([0.5, 1.5, 2.5, 3.0, 3.25], against="torch_per_channel", **fields)
    assert [row["cells"][2:6] for row in view["table"]["rows"]] == [
        ["0.5", "−1", "−0.5", "0"], ["1.5", "1", "0.5", "0"], ["2.5", "1", "1.5", "2"],
    ]  # fmt: skip
    assert set(reason_of(view)) == {"order of adding the zero point"}


@pytest.mark.parametrize("other", [name for name in PROFILES if name != "onnx"])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_counts_are_those_of_two_answers(other: str, scheme: str) -> None:
    """As many elements differ, with the same codes, as two separate answers say."""
    view = view_of(against=other, scheme=scheme)
    if scheme == "affine" and PROFILES[other].is_symmetric:
        assert "has no affine scheme" in view["caption"]
        return
    same = {"scheme": scheme, "signed": "1"}
    one, two = codes_of("onnx", NORMAL, **same), codes_of(other, NORMAL, **same)
    differing = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
    if differing:
        assert view["reply"].startswith(f"{len(differing)} of 480 codes differ")
        shown = view["table"]["rows"]
        assert [row["index"] for row in shown] == differing[:50]
        written = [[int(row["cells"][k].replace("−", "-")) for k in (3, 5)] for row in shown]
        assert written == [[one[i], two[i]] for i in differing[:50]]
    else:
        assert "agree" in view["reply"]


@pytest.mark.parametrize("against", ["pytorch", "tflite", "notebook"])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("bits", ["8", "4"])
def test_reasons_are_those_of_quantcore(against: str, scheme: str, bits: str) -> None:
    """Where quantcore compares the same two toolkits, it gives the same reasons for the first difference."""
    values = np.round(NORMAL + 2.5, 2)
    view = view_of(values, against=against, scheme=scheme, bits=bits)
    toolkit = {"pytorch": "torch"}.get(against, against)
    found = qc.first_difference(values.astype(np.float32), qc.IntFormat(int(bits)), "onnx", toolkit, scheme)
    if found is None or found.what != "code" or against == "notebook":
        return  # the page's notebook computes in float64 and does not clip: other rules than quantcore's record
    assert view["table"]["rows"][0]["index"] == np.ravel_multi_index(found.index, values.shape)
    assert view["table"]["rows"][0]["cells"][-1] == ", ".join(found.reasons)


def test_zero_in_the_range() -> None:
    """For values far from 0 the notebook's range without 0 is the reason for all other codes."""
    view = view_of(np.linspace(10, 11, 30).round(3), against="notebook")
    assert all("zero in the range" in reason for reason in reason_of(view))
    assert view["table"]["total"] >= 28


def test_every_reason_holds() -> None:
    """A rule that is named, put into the first pipeline alone, gives the second one's code."""
    settings = read({"values": json.dumps((NORMAL * 3).tolist()), "profile": "onnx", "scheme": "symmetric",
                     "granularity": "axis", "axis": "0", "against": "pytorch"})  # fmt: skip
    found = toolkits.compare_toolkits(compute(settings))
    places = found.differing
    assert places.size
    for place, names in zip(places, toolkits.reasons_for(found, places), strict=True):
        element = toolkits.elements_of(found.first, np.array([place]))
        alone = [outcome(found.a.with_rules((name,), found.b), element, "code")[0] for name in names]
        together = outcome(found.a.with_rules(names, found.b), element, "code")[0]
        assert found.second.flat_q[place] in (*alone, together)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"granularity": "axis", "axis": "1"},
        {"granularity": "block", "axis": "1", "block_size": "16"},
        {"calibration": "percentile", "percentile": "95"},
        {"calibration": "manual", "range_min": "-1", "range_max": "1.5"},
        {"scheme": "symmetric", "bits": "5", "signed": "0"},
        {"precision": "float64", "profile": "custom"},
        {"profile": "notebook"},
        {"profile": "tflite"},
    ],
)
def test_single_elements_are_computed_like_the_whole(fields: dict[str, str]) -> None:
    """The codes that the reasons are found with are those of the answer, whatever shares a scale."""
    values = NORMAL if fields.get("profile") != "notebook" else NORMAL * 7
    settings = read({"profile": "onnx", "values": json.dumps(values.tolist()), **fields})
    result = compute(settings)
    places = np.arange(result.size)
    pipeline = toolkits.pipeline_of(settings, result.arithmetic, "")
    elements = toolkits.elements_of(result, places)
    assert (outcome(pipeline, elements, "code") == result.flat_q).all()
    assert (outcome(pipeline, elements, "reconstruction") == result.flat_x_hat).all()


def test_arithmetic_alone_keeps_the_scale() -> None:
    """Against the name of an arithmetic, scale and zero point are those of the page."""
    view = view_of(against="torch_fake_quantize", scheme="symmetric")
    rules = [row["cells"][0] for row in view["tables"][0]["rows"]]
    assert "denominator of a symmetric scale" not in rules
    assert "reciprocal" in rules


def test_default_shows_a_difference_where_there_is_one() -> None:
    """Without a name the first other library is taken that differs."""
    assert "PyTorch" in view_of(scheme="symmetric")["title"]
    assert "TensorFlow Lite" in view_of(TIES)["title"]


def test_agreement_is_told() -> None:
    """Where nothing differs, that is said, with the rules that do."""
    view = view_of([1.0, 2.0, 3.0], against="torch_fake_quantize")
    assert view["table"]["rows"] == []
    assert "agree on every one" in view["reply"]
    assert "reciprocal" in view["caption"]


def test_same_codes_other_reconstructions() -> None:
    """Where only the reconstruction differs, that is said, and the chart shows it."""
    view = view_of([-3.0, 0.1, 3.2], profile="notebook", against="onnx")
    assert view["reply"].startswith("All codes agree, but")
    assert view["table"]["total"] == 3
    assert "precision in which the scale is kept" in reason_of(view)[0]


def test_notebook_has_one_scale() -> None:
    """A comparison that cannot be made is explained."""
    view = view_of(granularity="axis", axis="0", against="notebook")
    assert "one scale for the tensor" in view["caption"]
    assert view["has_figure"] is False


def test_chance_is_not_explained_by_trying() -> None:
    """Stochastic rounding draws the same numbers for both; the answer is still one."""
    json.dumps(view_of(rounding="stochastic", against="pytorch"), allow_nan=False)


def test_figure_shows_every_difference() -> None:
    """Marks away from the line are the differing elements, by the difference of their codes; the figure is Plotly's."""
    view = view_of(TIES, against="tflite")
    graph_objects.Figure(view["figure"])
    marks = {trace["name"]: trace for trace in view["figure"]["data"]}
    differing = marks["differs"]
    assert differing["customdata"] == [row["index"] for row in view["table"]["rows"]]
    assert [TIES[i] for i in differing["customdata"]] == differing["x"]
    assert set(map(abs, differing["y"])) == {1.0}
    assert len(differing["x"]) + len(marks["same"]["x"]) == 10


@pytest.mark.parametrize("name", [*qc.ARITHMETICS, *PROFILES])
def test_every_name_can_be_asked_for(name: str) -> None:
    """Every choice of the field answers with JSON, under an affine and a symmetric scheme."""
    for scheme in ("affine", "symmetric"):
        json.dumps(view_of(NORMAL * 2, against=name, scheme=scheme), allow_nan=False)
