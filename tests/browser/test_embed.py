"""An instrument in somebody else's page: the element, its frame, and one Python for all of them."""

import gzip
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from lab.instruments import INSTRUMENTS
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.hosts import MARKS, Host, Site, serving

pytestmark = pytest.mark.browser

SCRIPT = '<script src="SITEquant-lab.js"></script>'
ONE = SCRIPT + '<quant-lab id="one" values="1, 2, 3" bits="4" show="table"><p>The author’s own words</p></quant-lab>'
PYTHON = "pyodide.asm.wasm"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One server for the tests of this module."""
    with serving() as running:
        yield running


@pytest.fixture
def host(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Host]:
    """A page to embed in; no script on it may fail."""
    site.asked.clear()
    hosting = Host(chromium, site, **getattr(request, "param", {}))
    yield hosting
    hosting.context.close()
    assert hosting.complaints == []


@pytest.fixture(scope="module")
def one(chromium: Browser, site: Site) -> Iterator[Host]:
    """A page with one embed, shared by the tests that change its attributes, or use its Python for another embed."""
    hosting = Host(chromium, site)
    hosting.open("<button>before</button>" + ONE + "<button>after</button>")
    hosting.hear()
    yield hosting
    hosting.context.close()
    assert hosting.complaints == []


@contextmanager
def another(host: Host, attributes: str) -> Iterator[Frame]:
    """Puts an embed above the one on the page, gives its frame once it has answered, and takes it away again."""
    host.forget()
    element = f'<quant-lab id="other" {attributes}></quant-lab>'
    host.page.evaluate("html => document.body.insertAdjacentHTML('afterbegin', html)", element)
    assert [name for name, _ in host.hear()] == ["other"]
    frame = host.page.locator("#other iframe").element_handle().content_frame()
    assert frame
    try:
        yield frame
    finally:
        host.page.evaluate("document.getElementById('other').remove()")


def change(host: Host, script: str, kind: str = "answer") -> Any:
    """Does something to the element and returns the detail of the event that follows."""
    host.forget()
    host.page.evaluate(f"const one = document.getElementById('one'); {script}")
    return host.hear(kind)[0][1]


def test_the_element_is_small() -> None:
    """What authors make their readers load is less than 2 kB, as servers send it."""
    assert len(gzip.compress((ROOT / "dist" / "quant-lab.js").read_bytes())) < 2048


@pytest.mark.parametrize("kind", ["", ' type="module"', " async", " defer"])
def test_the_script_may_come_in_any_way(host: Host, kind: str) -> None:
    """As a module or a plain script, before or after the element: the element is made of it."""
    host.open(ONE.replace("<script", f"<script{kind}"))
    host.page.wait_for_selector("quant-lab:defined", state="attached")


MATRIX = 'profile="onnx" source="normal" shape="6,8" bits="4" calibration="mse" output_zero_point="3"'
NO_CHART = {"stored_bytes": ".byte", "requantize": "tbody tr"}  # what is shown instead, more than one of each


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_embed_draws_what_it_is_asked_to_show(one: Host, name: str) -> None:
    """Any instrument's chart has marks, or it shows its bytes or rows, without anybody touching or scrolling to it."""
    with another(one, f'{MATRIX} show="{name}" controls=""') as frame:
        if name in NO_CHART:
            expect(frame.locator(f"[data-instrument={name}] {NO_CHART[name]}").nth(1)).to_be_visible()
        else:
            frame.wait_for_function(f"({MARKS})('{name}') > 1")
        answer = frame.evaluate("window.quantlab.answer")
        assert [item["name"] for item in answer["instruments"] if item["applies"]] == [name]
        one.page.wait_for_function("document.querySelector('#other').getBoundingClientRect().height > 200")


def test_attributes_are_the_request(one: Host) -> None:
    """What the attributes say is computed, and an attribute that changes or goes is computed again."""
    assert change(one, "one.setAttribute('bits', '3')")["request"]["bits"] == "3"
    assert change(one, "one.setAttribute('values', '-1, 0, 7')")["codes"] == [-4, -3, 3]
    assert change(one, "one.removeAttribute('bits')")["request"]["bits"] == "8"


def test_the_request_is_a_property(one: Host) -> None:
    """The property sets all fields at once and gives them back, with what a reader changed."""
    answer = change(one, "one.request = {values: '0, 255', signed: '0', show: 'table'}")
    assert answer["codes"] == [0, 255]
    assert one.page.evaluate("one.request") == {"values": "0, 255", "signed": "0", "show": "table"}
    one.forget()
    one.frame().locator("#values").fill("0, 127.5, 255")
    assert one.hear()[0][1]["codes"] == [0, 128, 255]
    assert one.page.evaluate("one.request.values") == "0, 127.5, 255"


