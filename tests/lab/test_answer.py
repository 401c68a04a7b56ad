"""The answer: the notebook's example digit for digit, the shape of the JSON, and what toolkits are known to compute."""

import json
import math

import lab
import pytest
from lab.request.fields import FIELDS

DESIGN_FIELDS = set(
    """
    direction values codes scale zero_point source shape seed spread profile scheme bits signed narrow granularity axis
    block_size calibration percentile range_min range_max include_zero rounding precision element compare format
    """.split()  # noqa: SIM905 - a list of names reads better as a line of names
)


def test_the_default_answer_is_the_notebooks_example() -> None:
    """The empty request gives the seed notebook's numbers in every digit."""
    answer = lab.answer({})
    assert answer["ok"] is True
    assert answer["params"] == {
        "scale": [0.02431372549019608],
        "zero_point": [-5],
        "qmin": -128,
        "qmax": 127,
        "scale_factor": [41.12903225806451],
    }
    assert answer["values"] == [-3.0, 0.1, 3.2]
    assert answer["codes"] == [-128, -1, 127]
    assert answer["dequantized"] == [-2.9905882352941178, 0.09725490196078432, 3.209411764705883]
    assert answer["shape"] == [3]
    assert "truncated" not in answer
    assert answer["notices"] == []


def test_codes_are_json_integers() -> None:
    """Whole codes and zero points are integers, not floats, under every profile."""
    for profile in ("notebook", "onnx", "pytorch", "tflite", "custom"):
        answer = lab.answer({"profile": profile})
        assert {type(code) for code in answer["codes"] + answer["params"]["zero_point"]} == {int}


def test_every_field_of_the_design_is_in_the_request() -> None:
    """The answer repeats every field, as text, with the default where nothing was given."""
    answer = lab.answer({"bits": " 08 ", "signed": "on"})
    assert DESIGN_FIELDS <= set(answer["request"]) == set(FIELDS)
    assert all(isinstance(text, str) for text in answer["request"].values())
    assert (answer["request"]["bits"], answer["request"]["signed"]) == ("8", "1")
    assert answer["request"]["values"] == "-3.0, 0.1, 3.2"


def test_an_answers_request_gives_the_same_answer() -> None:
    """Sending back the normalised request changes nothing, so a link made of it reproduces the page."""
    first = lab.answer({"profile": "onnx", "values": "[[1, 2], [3, 4]]", "granularity": "axis", "bits": "4"})
    assert lab.answer(first["request"]) == first


@pytest.mark.parametrize("profile", ["notebook", "onnx", "pytorch", "tflite", "custom"])
@pytest.mark.parametrize("direction", ["quantize", "dequantize"])
def test_answers_are_json(profile: str, direction: str) -> None:
    """Every answer is JSON without NaN or infinity, and reads back as itself."""
    answer = lab.answer({"profile": profile, "direction": direction})
    assert answer["ok"], answer
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_the_profile_decides_the_defaults() -> None:
    """Toolkits compute in float32 with zero in the range; what is given wins over the profile."""
    toolkit = lab.answer({"profile": "onnx"})["request"]
    assert (toolkit["precision"], toolkit["include_zero"]) == ("float32", "1")
    assert lab.answer({"profile": "onnx", "precision": "float64"})["request"]["precision"] == "float64"
    assert lab.answer({"profile": "tflite"})["request"]["rounding"] == "half_away"


# Values from the fact sheet about the seed notebook: its formulas, run outside this project.
@pytest.mark.parametrize(
    ("values", "zero_point", "codes"),
    [
        ("5, 5, 5", -1403, [-128, -128, -128]),
        ("10, 10.25, 11", -2678, None),
        ("-7, -6.5, -5", 764, [-128, -65, 126]),
        ("-129.5, 0, 125.5", 2, [-128, 2, 128]),
        ("-1.5, 0, 253.5", -126, [-128, -126, 128]),
    ],
)
def test_the_notebook_is_followed_into_its_odd_corners(values: str, zero_point: int, codes: list[int] | None) -> None:
    """Constants, ranges without zero and a maximum rounded past 127 come out as in the notebook, with a warning."""
    answer = lab.answer({"values": values})
    assert answer["params"]["zero_point"] == [zero_point]
    assert codes is None or answer["codes"] == codes
    assert any(notice["level"] == "warning" for notice in answer["notices"])


