"""The programs to copy: run as they are, they give the answer's numbers, bit for bit.

Those in NumPy alone are run here. Those for PyTorch and ONNX were run where these are installed, by record_programs.py;
here the record is compared: the program shown must be the one that was run, and what it gave must be the answer.
"""

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import lab
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab.request.fields.formats import CHOICES

from tests.lab.programs.record_programs import KINDS, RECORD, run
from tests.lab.programs.requests_for_programs import REQUESTS
from tests.lab.valid_requests import valid_requests

RECORDED = json.loads(Path(RECORD).read_text("utf-8"))

Json = dict[str, Any]


def answer(name: str) -> Json:
    """The answer to a request by its name."""
    found = lab.answer({**REQUESTS[name], "show": "mapping"})
    assert found["ok"], found
    return found


def check(found: Json, outcome: Json) -> None:
    """The codes and the reconstruction are those of the answer."""
    assert [x if math.isfinite(x) else None for x in outcome["x_hat"]] == found["dequantized"]
    if found["request"]["direction"] == "quantize":
        assert outcome["q"] == found["codes"]


INSTALLED = [kind for kind, package in (("pytorch", "torch"), ("onnx", "onnx")) if importlib.util.find_spec(package)]
OF_PACKAGES = [pytest.param(kind, marks=pytest.mark.filterwarnings("ignore")) for kind in INSTALLED]


@pytest.mark.parametrize("kind", ["numpy", "notebook", *OF_PACKAGES])  # of others, what they gave is recorded
@pytest.mark.parametrize("name", list(REQUESTS))
def test_programs_whose_package_is_here(kind: str, name: str) -> None:
    """A program whose package is installed, as NumPy always is, gives the answer's codes and reconstruction."""
    found = answer(name)
    program = found["code"][kind]
    if kind in INSTALLED and not is_program(program):
        return  # the package cannot do it, and the text says so
    outcome = run(program, REQUESTS[name])
    if kind == "notebook":  # its own function keeps its names
        outcome.setdefault("q", found["codes"])
    check(found, outcome)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(REQUESTS))
def test_recorded_programs(kind: str, name: str) -> None:
    """The program that is shown is the one that was run, and it gave the answer's codes and reconstruction."""
    found, recorded = answer(name), RECORDED[kind][name]
    assert found["code"][kind] == recorded["program"], "the program has changed; run record_programs.py again"
    if is_program(recorded["program"]):
        check(found, recorded)


def is_program(text: str) -> bool:
    """Whether there is more than comments."""
    return any(line and not line.startswith("#") for line in text.splitlines())


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(valid_requests(), st.just("") | st.sampled_from(list(CHOICES)))
@pytest.mark.filterwarnings("ignore")  # a program does not silence what overflows
def test_programs_of_any_request(request: dict[str, str], fmt: str) -> None:
    """Whatever is asked, the programs that need NumPy alone, or this package, give the answer's numbers."""
    found = lab.answer({**request, "format": fmt, "show": "table"})
    for kind in ("quantcore", "numpy", "notebook") if found["ok"] else ():
        if kind not in found["code"] or "another order" in found["code"][kind]:
            continue
        outcome = run(found["code"][kind], found["request"])
        check(found, {"q": found["codes"], **outcome})


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("granularity", ["block", "axis"])
@pytest.mark.parametrize("axis", ["0", "1"])
def test_a_given_range_is_one_for_all_slices(scheme: str, granularity: str, axis: str) -> None:
    """So its scale is one number, which is not spread over blocks; the numbers come from their generator."""
    found = lab.answer(
        {
            "profile": "onnx", "scheme": scheme, "granularity": granularity, "axis": axis, "block_size": "2",
            "source": "normal", "shape": "2,3", "calibration": "manual", "range_min": "0", "range_max": "0.5",
        }
    )  # fmt: skip
    for kind in ("quantcore", "numpy", "notebook"):
        check(found, run(found["code"][kind], found["request"]))


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_the_notebooks_program_knows_a_reduced_range(scheme: str) -> None:
    """Its factor is for fewer codes then."""
    found = lab.answer({"profile": "notebook", "scheme": scheme, "reduce_range": "1", "values": "-0.5, 0.17"})
    for kind in ("quantcore", "numpy", "notebook"):
        check(found, run(found["code"][kind], found["request"]))


def test_pytorch_uses_its_own_operators() -> None:
    """Where PyTorch has an operator for the settings, the program calls it."""
    assert "torch.quantize_per_tensor(" in answer("pytorch")["code"]["pytorch"]
    assert "torch.quantize_per_channel(" in answer("pytorch, rows")["code"]["pytorch"]
    assert "quantize_per_channel_group(" in answer("pytorch, groups")["code"]["pytorch"]
    assert "no operator for these settings" in answer("pytorch, 4 bits")["code"]["pytorch"]
    assert "Not as PyTorch's own operators" in answer("onnx")["code"]["pytorch"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("the notebook's example", "does not clip"),
        ("custom, float64", "take no float64"),
        ("custom, half away", "ties to even"),
        ("pytorch", "in another order"),
        ("onnx, zero outside", "not one of the codes"),
    ],
)
def test_onnx_says_what_it_cannot(name: str, words: str) -> None:
    """What ONNX cannot express is a comment, and nothing that only looks like a program."""
    text = answer(name)["code"]["onnx"]
    assert words in text
    assert not is_program(text)


@pytest.mark.parametrize("name", [name for name in REQUESTS if name.startswith(("onnx", "back, onnx"))])
def test_onnx_models_are_complete(name: str) -> None:
    """A model names its nodes, its parameters and the set of operators that knows their types."""
    text = answer(name)["code"]["onnx"]
    if name == "onnx, zero outside":
        return
    assert text.count("DequantizeLinear") == 1
    assert text.count('"QuantizeLinear"') == (0 if name.startswith("back") else 1)
    assert ("Clip" in text) == (name in ("onnx, narrow", "onnx, 6 bits", "onnx, 12 bits"))


def test_a_fused_operation_is_rounded_once() -> None:
    """PyTorch rounds product and sum once up to 8 bits, and one after the other beyond: page and programs do, too."""
    for name, code in (("pytorch, rounded once", -61), ("pytorch, 16 bits", 20000)):
        found = answer(name)
        assert found["codes"][1] == code
        assert run(found["code"]["numpy"], REQUESTS[name])["q"] == found["codes"]


@pytest.mark.parametrize("granularity", ["axis", "block"])
def test_a_range_of_ones_own_for_many_slices(granularity: str) -> None:
    """Every slice has the scale of the given range."""
    fields = {"profile": "onnx", "source": "normal", "calibration": "manual", "range_min": "0", "range_max": "0.5"}
    for shape in ("4,5", "70,4"):
        request = {**fields, "shape": shape, "granularity": granularity, "axis": "0", "block_size": "1"}
        found = lab.answer({**request, "show": "table"})
        for kind in ("quantcore", "numpy", "notebook"):
            check(found, {"q": found["codes"], **run(found["code"][kind], request)})


def test_stochastic_blocks_admit_their_order() -> None:
    """Where chance is drawn in another order than on the page, the program says so."""
    found = lab.answer({"profile": "custom", "rounding": "stochastic", "granularity": "block", "block_size": "2"})
    assert "another order" in found["code"]["numpy"]
    assert "another order" in found["code"]["pytorch"]
