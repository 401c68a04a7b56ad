"""The views: well-formed nodes of any answer, the same under CPython and in the page's MicroPython."""

import json
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import lab
import pytest
from assembly.environment import find_node
from lab.answer_types import Answer
from page import views

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = {
    "the example": {},
    "a matrix": {"profile": "onnx", "values": "[[1, -2, 3], [0.4, 5, -6]]", "granularity": "axis", "element": "4"},
    "many": {"profile": "onnx", "source": "normal", "shape": "30,9", "bits": "4", "element": "130"},
    "codes": {"direction": "dequantize"},
    "a block": {"format": "q4_0", "values": "1, -2, 3.5, 0.4", "element": "1"},
}
VOID = {"br", "hr", "img", "input"}


@pytest.fixture(scope="module", params=REQUESTS)
def answer(request: pytest.FixtureRequest) -> dict[str, Any]:
    """An answer to draw."""
    found = lab.answer(REQUESTS[request.param])
    assert found["ok"]
    return {**found, "first_reply": ["mapping"]}  # as the build adds it


def elements(nodes: list[Any]) -> Iterator[list[Any]]:
    """Every element among nodes, at any depth; fails on what is neither text nor element."""
    for node in nodes:
        if isinstance(node, str):
            continue
        assert isinstance(node, list), node
        tag, attributes, *children = node
        assert isinstance(tag, str)
        assert tag
        assert isinstance(attributes, dict), node
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in attributes.items()), node
        assert not (tag in VOID and children), node
        yield node
        yield from elements(children)


def text_of(nodes: list[Any]) -> str:
    """All text in nodes."""
    return "".join(node if isinstance(node, str) else text_of(node[2:]) for node in nodes)


@pytest.mark.parametrize("name", views.VIEWS | views.LATER | views.STILL)
def test_nodes_are_well_formed(answer: dict[str, Any], name: str) -> None:
    """Each view of each answer is text and elements, with texts as attributes, and no id twice."""
    found = list(elements((views.VIEWS | views.LATER | views.STILL)[name](answer)))
    ids = [element[1]["id"] for element in found if "id" in element[1]]
    assert len(ids) == len(set(ids))
    for element in found:
        if element[0] == "button":
            assert element[1]["type"] == "button"
        if element[0] == "table":
            assert element[2][0] == "caption"


def test_every_instrument_has_its_place(answer: dict[str, Any]) -> None:
    """Each instrument of an answer is drawn once, in the order of the answer within its group."""
    drawn = [node[1]["data-instrument"] for node in elements(views.instruments(answer)) if node[0] == "article"]
    named = [item["name"] for item in answer["instruments"] if item["size"] != "lead"]
    assert sorted(drawn) == sorted(named)


def test_the_table_shows_every_cell(answer: dict[str, Any]) -> None:
    """The rows of the table hold the answer's cells, and the followed one is marked."""
    rows = [node for node in elements(views.table(answer)) if node[0] == "tr" and "data-element" in node[1]]
    assert [[text_of(cell[2:]) for cell in row[3:]] for row in rows] == [
        [row.get("brief", {}).get(str(at), cell) for at, cell in enumerate(row["cells"])]
        for row in answer["table"]["rows"]
    ]
    assert text_of(views.table(answer)).count("some of them rounded") == any(
        len(text.partition("e")[0]) > len(row["brief"][at].partition(" ×")[0])
        for row in answer["table"]["rows"]
        for at, text in ((at, row["cells"][int(at)]) for at in row.get("brief", {}))
    )
    marked = [row[1]["data-element"] for row in rows if "data-selected" in row[1]]
    assert marked == [answer["request"]["element"]]


@pytest.mark.parametrize(
    ("first", "back", "forth"), [(0, None, "10"), (50, "40", "60"), (110, "100", None)], ids=["first", "middle", "last"]
)
def test_pager_leads_to_the_neighbouring_pages(first: int, back: str | None, forth: str | None) -> None:
    """Previous and next name the first index of their page; where there is none, the button is disabled."""
    shown = {"caption": "c", "columns": [], "rows": [], "first": first, "total": 120, "page_size": 10}
    pager = views.table({"table": shown, "request": {"table_order": "index"}})[1]
    previous, following = (node for node in elements([pager]) if "data-follow" in node[1])
    assert ("disabled" in previous[1]) == (back is None)
    assert ("disabled" in following[1]) == (forth is None)
    assert back is None or previous[1]["data-follow"] == back
    assert forth is None or following[1]["data-follow"] == forth
    assert f"Indices {first} to {min(first + 10, 120) - 1} of 120" in text_of([pager])


