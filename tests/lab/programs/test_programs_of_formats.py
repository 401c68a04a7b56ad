"""The programs to copy under number formats: run as they are, they give the answer's codes and numbers.

Those in quantcore and NumPy are run here. Those that need a library were run where it is installed, by
record_programs_of_formats.py; here the record is compared: the program shown must be the one that was run, and what it
gave must be the answer.
"""

import importlib.util
import json
from typing import Any

import lab
import numpy as np
import pytest
from lab.answer import computed
from lab.programs import KINDS

from quantcore import BLOCK_FORMATS
from tests.lab.programs.record_programs_of_formats import KINDS as RECORDED_KINDS
from tests.lab.programs.record_programs_of_formats import RECORD, digest, digest_of_text, outcome
from tests.lab.programs.requests_for_formats import REQUESTS
from tests.lab.programs.running import run

RECORDED: dict[str, Any] = json.loads(RECORD.read_text("utf-8"))
OTHER_DIGITS = "the last digits of x_hat may differ"


def code_of(name: str) -> dict[str, str]:
    """The programs of a request by its name."""
    found = lab.answer({**REQUESTS[name], "show": "mapping"})
    assert found["ok"], found
    programs: dict[str, str] = found["code"]
    return programs


def expected(name: str) -> dict[str, Any]:
    """The codes, numbers and bytes that a program must give."""
    result = computed({**REQUESTS[name], "show": "mapping"})
    assert not isinstance(result, list)
    found = {"q": result.flat_q, "x_hat": result.flat_x_hat}
    return found if result.stored is None else {**found, "data": result.stored.to_bytes().hex()}


@pytest.mark.parametrize("kind", ["quantcore", "numpy"])
@pytest.mark.parametrize("name", list(REQUESTS))
def test_programs_that_need_nothing_else(kind: str, name: str) -> None:
    """A program in quantcore, or in NumPy alone, gives the answer's codes and numbers, bit for bit."""
    programs = code_of(name)
    names = run(programs[kind], REQUESTS[name])
    wanted = expected(name)
    np.testing.assert_array_equal(np.asarray(names["x_hat"]).reshape(-1), wanted["x_hat"])
    if "q" in names:
        np.testing.assert_array_equal(np.asarray(names["q"]).reshape(-1), wanted["q"])


@pytest.mark.parametrize("name", list(BLOCK_FORMATS))
@pytest.mark.filterwarnings("ignore")  # of signalling NaNs
def test_numpy_decodes_any_bytes(name: str) -> None:
    """Whatever bytes are given, also those that no library writes, NumPy alone reads the answer's numbers in them."""
    example = lab.answer({"format": name, "direction": "dequantize", "show": "mapping"})["request"]["bytes"]
    rng = np.random.default_rng(3)
    for _ in range(4):
        request = {"format": name, "direction": "dequantize", "bytes": rng.bytes(len(bytes.fromhex(example))).hex()}
        result = computed({**request, "show": "mapping"})
        assert not isinstance(result, list)
        names = run(lab.answer({**request, "show": "mapping"})["code"]["numpy"], request)
        np.testing.assert_array_equal(np.asarray(names["x_hat"]).reshape(-1), result.flat_x_hat)


@pytest.mark.parametrize("kind", RECORDED_KINDS)
def test_recorded_programs(kind: str) -> None:
    """The programs that are shown are those that were run, and they gave the answers' codes, numbers and bytes."""
    texts = {name: code_of(name).get(kind) for name in REQUESTS}
    assert {name for name, text in texts.items() if text} == set(RECORDED[kind])
    for name, found in RECORDED[kind].items():
        text = texts[name]
        assert text is not None
        assert digest_of_text(text) == found["program"], f"{name} has changed; run record_programs_of_formats.py again"
        check(name, text, found)


def check(name: str, text: str, found: dict[str, str]) -> None:
    """The digests of what a program gave are those of the answer."""
    if "x_hat" not in found:  # the library cannot do it, and the text says so
        assert all(line.startswith("#") for line in text.splitlines())
        return
    wanted = expected(name)
    if OTHER_DIGITS not in text:
        assert found["x_hat"] == digest(wanted["x_hat"]), name
    if "q" in found and "codes" not in REQUESTS[name]:
        assert found["q"] == digest(wanted["q"]), name
    if "data" in found and "data" in wanted:
        assert found["data"] == digest_of_text(wanted["data"]), name


INSTALLED = [
    kind
    for kind, package in (("ml_dtypes", "ml_dtypes"), ("gguf", "gguf"), ("bitsandbytes", "bitsandbytes"),
                          ("torchao", "torchao"), ("onnx", "onnx"), ("pytorch", "torch"))
    if importlib.util.find_spec(package)
]  # fmt: skip


@pytest.mark.parametrize("kind", ["quantcore", *INSTALLED])  # of others, what they gave is recorded
@pytest.mark.filterwarnings("ignore")  # of these packages
def test_programs_where_the_package_is(kind: str) -> None:
    """Where a package is installed, its programs run and give the answers."""
    for name in REQUESTS:
        text = code_of(name).get(kind)
        if text:
            check(name, text, outcome(text, REQUESTS[name]))


def test_kinds_that_apply_are_listed() -> None:
    """An answer lists the kinds that it has a program of, and no others; titles are those of the table."""
    for fields, kinds in (
        ({}, "quantcore numpy pytorch onnx notebook"),
        ({"format": "gguf_mxfp4"}, "quantcore numpy gguf"),
        ({"format": "float8_e4m3fn"}, "quantcore numpy ml_dtypes onnx"),
        ({"format": "nf4"}, "quantcore numpy bitsandbytes"),
        ({"format": "nvfp4"}, "quantcore numpy torchao"),
    ):
        found = lab.answer({**fields, "show": "mapping"})
        names = [program["name"] for program in found["programs"]]
        assert names == list(found["code"])
        assert set(kinds.split()) <= set(names)
        assert {program["title"] for program in found["programs"]} <= {kind.title for kind in KINDS.values()}


def test_gguf_only_decodes_what_it_cannot_encode() -> None:
    """gguf-py encodes Q4_0, and is given the bytes of Q4_K, which the program says; both give the numbers back."""
    assert "quantize(x, kind)" in code_of("q4_0")["gguf"]
    text = code_of("q4_k")["gguf"]
    assert "gguf-py only decodes this" in text
    assert "bytes.fromhex" in text


def test_a_cast_that_rounds_otherwise_has_no_program() -> None:
    """ml_dtypes and ONNX round half to even, in float32: elsewhere they are no kind of program."""
    for name in ("E4M3, floor", "E4M3, float64", "E4M3, half away"):
        assert not {"ml_dtypes", "onnx"} & set(code_of(name))
