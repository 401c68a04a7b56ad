"""The page for everybody: axe-core on its states, and a walk through it by keyboard alone."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from assembly import assets
from playwright.sync_api import Browser, Page, expect

from tests.lab.models.files import FOLDER

from .conftest import ROOT, Visit
from .hosts import Host, serving

pytestmark = pytest.mark.browser

STATES = {
    "the example": "",
    "wrong fields": "bits=40&values=1,two",
    "dequantizing": "direction=dequantize",
    "a matrix": "profile=onnx&source=normal&shape=64,64&spread=0.02&scheme=symmetric",
    "a file that is not here": "profile=onnx&source=file&file=weights.npy&file_shape=2,3",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VIOLATIONS = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}`));
}"""
MODEL = FOLDER / "tiny-all-types.gguf"
NOTHING_SEEN = "none"
EMBED = "embed"
PARTS = ("mapping", "summary", "table", "steps", "error", "comparison", "code")
NUMBER_PLACES = """() => {
    const groups = new Set();
    const isAgain = (it) => it.type === 'radio' && (groups.has(it.name) || !groups.add(it.name));
    const kinds = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const places = [...document.querySelectorAll(kinds)].filter((it) =>
        it.checkVisibility() && !it.disabled && !it.closest('quant-lab') && !isAgain(it));
    places.forEach((it, number) => { it.dataset.number = number; });
    return places.length;
}"""
PLACE = """() => {
    const it = document.activeElement;
    if (it === document.body) return null;
    const isFrame = it.localName === 'quant-lab';  // the focus is in it, and shown there
    return {number: it.closest('quant-lab') ? 'embed' : it.dataset.number, width: it.getBoundingClientRect().width,
        outline: isFrame ? 'its own' : getComputedStyle(it).outlineStyle};
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, as pinned in site/assets.toml."""
    [file] = assets.fetch_all(ROOT, Path(sys.executable), "test_package")
    return file.path.read_text("utf-8")


def expect_no_violation(page: Page) -> None:
    """No rule of axe-core is broken, in any theme and width, with everything unfolded."""
    page.locator("details").evaluate_all("parts => parts.forEach(part => { part.open = true; })")
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(VIOLATIONS) == [], (scheme, width)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(lab: Visit, axe: str, state: str) -> None:
    """No rule of axe-core is broken, in any state, theme and width."""
    page = lab.page
    if STATES[state]:
        lab.follow_link(STATES[state])
    page.wait_for_function("!window.quantlab.answer.ok || !quantlab.answer.instruments.some(item => item.waits)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {axe} }}")
    expect_no_violation(page)


def test_axe_finds_nothing_with_a_model(visitor: Visit, axe: str) -> None:
    """Nor with the table of a model's tensors and a map of one beside it, nor in forced colours."""
    page = visitor.open()
    assert visitor.after(lambda: page.set_input_files("#chooser", MODEL))["ok"]
    page.get_by_role("button", name="Look into").nth(1).click()
    page.locator(".inspection").get_by_role("button", name="A map of all of it").click()
    expect(page.locator(".inspection .nsewdrag")).to_be_visible()
    page.evaluate(f"() => {{ {axe} }}")
    expect_no_violation(page)
    page.emulate_media(forced_colors="active")
    assert page.evaluate(VIOLATIONS) == []


def open_other(visit: Visit, name: str) -> Page:
    """Opens another page and waits until its own script listens and its embed, if it has just one, has answered."""
    visit.page.goto(visit.address + name)
    visit.page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    embed = visit.page.locator("quant-lab")
    if embed.count() == 1:
        embed.scroll_into_view_if_needed()
        expect(visit.page.frame_locator("iframe").locator("html")).to_have_attribute("data-state", "ready")
    return visit.page


@pytest.mark.parametrize("name", ["learn.html", f"authors.html#show={','.join(PARTS)}"])
def test_axe_finds_nothing_on_the_other_pages(visitor: Visit, axe: str, name: str) -> None:
    """Nor on the lesson, nor on the page for authors with everything that an embed can show."""
    page = open_other(visitor, name)
    for frame in page.frames if "authors" in name else [page.main_frame]:
        frame.evaluate(f"() => {{ {axe} }}")
    expect_no_violation(page)


