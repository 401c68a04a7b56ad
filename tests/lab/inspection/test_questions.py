"""What is asked of a whole model: every question is answered for every recorded file, in strict JSON, and can end."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from lab.data.store import STORE
from lab.inspection.questions import QUESTIONS, ask
from lab.inspection.statistics import Tally
from lab.inspection.work import Stopped
from lab.models.reading.source import BytesSource
from lab.notation.nodes import markup
from lab.strict_json import strict_json

from tests.lab.data.test_model_files import sources
from tests.lab.models.files import NAMES, expected, gguf
from tests.lab.strict_json import strict


def answer_to(question: Mapping[str, str]) -> dict[str, Any]:
    """The answer, after all steps."""
    work = ask(question)
    try:
        while True:
            assert 0 <= next(work) <= 1
    except StopIteration as end:
        answer: dict[str, Any] = end.value
        return answer


def questions_of(name: str, loaded: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Each question that stands alone, of the first tensor or of the file."""
    named = {"file": name, "file_sha256": loaded["file"]["sha256"], "tensor": loaded["arrays"][0]["name"]}
    for ask_, question in QUESTIONS.items():
        if question.label:
            yield {**named, "ask": ask_}


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_answered(name: str) -> None:
    """Nothing but an answer, or an error at its field, comes of any recorded file."""
    loaded = STORE.open(name, sources(name))
    for question in questions_of(name, loaded):
        answer = strict(strict_json(answer_to(question)))
        assert answer["ok"] or answer["errors"], (question, answer)
        assert all(markup(node) for node in answer.get("nodes", []))


@pytest.mark.parametrize("name", NAMES)
def test_statistics_are_numpys(name: str) -> None:
    """Least, greatest, mean and deviation are what NumPy finds in what the library decodes, in float64."""
    loaded = STORE.open(name, sources(name))
    wanted = expected(name)
    named = {"ask": "statistics", "file": name, "file_sha256": loaded["file"]["sha256"]}
    arrays = [one for one in loaded["arrays"] if one["name"] in wanted and np.prod(one["shape"])]
    for array in arrays:
        recorded = wanted[array["name"]].reshape(-1)
        values = recorded.astype(np.float64)
        if values.size != np.prod(array["shape"]):
            continue  # only its beginning is recorded
        data = answer_to({**named, "tensor": array["name"]})["data"]
        finite = values[np.isfinite(values)]
        assert data["not_finite"] == values.size - finite.size
        ends = np.array([data["min"], data["max"]]).astype(recorded.dtype)
        assert (*ends, data["n"]) == (finite.min(), finite.max(), finite.size)
        assert data["zeros"] == np.count_nonzero(finite == 0)
        assert data["mean"] == pytest.approx(finite.mean(), abs=1e-7 * np.abs(finite).max())
        assert data["std"] == pytest.approx(finite.std(), rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("scales", [[1.0, 1e-3, 1e6], [0.0, 5e-324, 1.0], [1e300, 1e-300], [0.0]])
def test_bins_count_all(scales: list[float]) -> None:
    """However far later numbers reach, every bin counts the numbers between its edges, and no other."""
    tally = Tally()
    numbers = np.concatenate([np.random.default_rng(3).normal(size=1000) * scale for scale in scales])
    for part in np.split(numbers, len(scales)):
        tally.add(part)
    edges = np.ldexp(np.arange(-128.0, 129.0), tally.exponent)
    assert tally.counts.tolist() == np.histogram(numbers, edges)[0].tolist()


def test_what_is_stopped_answers_with_what_it_has() -> None:
    """A measurement that is stopped tells of the part that it read; one that read nothing tells nothing."""
    data = np.ones(4096 * 1024, "<f4").tobytes()
    loaded = STORE.open("ones.gguf", {"ones.gguf": BytesSource(gguf([("w", (1024, 4096), 0, 0, data)]))})
    question = {"ask": "statistics", "file": "ones.gguf", "file_sha256": loaded["file"]["sha256"], "tensor": "w"}
    work = ask(question)
    next(work)
    with pytest.raises(StopIteration) as end:
        work.throw(Stopped())
    assert end.value.value["ok"]
    assert end.value.value["data"]["share"] < 0.1
    assert end.value.value["data"]["mean"] == 1
    work = ask({**question, "tensor": "v"})
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value["errors"][0]["field"] == "tensor"