THEMED = """<style>.night {{color-scheme: dark; background: #1e1e1e; color: oklch(0.9 0.02 200)}}</style>
<script src="SITEquant-lab.js"></script>
<quant-lab id="one" theme="host" background="transparent" show="summary" height="{height}"></quant-lab>"""


def test_the_theme_of_the_page_around_it(host: Host) -> None:
    """With theme="host" an embed is dark where the text around it is light, and follows when the host changes."""
    host.open(THEMED.format(height=0))
    host.hear()
    theme = "document.documentElement.dataset.theme === '{}'"
    host.frame().wait_for_function(theme.format("light"))
    host.page.evaluate("document.body.className = 'night'")
    host.frame().wait_for_function(theme.format("dark"))
    host.page.evaluate("document.querySelector('quant-lab').setAttribute('bits', '4')")
    host.frame().wait_for_function("quantlab.answer.request.bits === '4'")
    host.frame().wait_for_function(theme.format("dark"))
    assert host.page.evaluate("document.querySelector('quant-lab').request.theme") == "host"


def test_room_is_left_until_it_runs(host: Host) -> None:
    """An element with a height takes that much room before it is loaded, and what it needs afterwards."""
    host.open('<div style="height: 300vh"></div>' + THEMED.format(height=1234))
    height = "document.querySelector('quant-lab').offsetHeight"
    host.until(f"{height} === 1234")
    host.page.evaluate("document.querySelector('quant-lab').scrollIntoView()")
    host.hear()
    host.until(f"{height} > 0 && {height} < 1000")


@pytest.mark.parametrize("host", [{"viewport": {"width": 390, "height": 700}}], indirect=True)
@pytest.mark.parametrize("show", ["table", "summary,steps", "mapping"])
def test_the_readers_place_is_kept_while_an_embed_above_takes_its_height(host: Host, show: str) -> None:
    """The room that was left gives way to the answer's height in one step, and what the reader sees stays in place."""
    lines = "".join(f"<p>Line {number}.</p>" for number in range(60))
    page = host.open(SCRIPT + '<div style="height: 900px"></div><div id="place"></div><p id="read">Read.</p>' + lines)
    page.evaluate("scrollTo(0, 920)")
    page.evaluate(
        """([place, show]) => {
            document.getElementById("place").innerHTML = `<quant-lab show="${show}" height="300">Soon</quant-lab>`;
            const embed = document.querySelector("quant-lab");
            window.heights = [];
            new ResizeObserver(() => heights.push(embed.offsetHeight)).observe(embed);
        }""",
        ["place", show],
    )
    page.wait_for_function("heights.at(-1) === 300")
    top = page.evaluate("document.getElementById('read').getBoundingClientRect().top")
    host.hear()
    page.wait_for_function("heights.length > 1")
    page.locator("quant-lab iframe").element_handle().content_frame().wait_for_selector("[data-at-rest]")
    heights = page.evaluate("heights")
    assert heights[0] == 300
    assert min(heights) == 300, heights
    assert max(heights) == heights[-1], heights
    assert abs(page.evaluate("document.getElementById('read').getBoundingClientRect().top") - top) < 2


def test_a_wrong_attribute_is_an_error_event(one: Host) -> None:
    """A wrong setting is told to the host by an event and to the reader in the frame; the way back is open."""
    errors = change(one, "one.setAttribute('bits', '40')", "error")
    assert errors[0]["field"] == "bits"
    expect(one.frame().locator("[data-region=errors]")).to_contain_text("“Bits” is 40")
    assert change(one, "one.setAttribute('bits', '8')")["ok"] is True


def test_other_attributes_ask_nothing(one: Host) -> None:
    """A class, a style or a data attribute is the host's own business."""
    one.forget()
    one.page.evaluate("one.className = 'wide'; one.style.color = 'red'; one.dataset.x = '1'")
    one.page.evaluate("one.setAttribute('bits', '3')")
    assert [answer["request"]["bits"] for _, answer in one.hear()] == ["3"]


def test_the_height_follows_the_content(one: Host) -> None:
    """The frame is as high as what it shows: nothing is cut off, nothing scrolls, at 280 pixels and at 900."""
    for width in (280, 900):
        one.page.evaluate(f"one.style.width = '{width}px'")
        one.frame().wait_for_function(
            "width => innerWidth === width && Math.abs(innerHeight - document.body.scrollHeight) <= 1", arg=width
        )
        height = one.page.evaluate("one.getBoundingClientRect().height")
        assert abs(height - one.frame().evaluate("innerHeight")) <= 1
        assert one.frame().evaluate("document.documentElement.scrollWidth") <= width
    change(one, "one.setAttribute('values', Array(30).fill(1.5).join())")
    change(one, "one.setAttribute('table_rows', '100')")
    one.page.wait_for_function(f"one.getBoundingClientRect().height > {height} + 500")