@pytest.mark.parametrize("name", ["learn.html", "authors.html"])
def test_everything_on_the_other_pages_is_reached_by_tab(visitor: Visit, name: str) -> None:
    """Tab visits every link, control and scrolling part in the order of the text, embeds included, and shows where."""
    page = open_other(visitor, name)
    n_places = page.evaluate(NUMBER_PLACES)
    reached, unseen = [], []
    for _ in range(1000):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place is None:
            break
        reached += [place["number"]] if place["number"] not in reached[-1:] else []
        unseen += [place["number"]] if place["outline"] == NOTHING_SEEN or place["width"] == 0 else []
    assert [number for number in reached if number != EMBED] == [str(number) for number in range(n_places)]
    assert EMBED in reached or name == "learn.html"  # whose many may still be loading when the focus passes by
    assert unseen == []


WORDS = """<button>before</button><div style="height: 3000px"></div>
<quant-lab id="one" values="1, 2" show="table"><p>See <a href="#here">the worked example</a>.</p></quant-lab>
<script src="SITEquant-lab.js"></script>"""


@pytest.mark.parametrize("held", ["a", "button"])
def test_the_focus_in_an_authors_words_goes_to_the_frame(chromium: Browser, held: str) -> None:
    """Where the instrument takes the place of the words that have the focus, it gets it; else the focus stays."""
    with serving() as dist:
        host = Host(chromium, dist)
        page = host.open(WORDS)
        page.evaluate("held => document.querySelector(held).focus({preventScroll: true})", held)
        page.locator("#one").scroll_into_view_if_needed()
        host.hear()
        assert page.evaluate("document.activeElement.localName") == ("quant-lab" if held == "a" else "button")
        page.keyboard.press("Tab")
        assert host.frame().evaluate("document.activeElement.id") == "values"
        host.context.close()


def focused(visit: Visit) -> dict[str, Any]:
    """What has the focus: its name, where it is, and how that is shown; of a thumb the style cannot be asked for."""
    place: dict[str, Any] = visit.page.evaluate(
        "() => { const element = document.activeElement, box = element.getBoundingClientRect();"
        " const shown = element.closest('.choice') ?? element, style = getComputedStyle(shown);"
        " return {key: element.id || element.dataset.action || element.dataset.follow || element.className"
        " || element.getAttribute('href') || element.name || '', name: element.name, tag: element.tagName,"
        " action: element.dataset.action, top: box.top + scrollY, width: box.width,"
        " outline: element.matches('.handle') ? 'on its thumb' : style.outlineStyle,"
        " part: element.closest('header, .presets, form, .results, .essay, footer')"
        "?.classList[0] ?? element.className}; }"
    )
    return place


HANDLES = ("handle", "handle handle-value")  # which show the focus around what is held, not around all of their way


def test_a_handle_shows_the_focus_where_it_is(lab: Visit) -> None:
    """Of the handles of a range, which lie on each other's way, one sees which has the focus; and so of a value."""
    page = lab.page
    holder = page.locator("[data-handles=mapping]")
    expect(holder).to_have_attribute("data-laid", "true")
    picture = page.locator("[data-figure=mapping]")
    pictures = [picture.screenshot()]
    for field in ("range_min", "range_max", "values:0"):
        page.keyboard.press("Tab")  # the keyboard moves the focus
        holder.locator(f'[data-handle="{field}"]').focus()
        pictures.append(picture.screenshot())
    assert len(set(pictures)) == len(pictures)


def test_everything_is_reached_by_tab(lab: Visit) -> None:
    """From the top, Tab visits the skip link, the masthead, examples, settings, results and text, in that order."""
    page = lab.page
    page.wait_for_function("!window.quantlab.answer.instruments.some(item => item.waits)")
    page.keyboard.press("Tab")  # from here on it is the keyboard that moves the focus
    page.locator(".skip").focus()
    stops = [focused(lab)]
    for _ in range(500):
        page.keyboard.press("Tab")
        stop = focused(lab)
        if stop["tag"] == "BODY":
            break
        stops.append(stop)
    parts = list(dict.fromkeys(stop["part"] for stop in stops))
    assert parts == ["skip", "masthead", "presets", "controls", "results", "essay", "colophon"]
    assert [stop for stop in stops if stop["outline"] == NOTHING_SEEN] == []
    assert sum(stop["key"] in HANDLES for stop in stops) == 5
    assert [stop for stop in stops if stop["width"] == 0] == []
    visible = page.locator("button:visible:not(:disabled)").evaluate_all(
        "buttons => [...new Set(buttons.map(button => button.dataset.action).filter(Boolean))]"
    )
    assert set(visible) <= {stop["action"] for stop in stops}
    named = page.locator("#values, #bits, #profile, #element, #chooser, #compare, #against")
    names = set(named.evaluate_all("found => found.map(control => control.id)"))
    assert names <= {stop["key"] for stop in stops}
    figures = page.locator("[data-figure]:visible").count()  # not the drawings of the text
    assert sum("figure" in stop["key"].split() for stop in stops) == figures


