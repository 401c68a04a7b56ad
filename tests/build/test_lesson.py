"""The lesson: its questions have the right answers, its tasks can be solved, what it says of formats is so."""

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import lab
import pytest
from assembly import prerender
from lab.request.fields import FIELDS
from page.checks import holds, is_right

import quantcore as qc

ANSWERS = {  # by the id of the input; worked out by hand, or published
    "ask-range": "20",
    "ask-factor": "2.419",  # 15 / 6.2
    "ask-code": "36",  # 255 / 6.2 − 5 = 36.1
    "ask-back": "0",
    "ask-floats": "240",  # 1.875 · 2⁷; 232.04 lies beyond 232, the middle of 224 and 240
    "ask-ends": "57344",  # OCP OFP8 v1.0, table 1: 1.75 · 2¹⁵
    "ask-blocks": "5",  # 4 + 16 / 16
    "ask-mx": "0.5",  # OCP MX v1.0, 6.3: 2^(7 − 8)
    "ask-nvfp4": "0.75",  # 6 · 448 / 3584
    "ask-nf4": "-1.05015",  # 2 · −0.525073, arXiv:2305.14314, appendix E
    "ask-q4-k": "6.5625",  # ggml-common.h, block_q6_K: 210 bytes
    "ask-narrow": "63.5",
}
SOLUTIONS = {  # by the id of the embed: what its details advise
    "live-zero": {"values": "0, 0.1, 3.2"},
    "live-error": {"bits": "12"},
    "live-blocks": {"block_size": "16"},
    "live-mx": {"scale_mode": "rceil"},
    "live-nvfp4": {"format": "nvfp4"},
    "live-scale": {"scale": "0.0243137"},
}
FAILURES = {  # what is not enough
    "live-zero": {"values": "-0.1, 0.1, 3.2"},
    "live-error": {"bits": "11"},
    "live-blocks": {"block_size": "32"},
    "live-mx": {"scale_mode": "even"},
    "live-nvfp4": {"scale_mode": "even"},
    "live-scale": {"scale": "0.1"},
}
SMALL_FLOATS = {"E4M3": "float8_e4m3fn", "E5M2": "float8_e5m2", "E2M1": "float4_e2m1fn"}
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.fixture(scope="module")
def lesson(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Gives the lesson as the build renders it."""
    page = tmp_path_factory.mktemp("lesson") / "learn.html"
    page.write_text((root / "site" / "learn.html").read_text("utf-8"), "utf-8")
    assert prerender.main([str(page)]) == 0
    return page.read_text("utf-8")


def attributes(tag: str) -> dict[str, str]:
    """Returns the attributes of a tag, by name."""
    return {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}


def request_of(embed: Mapping[str, str]) -> dict[str, str]:
    """Returns the request that the attributes of an embed are."""
    return {name: value for name, value in embed.items() if name in FIELDS}


def at(answer: Any, path: str) -> Any:
    """Returns what is at a path of an answer."""
    for name in path.split("."):
        answer = answer[int(name)] if name.isdigit() else answer[name]
    return answer


def table(lesson: str, name: str) -> list[list[str]]:
    """Returns the cells of a table's body."""
    [body] = re.findall(rf'<table class="numbers" id="{name}">.*?<tbody>(.*?)</tbody>', lesson, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body)
    return [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


def number(text: str) -> float:
    """Returns a number that may be written as a power of two."""
    base, _, power = text.translate(SUPERSCRIPTS).partition("2-")
    return 2.0 ** -int(power) if power and not base else float(text)


def test_every_question_has_its_right_answer(lesson: str) -> None:
    """What counts as right, which the lab computes in the build, is what comes out by hand."""
    asked = re.findall(r'data-ask="([^"]*)">.*?<input id="([^"]*)"', lesson, re.DOTALL)
    assert [name for _, name in asked] == list(ANSWERS)
    assert [name for right, name in asked if not is_right(ANSWERS[name], right)] == []


def test_every_usual_slip_is_wrong_and_one_of_its_own(lesson: str) -> None:
    """What a hint is given for is not the right answer, and no other hint of the question would be given for it."""
    asks = re.findall(r'<section class="ask" data-ask="([^"]*)">(.*?)</section>', lesson, re.DOTALL)
    n_hints = 0
    for right, ask in asks:
        slips = re.findall(r'<p data-slip="([^"]*)" hidden>', ask)
        for position, slip in enumerate(slips):
            assert [other for other in (right, *slips[:position]) if is_right(slip, other)] == []
        n_hints += len(slips)
    assert n_hints >= 2 * len(ANSWERS)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_every_task_is_solved_as_it_says(lesson: str, name: str) -> None:
    """What is advised reaches the goal; what the embed begins with, and what is nearly enough, does not."""
    [tag] = re.findall(rf'<div id="{name}"><quant-lab([^>]*)>', lesson)
    [goal] = re.findall(rf'data-of="{name}" data-goal="([^"]*)"', lesson)
    path, relation, limit = unescape(goal).split(" ")
    shown = request_of(attributes(tag))
    for change, is_solved in (({}, False), (FAILURES[name], False), (SOLUTIONS[name], True)):
        assert set(change) <= set(attributes(tag)["controls"].split(",") if "controls" in tag else FIELDS)
        assert holds(at(lab.answer({**shown, **change}), path), relation, limit) is is_solved, change


def test_every_task_is_tried(lesson: str) -> None:
    """No task is left out above."""
    assert set(re.findall(r'data-of="([^"]*)"', lesson)) == set(SOLUTIONS)


def test_every_embed_shows_what_it_names(lesson: str) -> None:
    """Each embed's request is answered, its instruments apply, and the fields beside them do."""
    embeds = [attributes(tag) for tag in re.findall(r"<quant-lab([^>]*)>", lesson)]
    assert len(embeds) > 20
    for embed in embeds:
        answer = lab.answer(request_of(embed))
        applying = {item["name"] for item in answer["instruments"] if item["applies"]}
        assert set(embed["show"].split(",")) <= applying | {"table", "summary", "steps", "code"}, embed["title"]
        assert all(name in FIELDS for name in embed.get("controls", "values").split(",")), embed["title"]


def test_the_table_of_small_floats_is_right(lesson: str) -> None:
    """Bias, largest number, smallest normal and subnormal, infinity and NaN are those of the formats."""
    rows = table(lesson, "small-floats")
    assert [row[0] for row in rows] == list(SMALL_FLOATS)
    for name, bias, largest, normal, subnormal, infinity, nan in rows:
        fmt = qc.FORMATS[SMALL_FLOATS[name]]
        assert isinstance(fmt, qc.FloatFormat)
        positive = fmt.values[fmt.values > 0]
        assert (int(bias), number(largest), number(subnormal)) == (fmt.bias, fmt.highest, positive.min()), name
        assert number(normal) == positive[2**fmt.mantissa_bits - 1], name
        assert (infinity == "yes", nan == "yes") == (fmt.infinities, bool((fmt.values != fmt.values).any())), name


def test_the_bits_of_a_super_block_add_up(lesson: str) -> None:
    """Codes, scales and the two numbers of float16 make 144 bytes, 4.5 bits for each of 256 weights."""
    *parts, (total, bits, each) = table(lesson, "q4-k-bits")
    block = qc.BLOCK_FORMATS["q4_k"]
    assert sum(int(part[1]) for part in parts) == int(bits) == 8 * block.block_bytes
    assert all(int(part[1]) == 256 * float(part[2]) for part in [*parts, [total, bits, each]])
    assert total == f"All, {block.block_bytes} bytes"


def test_what_is_said_of_codebooks_is_right(lesson: str) -> None:
    """NF4 has seven negative numbers and eight positive; FP4 of bitsandbytes goes from 1/192 to 1/6."""
    values = qc.FORMATS["nf4"].values
    assert "seven numbers are negative and eight are positive" in lesson
    assert (int((values < 0).sum()), int((values > 0).sum())) == (7, 8)
    positive = sorted(value for value in qc.FORMATS["fp4_bnb"].values if value > 0)
    assert "±1/192" in lesson
    assert "±1/6" in lesson
    assert positive[:2] == pytest.approx([1 / 192, 1 / 6], rel=1e-6)


def test_floor_and_rceil_cost_what_the_lesson_says(lesson: str) -> None:
    """For normal weights rceil is better than floor in MXFP8, and worse in MXFP4; NVFP4 is better than both."""
    chapters = lesson[lesson.index('id="mx"') : lesson.index('id="nf4"')]
    text = re.sub(r"<quant-lab.*?</quant-lab>", "", chapters, flags=re.DOTALL)
    figures = [float(figure) for figure in re.findall(r"(?<![\d.])([\d.]+) dB", text)]
    floor8, rceil8, floor4, rceil4, nvfp4, again = figures
    assert floor8 < rceil8
    assert rceil4 < floor4 == again < nvfp4


def test_the_essay_refers_to_chapters_that_are_there(root: Path) -> None:
    """Each link from the laboratory into the lesson ends at a chapter, and none shows where there is no lesson."""
    essay, lesson = ((root / "site" / name).read_text("utf-8") for name in ("index.html", "learn.html"))
    chapters = re.findall(r'<span data-served>· <a href="learn\.html#([\w-]+)">', essay)
    assert len(chapters) == essay.count("learn.html#") == 4
    assert [name for name in chapters if f'<section id="{name}"' not in lesson] == []