@pytest.mark.parametrize(
    ("total", "size", "offered"),
    [
        (11, 10, {"Show all 11": "100"}),
        (5000, 10, {"Show 100": "100"}),
        (500, 100, {"Show all 500": "1000", "Show ten": "10"}),
        (5000, 1000, {"Show ten": "10"}),
    ],
)
@pytest.mark.parametrize("order", ["index", "error"])
def test_the_table_grows_on_request(total: int, size: int, offered: dict[str, str], order: str) -> None:
    """A longer table is offered as long as there is more; in the order of errors there are no pages."""
    shown = {"caption": "c", "columns": [], "rows": [], "first": 0, "total": total, "page_size": size}
    [pager] = views.table({"table": shown, "request": {"table_order": order}})[1:]
    buttons = [node for node in elements([pager]) if node[0] == "button"]
    growing = [(text_of([node]), json.loads(node[1]["data-fields"])) for node in buttons if "data-fields" in node[1]]
    assert {label: fields["table_rows"] for label, fields in growing} == offered
    assert any("data-follow" in node[1] for node in buttons) == (order == "index")


def test_short_table_has_no_pager() -> None:
    """What fits one page has no buttons to others."""
    shown = {"caption": "c", "columns": [], "rows": [], "first": 0, "total": 10, "page_size": 10}
    assert len(views.table({"table": shown, "request": {"table_order": "index"}})) == 1


def test_sorted_by() -> None:
    """Rows go in the order of a column, either way; rows without a number there stay last; the given table is kept."""
    shown = {"rows": [{"sort": [2]}, {"sort": [None]}, {"sort": [3]}, {"sort": [1]}]}
    assert [row["sort"][0] for row in views.sorted_by(shown, (0, False))["rows"]] == [1, 2, 3, None]
    assert [row["sort"][0] for row in views.sorted_by(shown, (0, True))["rows"]] == [3, 2, 1, None]
    assert [row["sort"][0] for row in shown["rows"]] == [2, None, 3, 1]
    assert views.sorted_by(shown, None) is shown


@pytest.mark.parametrize(
    ("count", "title"), [(0, ""), (1, "One setting needs a change"), (3, "3 settings need a change")]
)
def test_errors_link_to_their_fields(count: int, title: str) -> None:
    """The summary counts the wrong fields and links each message to its control."""
    found = views.errors([{"field": f"field{i}", "message": f"message {i}"} for i in range(count)])
    links = [node for node in elements(found) if node[0] == "a"]
    assert [link[1]["data-focus"] for link in links] == [f"field{i}" for i in range(count)]
    assert text_of(found).startswith(title)


LOADING = [
    ([], "", "Starting Python."),
    ([["NumPy", 500_000, 2_000_000]], "", "Loading NumPy, 0.5 of 2.0 MB"),
    ([["Python", 9_000_000, 9_000_000], ["NumPy", 1_000_000, 1_000_000]], "", "Loaded 10.0 MB; starting Python"),
    ([["NumPy", 0, 2_000_000]], "no image", "The quick start failed; Python starts more slowly. Loading NumPy"),
]


@pytest.mark.parametrize(("stages", "fallback_reason", "text"), LOADING)
def test_loading_is_told_in_bytes(stages: list[Any], fallback_reason: str, text: str) -> None:
    """What is loading is said with its bytes, beside a progress bar."""
    nodes = views.loading(stages, fallback_reason)
    assert text_of(nodes).startswith(text)
    assert [node[0] for node in elements(nodes)][-1] == "progress"


class Held(dict[str, Any]):
    """A part of an answer that knows its type: only members that the type has can be asked for."""

    def __init__(self, content: Mapping[str, Any], kind: Any, more: Collection[str] = ()) -> None:
        """Wraps all parts, too; `more` are the members that the page adds."""
        hints = get_type_hints(kind)
        self.known = set(hints) | set(more)
        super().__init__(
            {name: held(value, hints[name]) if name in hints else value for name, value in content.items()}
        )

    def __getitem__(self, name: str) -> Any:
        assert name in self.known, name
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        assert name in self.known, name
        return super().get(name, default)


def held(value: Any, kind: Any) -> Any:
    """A value whose typed parts are held to their types."""
    if is_typeddict(kind):
        return Held(value, kind)
    if get_origin(kind) is list:
        return [held(item, get_args(kind)[0]) for item in value]
    return value


