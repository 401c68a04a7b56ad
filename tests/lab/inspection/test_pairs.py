"""Two models compared: every figure is NumPy's in float64 of what was stored, whatever the two call their tensors."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from lab.data.store import STORE
from lab.inspection import matching
from lab.inspection.pair import SIDE
from lab.inspection.questions import ask
from lab.inspection.work import Stopped
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import BytesSource
from lab.notation.nodes import markup, text_of
from lab.strict_json import strict_json

from tests.lab.inspection.test_questions import answer_to
from tests.lab.models.files import FOLDER, Counting, expected, gguf, safetensors, text
from tests.lab.strict_json import strict

F32, F16, Q8_0 = 0, 1, 8
HF_Q, GGUF_Q = "model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight"
HF_UP, GGUF_UP = "model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight"
RNG = np.random.default_rng(11)
Q, UP = RNG.normal(size=(64, 96)).astype("<f4"), RNG.normal(size=(40, 64)).astype("<f4")
NORM = RNG.normal(size=64).astype("<f4")


def q8_0(x: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Blocks of 32 as GGUF stores them, a float16 scale and 32 bytes, and what they stand for."""
    blocks = x.reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 127).astype("<f2")
    codes = np.rint(blocks / scale.astype(np.float32)).astype(np.int8)
    stored = np.concatenate([scale.view(np.uint8), codes.view(np.uint8)], axis=1)
    return stored.tobytes(), (scale.astype(np.float32) * codes).reshape(x.shape)