def test_authors_content_stands_until_the_answer(host: Host) -> None:
    """What the author put into the element is what readers see before the instrument runs, and never after."""
    host.page.route(f"**/{PYTHON}", lambda route: None)
    with host.page.expect_request(f"**/{PYTHON}"):
        page = host.open(ONE)
    assert page.get_by_text("The author’s own words").is_visible()
    page.unroute(f"**/{PYTHON}")
    page.reload()
    host.hear()
    assert page.get_by_text("The author’s own words").is_hidden()


@pytest.mark.parametrize("host", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_authors_content_stays(host: Host) -> None:
    """With JavaScript off the element is what is inside it."""
    host.site.pages["/host/page.html"] = (ONE, {})
    host.page.goto(host.site.address() + "host/page.html")
    assert host.page.get_by_text("The author’s own words").is_visible()


def test_it_loads_when_scrolled_near(host: Host) -> None:
    """An embed far below the screen costs nothing until the reader comes near."""
    near = '<quant-lab id="near" values="1, 2" show="table"></quant-lab>'
    page = host.open(near + '<div style="height: 6000px"></div>' + ONE)
    assert [name for name, _ in host.hear()] == ["near"]
    assert len(page.frames) == 2
    page.evaluate("scrollTo(0, 5000)")
    assert dict(host.hear(n=2))["one"]["codes"] == [-8, -1, 6]


FIVE = SCRIPT + "".join(
    f'<quant-lab id="n{number}" values="-{number}, 0.1, 3.2" show="{show}"></quant-lab>'
    for number, show in enumerate(("mapping", "table", "steps", "summary", "staircase"), 1)
)


@pytest.mark.parametrize("host", [{"viewport": {"width": 900, "height": 5000}}], indirect=True)
def test_five_embeds_share_one_python_and_the_next_when_it_goes(host: Host) -> None:
    """Five embeds start Python once, each gets its own answer; when the frame that has it goes, another starts one.

    Questions that are asked meanwhile are answered.
    """
    workers: list[Any] = []
    host.page.on("worker", lambda worker: workers.append(worker))
    host.open(FIVE)
    heard = dict(host.hear(n=5))
    assert {name: answer["values"][0] for name, answer in heard.items()} == {f"n{k}": -float(k) for k in range(1, 6)}
    assert host.site.asked[PYTHON] == 1
    assert len(workers) == 1
    leads = "document.querySelectorAll('script[type=py]').length"
    leader = next(frame for frame in host.page.frames[1:] if frame.evaluate(leads))
    name = leader.evaluate("new URLSearchParams(location.hash.slice(1)).get('values')")[1]
    host.forget()
    host.page.evaluate(f"document.getElementById('n{name}').remove()")
    other = "n1" if name != "1" else "n2"
    host.page.evaluate(f"document.getElementById('{other}').setAttribute('values', '0, 255')")
    assert host.hear()[0][1]["values"] == [0, 255]


def memory() -> float:
    """The memory of this process and all it started, the browser's among them, in megabytes, shared pages once."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children[int(stat.read_text().rpartition(")")[2].split()[1])].append(int(stat.parent.name))
    total, waiting = 0, [os.getpid()]
    while waiting:
        process_id = waiting.pop()
        waiting += children[process_id]
        with suppress(OSError):
            rollup = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process_id}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(rollup[1]) if rollup else 0
    return total / 1024


def settled_memory(page: Page) -> float:
    """The memory when it no longer changes: three readings in a row differ by less than 2 MB."""
    readings: list[float] = []
    while len(readings) < 3 or max(readings[-3:]) - min(readings[-3:]) >= 2:
        assert len(readings) < 120, f"memory does not settle: {readings[-5:]} MB"
        page.wait_for_timeout(250)
        readings.append(memory())
    return readings[-1]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc")
@pytest.mark.alone
def test_five_embeds_cost_little_more_than_one(chromium: Browser, site: Site) -> None:
    """Five embeds take at most 1.5 times the memory of the first of them alone."""
    found = []
    for text in ("nothing", FIVE.partition("</quant-lab>")[0] + "</quant-lab>", FIVE):
        host = Host(chromium, site, viewport={"width": 900, "height": 5000})
        host.open(text)
        host.hear(n=text.count("<quant-lab"))
        for frame in host.page.frames[1:]:
            shown = frame.evaluate("new URLSearchParams(location.hash.slice(1)).get('show')")
            if shown in INSTRUMENTS:
                frame.wait_for_function(f"({MARKS})('{shown}') > 1")
        host.page.context.new_cdp_session(host.page).send("HeapProfiler.collectGarbage")
        found.append(settled_memory(host.page))
        host.context.close()
        host = Host(chromium, site)  # ends what the page's process still held
        host.open("nothing")
        settled_memory(host.page)
        host.context.close()
    nothing, one, five = found
    assert five - nothing <= 1.5 * (one - nothing), (
        f"{nothing:.0f} MB without, {one:.0f} with one, {five:.0f} with five"
    )


def test_plain_frames_share_one_python_too(host: Host) -> None:
    """Frames without the element, as in a notebook, find each other on the host's page."""
    workers: list[Any] = []
    host.page.on("worker", lambda worker: workers.append(worker))
    host.open('<iframe src="SITEembed.html#bits=4&show=table"></iframe><iframe src="SITEembed.html#bits=3"></iframe>')
    for position in (0, 1):
        host.frame(position).wait_for_function("document.documentElement.dataset.state === 'ready'")
    assert len(workers) == 1


HOSTS = {
    "on another site": ONE,
    "in a sandbox": '<iframe id="box" sandbox="allow-scripts allow-same-origin" width="600" height="600"'
    ' src="SITEembed.html#bits=4&values=1,2,3"></iframe>',
}


@pytest.mark.parametrize("kind", HOSTS)
def test_it_works(host: Host, kind: str) -> None:
    """The embed works on a page of another site, and in a sandboxed frame that may run scripts as itself."""
    host.open(HOSTS[kind], host="localhost")
    while len(host.page.frames) < 2:
        host.page.wait_for_timeout(50)
    frame = host.frame()
    frame.wait_for_function("document.documentElement.dataset.state === 'ready'")
    assert frame.evaluate("window.quantlab.answer.codes") == [-8, -1, 6]


REFUSE = """
    const refuse = () => { throw new DOMException('refused', 'SecurityError'); };
    Object.defineProperty(IDBFactory.prototype, 'open', {value: refuse});
    Object.defineProperty(Storage.prototype, 'getItem', {value: refuse});
    Object.defineProperty(LockManager.prototype, 'request', {value: () => Promise.reject(new DOMException('refused'))});
"""


def test_it_works_where_all_storage_is_refused(host: Host) -> None:
    """Without database, local storage and locks the frames still agree on one Python, and on another when it goes."""
    workers: list[Any] = []
    host.page.on("worker", lambda worker: workers.append(worker))
    host.page.add_init_script(REFUSE)
    host.open(ONE + ONE.replace("one", "two") + ONE.replace("one", "three"), host="localhost")
    expected = {name: [-8, -1, 6] for name in ("one", "two", "three")}
    assert {name: answer["codes"] for name, answer in host.hear(n=3)} == expected
    assert len(workers) == 1
    leads = "document.querySelectorAll('script[type=py]').length"
    names = [frame.evaluate(leads) for frame in host.page.frames[1:]]
    assert sum(names) == 1
    host.forget()
    leader = host.page.frames[1 + names.index(1)].frame_element()
    leader.evaluate("it => it.getRootNode().host.remove()")
    host.page.evaluate("document.querySelectorAll('quant-lab').forEach((it) => it.setAttribute('bits', '3'))")
    assert [answer["codes"] for _, answer in host.hear(n=2)] == [[-4, -1, 2]] * 2
    assert len(workers) == 2


STRICT = "default-src 'none'; script-src SITE; frame-src SITE"


def test_it_works_under_a_strict_policy(host: Host) -> None:
    """A host that allows nothing but scripts and frames of the site, no inline style, has the whole instrument."""
    host.open(ONE, host="localhost", Content_Security_Policy=STRICT)
    assert host.hear()[0][1]["codes"] == [-8, -1, 6]
    host.until("document.getElementById('one').getBoundingClientRect().height > 200")


def test_a_policy_that_forbids_the_frame_is_told(host: Host) -> None:
    """Where the host's policy keeps the frame out, the element says so with a link and keeps the author's words."""
    host.open(ONE, host="localhost", Content_Security_Policy="script-src SITE; frame-src 'none'")
    assert "policy" in host.hear("error")[0][1][0]["message"]
    assert host.page.get_by_text("The author’s own words").is_visible()
    link = host.page.get_by_role("link", name="Open it there")
    assert "index.html#values=1" in str(link.get_attribute("href"))


LAST = """() => new Promise((resolve) => {
    addEventListener("message", ({data}) => data === "last" && setTimeout(resolve));
    postMessage("last", "*");
})"""
"""Waits until the messages that were sent before have been handled."""


def test_only_the_element_is_told_what_is_typed(host: Host) -> None:
    """A host that has not said hello gets the height and nothing else; messages of other windows change nothing."""
    page = host.open(
        "<script>window.got = []; onmessage = ({data}) => got.push(data);</script>"
        '<iframe src="SITEembed.html#values=1,2,3&show=table" width="600"></iframe>',
        host="localhost",
    )
    frame = host.frame()
    frame.wait_for_function("document.documentElement.dataset.state === 'ready'")
    frame.evaluate("postMessage({quantlab: {kind: 'ask', request: {values: '7, 8', show: 'table'}}})")
    page.evaluate("for (const message of [{quantlab: 1}, 'text', null]) frames[0].postMessage(message, '*')")
    frame.evaluate(f"({LAST})()")
    assert frame.evaluate("window.quantlab.answer.values") == [1, 2, 3]
    kinds = page.evaluate("got.filter((data) => data?.quantlab).map((data) => data.quantlab.kind)")
    assert set(kinds) == {"height"}


def test_messages_of_other_windows_are_not_the_frames(one: Host) -> None:
    """The element hears its own frame only: the host's page itself cannot forge an answer."""
    one.forget()
    one.page.evaluate("postMessage({quantlab: {kind: 'answer', answer: {codes: [0]}, request: {}}}, '*')")
    one.page.evaluate(f"({LAST})()")
    assert one.page.evaluate("heard") == []


def test_focus_goes_in_and_out(one: Host) -> None:
    """With the Tab key alone one gets from the host's page into the instrument, through it and out again."""
    page = one.page
    change(one, "one.request = {values: '1, 2, 3', show: 'table'}")  # few rows, so few stops
    page.get_by_role("button", name="before").focus()
    page.keyboard.press("Tab")
    assert one.frame().evaluate("document.activeElement.id") == "values"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "after":
            break
    assert page.evaluate("document.activeElement.textContent") == "after"


def test_the_looks_are_the_hosts(one: Host) -> None:
    """Theme, background and the fields that readers may change are the host's choice."""
    looks = 'theme="dark" background="transparent" controls="bits,rounding"'
    with another(one, f'values="1, 2, 3" bits="4" show="table,summary" {looks}') as frame:
        assert frame.locator("#bits").is_visible()
        assert frame.locator("#rounding").is_visible()
        assert frame.locator("#values").is_hidden()
        assert frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgba(0, 0, 0, 0)"
        assert frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        shown = frame.evaluate(
            "[...document.querySelectorAll('[data-part]')].filter(it => !it.hidden).map(it => it.dataset.part)"
        )
        assert shown == ["summary", "table"]


def test_the_link_opens_the_same_state(one: Host) -> None:
    """The laboratory opens from the embed with what the reader sees there, and without the embed's looks."""
    with another(one, 'values="1, 2, 3" bits="4" show="table" theme="dark"') as frame:
        one.forget()
        frame.locator("#values").fill("0.5, 4")
        one.hear()
        href = frame.get_by_role("link", name="Open in the laboratory").get_attribute("href")
    assert href is not None
    assert sorted(href.partition("#")[2].split("&")) == ["bits=4", "values=0.5%2C+4"]


def test_typing_leaves_no_trace_in_the_hosts_history(one: Host) -> None:
    """The reader's back button belongs to the host's page."""
    before = one.page.evaluate("history.length")
    one.forget()
    one.frame().locator("#values").fill("0.5, 4")
    one.hear()
    assert one.page.evaluate("history.length") == before


def test_every_part_can_be_shown(one: Host) -> None:
    """Each instrument and each part can be embedded alone; a name that nobody knows is told, with what there is."""
    for name in ("mapping", "staircase", "number_line", "error", "histogram", "summary", "table", "steps", "code"):
        answer = change(one, f"one.setAttribute('show', '{name}')")
        assert answer["request"]["show"] == name
        visible = one.frame().evaluate(
            "[...document.querySelectorAll('[data-instrument], [data-part]')].filter(it => it.checkVisibility())"
            ".map(it => it.dataset.instrument ?? it.dataset.part).filter(it => it !== 'instruments')"
        )
        assert visible == [name]
    assert "mappin" in json.dumps(change(one, "one.setAttribute('show', 'mappin')", "error"))