@pytest.mark.parametrize("name", views.VIEWS | views.LATER | views.STILL)
def test_views_read_what_an_answer_has(answer: dict[str, Any], name: str) -> None:
    """No view asks an answer for a member that its type does not have, and so draws the same from a typed one."""
    draw = (views.VIEWS | views.LATER | views.STILL)[name]
    assert draw(
        Held(answer, Answer, ("before", "controls", "drawings", "first_reply", "flips", "kept", "order"))
    ) == draw(answer)


def switches_of(**request: str) -> Any:
    """The switches of the followed number's code."""
    answer = lab.answer({**request, "show": "bits"})
    return next(item["switches"] for item in answer["instruments"] if item["name"] == "bits")


def test_switches_show_what_was_flipped() -> None:
    """Each press flips one bit more, a second one flips it back; of another code, nothing is flipped."""
    shown = switches_of(format="float4_e2m1fn", values="6, 0.5")
    once = views.flipped(shown, None, 3)
    assert once == (7, 15)
    assert views.flipped(shown, once, 0) == (7, 14)
    assert views.flipped(shown, once, 3) == (7, 7)
    view = lab.answer({"format": "float4_e2m1fn", "values": "6, 0.5", "show": "bits"})
    told = text_of(
        [view_of for view_of in elements(views.instruments({**view, "flips": once})) if view_of[0] == "output"]
    )
    assert told == "0xF is −6."
    pressed = [e for e in elements(views.instruments({**view, "flips": once})) if e[1].get("aria-pressed") == "true"]
    assert [button[1]["aria-label"] for button in pressed] == ["bit 3, sign, is 1"]
    other = views.instruments({**view, "flips": (1, 9)})
    assert not [e for e in elements(other) if e[1].get("aria-pressed") == "true"]


def test_what_was_flipped_is_marked() -> None:
    """The number after the flips has a place on the lines; without flips, and where it is none, nothing is marked."""
    shown = switches_of(format="float8_e4m3fn", values="448")
    assert views.marked(shown, None) is None
    assert views.marked(shown, (0x7E, 0x7E)) is None
    assert views.marked(shown, (0x7E, 0xFE)) == -448
    assert views.marked(shown, (0x7E, 0x7F)) is None  # NaN
    assert views.marked(shown, (0x38, 0xB8)) is None  # flips of another code


def test_of_wide_codes_one_bit_is_flipped_at_a_time() -> None:
    """The numbers of all 65,536 codes are not sent: another bit takes the place of the first."""
    shown = switches_of(format="bfloat16", values="1")
    once = views.flipped(shown, None, 15)
    assert once == (0x3F80, 0xBF80)
    assert views.flipped(shown, once, 0) == (0x3F80, 0x3F81)


IN_MICROPYTHON = """
import { readFileSync } from "node:fs";
const [module, folder, answers] = process.argv.slice(2);
const { loadMicroPython } = await import(module);
const python = await loadMicroPython({ heapsize: 32 * 1024 * 1024 });
python.FS.mkdir("/page");
for (const name of ["__init__", "views", "words"]) {
  python.FS.writeFile(`/page/${name}.py`, readFileSync(`${folder}/${name}.py`));
}
globalThis.answers = readFileSync(answers, "utf-8");
python.runPython(`
import json, js
import sys
sys.path.append("/")
from page import views
drawn = [{name: draw(answer) for name, draw in views.VIEWS.items()} for answer in json.loads(js.answers)]
js.drawn = json.dumps(drawn)
`);
console.log(globalThis.drawn);
"""


def test_micropython_draws_the_same(tmp_path: Path) -> None:
    """In MicroPython, which runs them in the page, the views give the nodes that CPython gives."""
    module = ROOT / "dist" / "vendor" / "micropython" / "micropython.mjs"
    if not module.exists():
        pytest.fail("dist/ is not built: run `python3 build.py` first")
    answers = []
    for request in REQUESTS.values():
        answers.append(json.loads(lab.respond(request)[0]))
    program, told = tmp_path / "run.mjs", tmp_path / "answers.json"
    program.write_text(IN_MICROPYTHON, "utf-8")
    told.write_text(json.dumps(answers), "utf-8")
    command = [find_node()[0], str(program), module.as_uri(), str(ROOT / "site" / "page"), str(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    expected = [{name: draw(answer) for name, draw in views.VIEWS.items()} for answer in answers]
    assert json.loads(done.stdout) == json.loads(json.dumps(expected))