def f32(x: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    """A tensor of a safetensors file."""
    return "F32", x.shape, x.astype("<f4").tobytes()


def figures(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """SQNR, largest error and cosine of y as a reconstruction of x, in float64."""
    x, y = x.astype(np.float64).reshape(-1), y.astype(np.float64).reshape(-1)
    error = x - y
    return {
        "sqnr_db": 10 * math.log10(x @ x / (error @ error)),
        "max_abs_error": float(np.abs(error).max()),
        "cosine": float(x @ y / math.sqrt((x @ x) * (y @ y))),
    }


def same(found: Mapping[str, Any], wanted: Mapping[str, float]) -> bool:
    """Whether figures agree: sums of some thousand products differ by their order only."""
    return all(found[name] == pytest.approx(value, rel=1e-10) for name, value in wanted.items())


def opened(files: Mapping[str, bytes]) -> dict[str, str]:
    """Opens two models, and what a question says of them."""
    STORE.forget()
    digests = [STORE.open(name, {name: BytesSource(data)})["file"]["sha256"] for name, data in files.items()]
    first, second = files
    return {"file": first, "file_sha256": digests[0], "other": second, "other_sha256": digests[1]}


def compared(question: Mapping[str, str]) -> dict[str, Any]:
    """The answer about all pairs, known to be strict JSON and nodes."""
    answer = answer_to({**question, "ask": "pairs"})
    assert answer["ok"], answer
    strict(strict_json(answer))
    assert all(markup(node) for node in answer["nodes"])
    return answer


def checkpoint() -> bytes:
    """A checkpoint, in the names of Hugging Face."""
    return safetensors({HF_UP: f32(UP), HF_Q: f32(Q), "model.norm.weight": f32(NORM), "lm_head.weight": f32(Q)})


UP_BYTES, UP_BACK = q8_0(UP)
Q_BYTES, Q_BACK = q8_0(Q)


def quantized(entries: bytes = b"", n_entries: int = 0) -> bytes:
    """The same as GGUF: its matrices in Q8_0, the norm as it was, the head in float16."""
    parts = [
        (GGUF_Q, Q.shape, Q8_0, Q_BYTES),
        (GGUF_UP, UP.shape, Q8_0, UP_BYTES),
        ("output_norm.weight", NORM.shape, F32, NORM.tobytes()),
        ("blk.0.extra.weight", (32,), F32, bytes(128)),
    ]
    tensors, place = [], 0
    for name, shape, kind, data in parts:
        tensors.append((name, shape, kind, place, data))
        place += -(-len(data) // 32) * 32
    return gguf(tensors, entries, n_entries)


def test_tensors_are_matched_by_what_both_call_them() -> None:
    """Figures and bits are those of the stored numbers, the worst is first, and what only one has is named."""
    question = opened({"m.safetensors": checkpoint(), "m.gguf": quantized()})
    answer = compared(question)
    rows = {row["reference_name"]: row for row in answer["data"]["rows"]}
    assert answer["data"]["reference"] == "m.safetensors"
    assert same(rows[HF_Q], figures(Q, Q_BACK))
    assert same(rows[HF_UP], figures(UP, UP_BACK))
    assert (rows["model.norm.weight"]["sqnr_db"], rows["model.norm.weight"]["cosine"]) == ("inf", 1.0)
    assert (rows[HF_Q]["name"], rows[HF_Q]["bits_per_value"], rows[HF_Q]["reference_bits_per_value"]) == (
        GGUF_Q,
        8.5,
        32,
    )
    ratios = [float(row["sqnr_db"]) for row in answer["data"]["rows"]]
    assert ratios == sorted(ratios)
    told = " ".join(map(text_of, answer["nodes"]))
    assert "Only in m.safetensors: 1 tensor" in told
    assert "lm_head.weight" in told
    assert "blk.0.extra.weight" in told
    whole = figures(
        np.concatenate([UP.ravel(), Q.ravel(), NORM]), np.concatenate([UP_BACK.ravel(), Q_BACK.ravel(), NORM])
    )
    assert f"SQNR {whole['sqnr_db']:.2f} dB" in told


def test_the_reader_says_which_is_the_reference() -> None:
    """The other one as the reference changes the ratio as NumPy has it, and nothing is read for it."""
    question = opened({"m.safetensors": checkpoint(), "m.gguf": quantized()})
    compared(question)
    work = ask({**question, "ask": "pairs", "reference": question["other_sha256"]})
    assert next(work) == 1
    with pytest.raises(StopIteration) as end:
        next(work)
    data = end.value.value["data"]
    assert data["reference"] == "m.gguf"
    row = next(row for row in data["rows"] if row["name"] == HF_Q)
    assert same(row, figures(Q_BACK, Q))


def test_interleaved_rows_are_brought_into_one_order() -> None:
    """Rows of Q that llama.cpp interleaved by heads are compared with those that they are."""
    entry = text("general.architecture") + (8).to_bytes(4, "little") + text("llama")
    entry += text("llama.attention.head_count") + (4).to_bytes(4, "little") + (4).to_bytes(4, "little")
    half = Q.shape[0] // 4 // 2
    rows = [head * 2 * half + part * half + i for head in range(4) for i in range(half) for part in range(2)]
    data, back = q8_0(np.ascontiguousarray(Q[rows]))
    files = {"q.gguf": gguf([(GGUF_Q, Q.shape, Q8_0, 0, data)], entry, 2), "m.safetensors": checkpoint()}
    for one, other in (("q.gguf", "m.safetensors"), ("m.safetensors", "q.gguf")):
        question = opened({one: files[one], other: files[other]})
        (row,) = compared(question)["data"]["rows"]
        assert same(row, figures(Q[rows], back))
        name = GGUF_Q if one == "q.gguf" else HF_Q
        answer = answer_to({**question, "ask": "pair", "tensor": name})
        assert same(answer["data"], figures(Q[rows], back))
        worst = np.unravel_index(np.abs(Q[rows].astype(np.float64) - back).argmax(), Q.shape)
        assert answer["data"]["index"] == list(worst)
        assert "interleaved" in " ".join(map(text_of, answer["nodes"]))


def test_a_gptq_tensor_is_turned() -> None:
    """Rows of GPTQ are columns of the checkpoint, also where the matrix is square."""
    name = "gptq-v1-4bit.safetensors"
    tensor, values = next((key, value) for key, value in expected(name).items() if value.ndim == 2)
    original = values.T + RNG.normal(scale=0.01, size=values.T.shape).astype("<f4")
    data = (FOLDER / name).read_bytes()
    question = opened({"o.safetensors": safetensors({tensor: f32(original)}), name: data})
    (row,) = compared(question)["data"]["rows"]
    assert same(row, figures(original, values.T))
    files = [file for file in STORE.models() if file.name == name]
    assert matching.TURNED[0] == next(one.convention for one in files[0].model.tensors if one.name == tensor)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shapes", "is_compared"),
    [
        (((6, 8), (6, 8)), True),
        (((6, 8), (8, 6)), True),
        (((6, 8), (1, 6, 8)), True),
        (((48,), (48, 1, 1)), True),
        (((2, 6, 8), (8, 6, 2)), True),
        (((6, 8), (48,)), False),
        (((6, 8), (4, 12)), False),
        (((6, 0), (6, 0)), False),
    ],
)
def test_shapes_that_hold_the_same_in_one_order(shapes: tuple[tuple[int, ...], ...], is_compared: bool) -> None:
    """Axes of length 1 and the reversed order do not matter; of other shapes it is said why they are not compared."""
    x = RNG.normal(size=shapes[0])
    y = (x + 0.01 * RNG.normal(size=shapes[0])).astype("<f4")
    stored = y.T if [n for n in shapes[1] if n != 1] != [n for n in shapes[0] if n != 1] else y
    files = {
        "a.safetensors": safetensors({"w": f32(x)}),
        "b.safetensors": safetensors({"w": f32(stored.reshape(shapes[1]))}),
    }
    answer = compared(opened(files))
    told = " ".join(map(text_of, answer["nodes"]))
    if is_compared:
        assert same(answer["data"]["rows"][0], figures(x.astype("<f4"), y))
        assert "Not compared" not in told
    else:
        assert "Not compared: 1 pair" in told
        assert "rows" not in answer["data"]


def test_what_is_not_finite_is_counted() -> None:
    """NaN and infinity in either are left out of every figure, and the place of the largest error stays true."""
    x, y = Q.copy(), Q_BACK.copy()
    x[0, 0], x[3, 4], y[3, 4], y[5, 6] = np.nan, np.inf, np.inf, -np.inf
    x[7, 8] = 99.0
    question = opened({"a.safetensors": safetensors({"w": f32(x)}), "b.safetensors": safetensors({"w": f32(y)})})
    kept = np.isfinite(x) & np.isfinite(y)
    answer = answer_to({**question, "ask": "pair", "tensor": "w"})
    assert (answer["data"]["not_finite"], answer["data"]["index"]) == (3, [7, 8])
    assert same(answer["data"], figures(x[kept], y[kept]))
    (row,) = compared(question)["data"]["rows"]
    assert row["not_finite"] == 3
    nothing = np.full((2, 2), np.nan)
    files = {name: safetensors({"w": f32(nothing)}, {"of": name}) for name in ("a.safetensors", "b.safetensors")}
    question = opened(files)
    assert "no value that is finite in both" in str(compared(question)["nodes"])
    assert "no value that is finite in both" in str(answer_to({**question, "ask": "pair", "tensor": "w"})["nodes"])


def test_what_is_stopped_tells_what_it_has_and_goes_on() -> None:
    """Pairs that were measured stay measured; the rest is measured when it is asked for again."""
    large = np.ones((1024, 1024), "<f4")
    files = {
        name: safetensors({"a": f32(UP), "b": f32(large * scale), "c": f32(Q)})
        for name, scale in (("a.safetensors", 1.0), ("b.safetensors", 1.125))
    }
    question = {**opened(files), "ask": "pairs"}
    work = ask(question)
    shares = [next(work) for _ in range(3)]
    assert shares == sorted(shares)
    assert 0 < shares[-1] < 1
    with pytest.raises(StopIteration) as end:
        work.throw(Stopped())
    assert [row["name"] for row in end.value.value["data"]["rows"]] == ["a"]
    assert "1 of 3 are compared" in " ".join(map(text_of, end.value.value["nodes"]))
    answer = compared(question)
    assert [row["name"] for row in answer["data"]["rows"]] == ["b", "a", "c"]
    assert answer["data"]["rows"][0]["sqnr_db"] == pytest.approx(20 * math.log10(8))
    work = ask({**question, "ask": "pair", "tensor": "b"})
    next(work)
    with pytest.raises(StopIteration) as end:
        work.throw(Stopped())
    assert end.value.value["data"]["share"] == pytest.approx(0.25)
    assert "Stopped after 25" in " ".join(map(text_of, end.value.value["nodes"]))
    work = ask({**question, "ask": "pair", "tensor": "nothing"})
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value["errors"][0]["field"] == "tensor"


def test_the_pair_is_drawn() -> None:
    """Both histograms count all values in the same bins; a cell of the map is the RMS error of its part."""
    x = RNG.normal(size=(130, 192)).astype("<f4")
    data, back = q8_0(x)
    question = opened(
        {"a.gguf": gguf([("w", x.shape, F32, 0, x.tobytes())]), "b.gguf": gguf([("w", x.shape, Q8_0, 0, data)])}
    )
    answer = answer_to({**question, "ask": "pair", "tensor": "w"})
    bars, steps = answer["figures"]["inspection"]["data"]
    edges = np.array(steps["x"])
    assert bars["y"] == np.histogram(x, edges)[0].tolist()
    assert steps["y"][:-1] == np.maximum(np.histogram(back, edges)[0], 0.5).tolist()
    (heat,) = answer["figures"]["inspection-2"]["data"]
    assert (heat["dy"], heat["dx"], len(heat["z"])) == (3, 3, 44)
    error = np.square(x.astype(np.float64) - back)
    for i, line in enumerate(heat["z"]):
        wanted = [math.sqrt(error[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].mean()) for j in range(SIDE)]
        assert line == pytest.approx(wanted, rel=1e-12)


def test_many_tensors_are_ranked_in_steps() -> None:
    """Equal tensors have no mark; the worst of many are listed first and the rest on request, with all in the chart."""
    n = 60
    x = RNG.normal(size=(n, 8)).astype("<f4")
    y = x * (1 + np.arange(n, dtype="<f4")[:, None] / 1024)
    names = [f"blk.{i}.w" for i in range(n)]
    files = {
        f"{kind}.safetensors": safetensors({name: f32(row) for name, row in zip(names, rows, strict=True)})
        for kind, rows in (("a", x), ("b", y))
    }
    answer = compared(opened(files))
    assert [row["name"] for row in answer["data"]["rows"]] == names[:-51:-1]
    (marks,) = answer["figures"]["inspection"]["data"]
    assert marks["x"] == list(range(n - 1, 0, -1))
    assert marks["y"] == pytest.approx([20 * math.log10(1024 / i) for i in range(n - 1, 0, -1)], rel=1e-4)
    assert "equal in both have no mark" in str(answer["nodes"])
    answer = answer_to(dict(buttons(answer))["Show more"])
    assert [row["name"] for row in answer["data"]["rows"]] == names[::-1]
    assert "Show more" not in dict(buttons(answer))


def test_the_table_is_csv() -> None:
    """A reader of CSV gets every pair with its figures, those that are not compared with the reason."""
    names = {"a.safetensors": UP, "b.safetensors": UP_BACK}
    files = {name: safetensors({"w": f32(x), "v": f32(x if name[0] == "a" else x[:3])}) for name, x in names.items()}
    question = opened(files)
    answer = answer_to({**question, "ask": "pairs csv"})
    content = b"".join(answer["file"]["pieces"]).decode()
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [row["name"] for row in rows] == ["w", "v"]
    assert same({name: float(rows[0][name]) for name in ("sqnr_db", "max_abs_error", "cosine")}, figures(UP, UP_BACK))
    assert "shapes differ" in rows[1]["fault"]
    assert rows[1]["sqnr_db"] == ""


def test_what_is_too_large_to_rearrange_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a tensor in another order is not compared, and it is said."""
    monkeypatch.setattr(matching, "MAX_HELD", 47)
    x = RNG.normal(size=(6, 8))
    files = {"a.safetensors": safetensors({"w": f32(x)}), "b.safetensors": safetensors({"w": f32(x.T)})}
    told = " ".join(map(text_of, compared(opened(files))["nodes"]))
    assert "at most 47 values are compared" in told


class Fading(Counting):
    """A file of which, once it is gone, only the first bytes can be read."""

    left = 1 << 40

    def read(self, offset: int, length: int) -> bytes:
        """As the source does."""
        if offset + length > self.left:
            raise ModelFileError("a.safetensors was removed.")
        return super().read(offset, length)


def test_a_tensor_that_cannot_be_read_leaves_the_others() -> None:
    """What was removed meanwhile is told at its tensor, and the others are compared."""
    STORE.forget()
    fading = Fading(BytesSource(safetensors({"a": f32(UP), "b": f32(Q)})))
    other = BytesSource(safetensors({"a": f32(UP_BACK), "b": f32(Q_BACK)}))
    first = STORE.open("a.safetensors", {"a.safetensors": fading})["file"]["sha256"]
    second = STORE.open("b.safetensors", {"b.safetensors": other})["file"]["sha256"]
    fading.left = fading.size - 8
    question = {"file": "a.safetensors", "file_sha256": first, "other": "b.safetensors", "other_sha256": second}
    answer = compared(question)
    assert [row["name"] for row in answer["data"]["rows"]] == ["a"]
    assert "a.safetensors was removed" in " ".join(map(text_of, answer["nodes"]))
    answer = answer_to({**question, "ask": "pair", "tensor": "b"})
    assert "was removed" in answer["errors"][0]["message"]


def buttons(answer: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Label and question of every button."""
    stack = list(answer["nodes"])
    while stack:
        node = stack.pop(0)
        if isinstance(node, list):
            if node[0] == "button":
                yield text_of(node), strict(node[1]["data-question"])
            stack[:0] = node[2:]


def test_buttons_ask_what_is_answered() -> None:
    """Every button of the comparison, of a pair and of what only stands beside it brings an answer."""
    question = opened({"m.safetensors": checkpoint(), "m.gguf": quantized()})
    single = {"file": question["file"], "file_sha256": question["file_sha256"]}
    for start in ({**single, "ask": "model"}, {**single, "ask": "tensor", "tensor": HF_Q}):
        offered = dict(buttons(answer_to(start)))
        assert "Compare with m.gguf" in offered
        answer = answer_to(offered["Compare with m.gguf"])
        assert answer["ok"]
        for _, more in buttons(answer):
            assert answer_to(more)["ok"], more
    alone = {**single, "ask": "tensor", "tensor": "lm_head.weight"}
    assert "Compare with m.gguf" not in dict(buttons(answer_to(alone)))