# Observed: onnxruntime 1.32.0 QuantizeLinear and torch 2.13.0 quantize_per_tensor, scale 1, zero point 1.
@pytest.mark.parametrize(
    ("profile", "codes"),
    [("onnx", [1, 3, 3, 1, -1, -1]), ("pytorch", [2, 2, 4, 0, 0, -2])],
)
def test_ties_follow_the_toolkit(profile: str, codes: list[int]) -> None:
    """Adding an odd zero point after or before rounding decides ties, as the libraries were seen to do."""
    request = {"values": "0.5 1.5 2.5 -0.5 -1.5 -2.5", "calibration": "manual", "range_min": "-129", "range_max": "126"}
    answer = lab.answer({**request, "profile": profile})
    assert answer["params"]["scale"] == [1.0]
    assert answer["params"]["zero_point"] == [1]
    assert answer["codes"] == codes


def test_dequantize_shows_the_way_back() -> None:
    """Switching the direction gives the notebook's reconstruction from its codes, bit for bit."""
    forth, back = lab.answer({}), lab.answer({"direction": "dequantize"})
    assert back["codes"] == forth["codes"]
    assert back["dequantized"] == back["values"] == forth["dequantized"]
    assert set(back["metrics"].values()) == {None}
    assert [step["key"] for step in back["steps"]] == ["bits", "dequantized"]


def test_dequantize_by_slices() -> None:
    """One scale and zero point for each row are applied to their rows."""
    answer = lab.answer(
        {
            "direction": "dequantize",
            "profile": "onnx",
            "codes": "[[1, 2], [3, 4]]",
            "granularity": "axis",
            "axis": "0",
            "scale": "0.5, 2",
            "zero_point": "0, 1",
        }
    )
    assert answer["dequantized"] == [0.5, 1.0, 4.0, 6.0]


def test_blocks_have_a_scale_each() -> None:
    """Blocks along an axis get a scale each, a shorter last one too, and the summary counts them."""
    request = {
        "values": "1 2 3 4 50",
        "profile": "onnx",
        "scheme": "symmetric",
        "granularity": "block",
        "block_size": "2",
    }
    answer = lab.answer({**request, "precision": "float64"})
    assert answer["params"]["scale"] == [2 / 127, 4 / 127, 50 / 127]
    tile = next(tile for tile in answer["summary"] if tile["key"] == "scale")
    assert tile["value"].startswith("3 scales, ")


def test_blocks_lie_along_the_last_axis() -> None:
    """Where no axis is named, blocks are neighbours in memory, and slices are rows."""
    request = {"profile": "onnx", "values": "[[1, 2, 3, 4], [10, 20, 30, 40]]", "block_size": "4"}
    of_blocks = lab.answer({**request, "granularity": "block"})
    of_rows = lab.answer({**request, "granularity": "axis"})
    assert len(of_blocks["params"]["scale"]) == 2
    assert of_blocks["params"]["scale"] == of_rows["params"]["scale"]
    assert of_blocks["codes"] == of_rows["codes"]


def test_the_shape_field_makes_a_matrix() -> None:
    """A flat list with a shape is a matrix."""
    assert lab.answer({"values": "1 2 3 4 5 6", "shape": "2 x 3"})["shape"] == [2, 3]


def test_long_answers_are_cut_and_say_so() -> None:
    """Beyond 10,000 numbers the lists are cut, the figures decimated, and a notice tells it."""
    answer = lab.answer({"values": " ".join(map(str, range(20_001)))})
    assert answer["truncated"] is True
    assert [len(answer[key]) for key in ("codes", "values", "dequantized")] == [10_000] * 3
    assert any("20,001" in notice["message"] for notice in answer["notices"])
    assert answer["table"]["total"] == 20_001
    assert len(answer["table"]["rows"]) == 10


def test_respond_gives_the_answer_in_parts() -> None:
    """The worker's reply: what the page's texts and tables need, then the whole, but for arrays, which stay arrays."""
    view, whole, arrays = lab.respond('{"bits": "4"}')
    expected = lab.answer({"bits": "4"})
    assert {**json.loads(whole), **{name: array.tolist() for name, array in arrays.items()}} == expected
    assert json.loads(view) == {
        key: expected[key] for key in expected if key not in (*arrays, "figures", "code", "copy")
    }
    assert set(arrays) == {"codes", "values", "dequantized"}
    refused, same, none = lab.respond({"bits": "99"})
    assert json.loads(refused) == lab.answer({"bits": "99"})
    assert (same, none) == (refused, {})