def test_the_view_for_a_room(visitor: Visit, axe: str) -> None:
    """Projected, no rule is broken either, nor in forced colours; Tab visits all and shows where, Escape leaves."""
    page = visitor.open("#view=projector")
    page.wait_for_function("!window.quantlab.answer.instruments.some(item => item.waits)")
    page.evaluate(f"() => {{ {axe} }}")
    expect_no_violation(page)
    page.set_viewport_size({"width": 1024, "height": 768})
    page.emulate_media(forced_colors="active")
    assert page.evaluate(VIOLATIONS) == []
    page.emulate_media(forced_colors="none")
    page.locator("#values").focus()
    page.keyboard.press("Shift+Tab")
    page.locator(".skip").focus()
    stops = [focused(visitor)]
    while stops[-1]["tag"] != "BODY" and len(stops) < 500:
        page.keyboard.press("Tab")
        stops.append(focused(visitor))
    stops.pop()
    assert list(dict.fromkeys(stop["part"] for stop in stops)) == ["skip", "masthead", "controls", "results"]
    assert [stop for stop in stops if stop["outline"] == NOTHING_SEEN or stop["width"] == 0] == []
    page.locator("#bits").focus()
    page.keyboard.press("Escape")
    page.wait_for_function("!document.documentElement.hasAttribute('data-view')")
    expect(page.locator("#bits")).to_be_focused()


def test_skip_link_leads_to_the_results(visitor: Visit) -> None:
    """The first Tab shows a link that jumps over the settings."""
    page = visitor.open()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the results")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_focused()
    assert visitor.answer()["codes"] == [-128, -1, 127]


def test_an_edit_by_keyboard_alone(lab: Visit) -> None:
    """Choices, check boxes, lists, rows and buttons answer to keys, and the focus stays where it was."""
    page = lab.page
    page.locator("[name=scheme][value=affine]").focus()
    assert lab.after(lambda: page.keyboard.press("ArrowRight"))["request"]["scheme"] == "symmetric"
    page.locator("#signed").focus()
    assert lab.after(lambda: page.keyboard.press("Space"))["request"]["signed"] == "0"
    page.locator("#profile").focus()
    assert lab.after(lambda: page.keyboard.press("ArrowDown"))["request"]["profile"] == "custom"
    expect(page.locator("#profile")).to_be_focused()
    page.get_by_role("button", name="Follow the number at index 2").focus()
    assert lab.after(lambda: page.keyboard.press("Enter"))["request"]["element"] == "2"
    page.locator("[data-action=reset]").focus()
    assert lab.after(lambda: page.keyboard.press("Enter"))["codes"] == [-128, -1, 127]


def test_error_summary_is_announced_and_leads_to_the_field(lab: Visit) -> None:
    """A wrong field is told in the live region, and its link in the summary gives the focus to the field."""
    answer = lab.retype("bits", "99")
    status = lab.page.locator("[data-region=status]")
    expect(status).to_have_attribute("role", "status")
    expect(status).to_contain_text(answer["errors"][0]["message"])
    link = lab.page.locator("[data-region=errors] a")
    link.focus()
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator("#bits")).to_be_focused()


def test_one_of_each_landmark_and_headings_in_order(lab: Visit) -> None:
    """There is one main part and one title, and no heading skips a level."""
    assert lab.page.locator("main").count() == 1
    levels = lab.page.locator("h1:visible, h2:visible, h3:visible, h4:visible").evaluate_all(
        "found => found.map(heading => Number(heading.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