@pytest.mark.parametrize("shown", [("mapping",), ("mapping", "steps"), ("error", "table"), ("",)])
def test_a_glimpse_and_the_rest_make_the_answer(shown: tuple[str, ...]) -> None:
    """What is shown first, and what is added to it, is together what the page would have got at once."""
    request = {"bits": "4", "show": "mapping,error"}
    view, figures = (json.loads(text) for text in lab.glimpse(request, shown))
    rest, whole, _ = lab.respond(request, None, shown)
    at_once = json.loads(lab.respond(request)[0])
    added = json.loads(rest)
    items = {item["name"]: item for item in view["instruments"]}
    parts = {"steps", "table"}
    assert parts & set(view) == parts & set(shown)
    assert {item["name"] for item in items.values() if item["applies"]} == set(figures) == set(shown) - {*parts, ""}
    items |= {item["name"]: item for item in added.pop("instruments")}
    asked = [item for item in at_once["instruments"] if item["applies"]]
    assert [items[item["name"]] for item in asked] == asked
    assert {**view, **added, "instruments": None} == {**at_once, "instruments": None}
    assert figures == {name: figure for name, figure in lab.answer({"bits": "4"})["figures"].items() if name in shown}
    assert set(json.loads(whole)["figures"]) == {"mapping", "error"}


def test_a_glimpse_tells_what_is_wrong() -> None:
    """It is the same failure as the answer's, and there is no figure."""
    refused, figures = lab.glimpse({"bits": "99"}, ("mapping",))
    assert (json.loads(refused), figures) == (lab.answer({"bits": "99"}), "{}")


def test_respond_does_not_send_megabytes_back() -> None:
    """A very long text of values is left out of the reply, and the view has no long lists."""
    values = " ".join(["0.123456789"] * 100_000)
    request = {"values": values, "profile": "onnx", "granularity": "block", "block_size": "2"}
    view, whole, _ = lab.respond(request)
    assert "values" not in json.loads(whole)["request"]
    assert len(json.loads(whole)["params"]["scale"]) == 10_000
    assert len(json.loads(view)["params"]["scale"]) == 100
    assert len(view) < 100_000


SHOWN = [
    {"profile": "onnx", "values": "2.0", "narrow": "1", "include_zero": "0"},
    {"profile": "onnx", "values": "10 11 12", "include_zero": "0"},
    {"profile": "pytorch", "values": "[[1, 2], [-7, -5]]", "include_zero": "0", "granularity": "axis"},
    {
        "profile": "custom",
        "values": "[[1, 2, 3], [-7, -5, 1e6]]",
        "granularity": "block",
        "block_size": "2",
        "axis": "1",
    },
    {"profile": "tflite", "values": "-3 0.1 3.2", "signed": "0"},
    {"profile": "notebook", "values": "10 11"},
]


@pytest.mark.parametrize("request_", SHOWN)
def test_what_is_shown_is_taken_back(request_: dict[str, str]) -> None:
    """Codes, scale and zero point of an answer, given in the other direction, give its reconstruction."""
    shown = lab.answer(request_)
    back = {
        **{name: text for name, text in request_.items() if name != "values"},
        "direction": "dequantize",
        "codes": json.dumps(shown["codes"]),
        "shape": ",".join(map(str, shown["shape"])),
        "scale": json.dumps(shown["params"]["scale"]),
        "zero_point": json.dumps(shown["params"]["zero_point"]),
    }
    answer = lab.answer(back)
    assert answer["ok"], answer["errors"]
    assert answer["dequantized"] == shown["dequantized"]


def test_there_is_no_nan_in_json() -> None:
    """What JSON has no number for is null, however deep; `JSON.parse` would stop at NaN."""
    content = {"a": [1.0, {"b": (math.nan, -math.inf)}], "c": None}
    assert json.loads(lab.strict_json(content), parse_constant=pytest.fail) == {
        "a": [1.0, {"b": [None, None]}],
        "c": None,
    }
