"""What one turns and what it does are on the screen together; the rest is a section or a group away."""

import functools
import re
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import lab as laboratory
import pytest
from playwright.sync_api import Browser, Route, expect

from .conftest import PATIENCE_MS, ROOT, SAVES_NOTHING, SUB_PATH, PlainHandler, Visit

LAPTOP = {"width": 1366, "height": 768}
IN_VIEW = """selector => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""

TO_THE_TOP = "scrollTo({top: 0, behavior: 'instant'})"


@pytest.fixture(scope="module")
def at_once(chromium: Browser, address: str) -> Iterator[Visit]:
    """One visit on a laptop's screen, as it opens: one section shown, groups folded."""
    context = chromium.new_context(**SAVES_NOTHING, viewport=LAPTOP)
    visit = Visit(context, address, shows_all=False)
    visit.open()
    yield visit
    context.close()
    assert visit.external == []
    assert visit.complaints == []


@pytest.fixture
def fresh(at_once: Visit) -> Visit:
    """The shared visit, started over, at its first section."""
    at_once.page.set_viewport_size(LAPTOP)
    at_once.page.get_by_role("button", name="Map", exact=True).click()
    at_once.after(lambda: at_once.page.get_by_role("button", name="Start over").click())
    at_once.page.evaluate(TO_THE_TOP)
    return at_once


def test_bits_figures_and_mapping_are_in_view_together(fresh: Visit) -> None:
    """With the bits control focused, the figures and the whole picture are on a laptop's screen."""
    fresh.page.locator("#bits").focus()
    for selector in ("#bits", "[data-region=strip]", "[data-figure=mapping] .main-svg"):
        fresh.page.wait_for_function(IN_VIEW, arg=selector)


def test_the_first_view_is_read_without_signs(fresh: Visit) -> None:
    """That digits were left out is for derivations: the first view, settings and results, holds fewer than ten ≈."""
    for query in ("", "profile=onnx&source=normal&shape=64,64&granularity=axis", "format=nvfp4&source=outliers"):
        if query:
            fresh.follow_link(query)
        assert fresh.page.locator("#instrument").inner_text().count("≈") < 10
    assert "≈" not in fresh.page.locator("[data-region=strip]").inner_text()


def test_bits_are_turned_by_slider_and_by_button(fresh: Visit) -> None:
    """Slider, buttons and number say the same."""
    answer = fresh.after(lambda: fresh.page.get_by_role("slider", name="Bits, as a slider").fill("5"))
    assert answer["request"]["bits"] == fresh.page.locator("#bits").input_value() == "5"
    answer = fresh.after(lambda: fresh.page.get_by_role("button", name="3 bits", exact=True).click())
    assert answer["request"]["bits"] == "3"
    assert fresh.page.get_by_role("slider", name="Bits, as a slider").input_value() == "3"


def test_figures_tell_what_they_were(fresh: Visit) -> None:
    """After a change each figure that changed stands beside what it was; all digits are in its title."""
    error = fresh.page.locator("[data-now=max_abs]")
    before = error.locator("output").inner_text()
    assert fresh.page.locator(".was").count() == 0
    fresh.retype("bits", "4")
    expect(error.locator(".was")).to_have_text("was " + before)
    shown, full = error.locator("output").inner_text(), error.locator("output").get_attribute("title")
    assert full is not None
    assert float(full) == fresh.answer()["metrics"]["max_abs"]
    assert float(full) == pytest.approx(float(shown), rel=1e-4)


def test_one_section_is_shown_and_the_address_says_which(fresh: Visit) -> None:
    """A section opens by its button, hides the others, and is opened again by its link."""
    page, shown = fresh.page, "[data-section]:visible"
    expect(page.locator("[data-region=table]")).to_be_hidden()
    page.get_by_role("button", name="Values", exact=True).click()
    expect(page.locator("[data-region=table]")).to_be_visible()
    assert "section=values" in page.url
    sections = page.locator(f".results {shown}").evaluate_all("all => all.map(one => one.dataset.section)")
    assert set(sections) == {"values"}
    current = page.locator(".sections [aria-current]")
    expect(current).to_have_text("Values")
    page.evaluate("() => { location.hash = 'section=error'; }")
    expect(page.locator("[data-figure=error] .main-svg").first).to_be_visible()
    expect(current).to_have_text("Error")


def test_what_a_link_chooses_is_unfolded(fresh: Visit) -> None:
    """A setting that a link names is in an open group."""
    fresh.follow_link("profile=onnx&calibration=percentile")
    expect(fresh.page.locator("#calibration")).to_be_visible()


def test_a_phone_has_the_figures_at_its_foot(fresh: Visit) -> None:
    """On a narrow screen the largest error and SQNR stay at the bottom edge, wherever one has scrolled."""
    fresh.page.set_viewport_size({"width": 390, "height": 844})
    for _ in range(2):
        box = fresh.page.locator("[data-region=strip]").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] == pytest.approx(844, abs=1)
        assert fresh.page.locator("[data-now]:visible").count() == 2
        fresh.page.locator("#results").scroll_into_view_if_needed()
        fresh.page.mouse.wheel(0, 600)


def test_paper_shows_every_section_and_no_chart_is_cut(fresh: Visit) -> None:
    """Before printing all sections are shown and drawn at the width of paper; afterwards one section again."""
    page = fresh.page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("document.querySelectorAll('[data-figure]:not([hidden]) > .chart').length > 5")
    page.emulate_media(media="print")
    page.wait_for_function(
        "Math.max(...[...document.querySelectorAll('.main-svg')].map(e => e.getBoundingClientRect().width)) < 692"
    )
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.section") == "map"
    page.wait_for_function(
        "(figure => figure.querySelector('.main-svg').width.baseVal.value === figure.clientWidth)"
        "(document.querySelector('[data-figure=mapping]'))"
    )


SHIFTS = """window.shift = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


on_screens = pytest.mark.parametrize(
    "visitor",
    [
        {"viewport": {"width": width, "height": height}, "shows_all": False}
        for width, height in ((390, 844), (853, 480), (768, 1024), (1366, 768))
    ],
    indirect=True,
    ids=["phone", "enlarged", "tablet", "laptop"],
)


def shift_of(visitor: Visit, path: str) -> float:
    """How far things move from the first paint until all is drawn, by the browser's measure: 1 if all moves away."""
    page = visitor.page
    page.goto("about:blank")  # else another state of the same page is no load
    page.goto(visitor.address + path)
    page.wait_for_function("document.documentElement.dataset.atRest === 'true'")
    return float(page.evaluate("window.shift"))


@on_screens
def test_nothing_moves_while_the_page_loads(visitor: Visit) -> None:
    """Nor where a link hides fields, opens groups, names a section, has notes, or asks what cannot be."""
    visitor.page.add_init_script(SHIFTS)
    assert shift_of(visitor, "index.html") < 0.02
    for query in (
        "source=normal&shape=32,64&profile=onnx&granularity=axis",
        "format=q4_k&source=normal&shape=32,256&section=error",
        "direction=dequantize",
        "values=5,5,5&calibration=given&scale=0.5&zero_point=3&profile=onnx",
        "bits=99",
        "values=1,2,x",
        "source=file&file=x.npy&section=error",
        "bts=9&section=compare",
    ):
        assert shift_of(visitor, f"index.html#{query}") < 0.02, query


class InTwoParts(PlainHandler):
    """Sends the page as a slow network does: its end, from within the form, when the beginning has been painted."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if not self.path.endswith("index.html"):
            super().copyfile(source, outputfile)
            return
        page = source.read()
        end = page.index(b'data-field="format"')
        outputfile.write(page[:end])
        time.sleep(0.7)
        outputfile.write(page[end:])


@pytest.mark.parametrize("visitor", [{"viewport": {"width": 390, "height": 844}, "shows_all": False}], indirect=True)
def test_nothing_moves_while_the_page_arrives(visitor: Visit) -> None:
    """A form of which only a part is there is not yet shown as what a link makes of it."""
    visitor.page.add_init_script(SHIFTS)
    handler = functools.partial(InTwoParts, directory=str(ROOT / "dist"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        visitor.address = f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        for query in ("", "#direction=dequantize", "#source=normal&shape=8,8&bits=4", "#values=1,2,x"):
            assert shift_of(visitor, f"index.html{query}") < 0.02, query
        server.shutdown()


@on_screens
def test_one_message_stands_at_a_field_above_the_results(visitor: Visit) -> None:
    """It is all on the screen; where it is over what is beneath, it is not said a second time there."""
    page = visitor.open("index.html#bits=99")
    message = page.locator("#bits-error")
    expect(message).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-region=errors]")).to_be_visible(visible=page.viewport_size["width"] > 960)
    visitor.retype("bits", "4")
    expect(message).to_have_count(0)


@pytest.mark.parametrize(
    ("query", "is_example"), [("", True), ("#section=error&theme=dark", True), ("#values=1,2,5&bits=3", False)]
)
def test_a_link_is_not_answered_by_the_example(visitor: Visit, query: str, is_example: bool) -> None:
    """Until Python has answered, the example's figures and pictures are not seen beside what a link asks for."""
    held: list[Route] = []
    visitor.page.route("**/runtime/worker.py", lambda route: held.append(route))
    visitor.page.goto(f"{visitor.address}index.html{query}")
    visitor.page.wait_for_selector("html[data-interactive]")
    scale, told = (
        visitor.page.locator("[data-now=scale] output"),
        visitor.page.locator("[data-region=status] .of-example"),
    )
    expect(scale).to_be_visible(visible=is_example)
    expect(told).to_be_visible(visible=is_example)
    expect(visitor.page.locator(".results .caption").first).to_be_visible(visible=is_example)
    for _ in range(PATIENCE_MS // 50):
        if held:
            break
        visitor.page.wait_for_timeout(50)
    held[0].continue_()
    visitor.page.wait_for_function("document.documentElement.dataset.state === 'ready'")
    expect(scale).to_be_visible()
    expect(scale).to_have_text("0.024314" if is_example else "0.57143")  # 6.2 / 255, 4 / 7
    expect(visitor.page.locator(".results .caption").first).to_be_visible()


def test_an_embed_is_the_same_in_a_low_frame(visitor: Visit) -> None:
    """What saves room on a low screen is not for a frame, whose height follows what is in it."""
    heights = []
    for height in (900, 400):
        visitor.page.set_viewport_size({"width": 640, "height": height})
        visitor.page.goto("about:blank")
        page = visitor.open("embed.html#show=mapping&controls=bits")
        page.wait_for_function("document.documentElement.dataset.atRest === 'true'")
        expect(page.locator("[data-instrument=mapping] > :is(h2, h3)")).to_be_visible()
        heights.append(page.evaluate("document.querySelector('.panel').scrollHeight"))
    assert heights[0] == heights[1] > 300


@pytest.mark.parametrize(
    "visitor", [{"viewport": {"width": width, "height": 640}} for width in (320, 640)], indirect=True
)
def test_nothing_moves_in_an_embed(visitor: Visit) -> None:
    """The room of the controls that a link names is there before they are."""
    visitor.page.add_init_script(SHIFTS)
    for query in ("", "#show=staircase&bits=4", "#show=error,histogram&controls=bits,scheme", "#show=table&controls="):
        assert shift_of(visitor, f"embed.html{query}") < 0.02, query


@pytest.mark.parametrize("visitor", [{"viewport": LAPTOP, "shows_all": False}], indirect=True)
def test_a_projectors_view_is_there_from_the_start(visitor: Visit) -> None:
    """A link to it does not begin with the other one."""
    visitor.page.add_init_script(SHIFTS)
    assert shift_of(visitor, "index.html#view=projector&format=float8_e4m3fn&values=1,2,4") < 0.02


def test_the_form_is_the_links_before_python_runs(chromium: Browser, address: str) -> None:
    """Where Python never comes, the form says what the link says, and has no part that does not apply."""
    context = chromium.new_context(**SAVES_NOTHING)
    page = context.new_page()
    page.route("**/micropython.mjs", lambda route: route.abort())
    page.goto(address + "index.html#source=normal&shape=4,8&bits=3&scheme=symmetric&section=error")
    assert [page.locator(f"#{name}").input_value() for name in ("source", "shape", "bits")] == ["normal", "4,8", "3"]
    assert page.locator("[data-field=scheme] input:checked").input_value() == "symmetric"
    assert page.locator("[data-mirror=bits]").input_value() == "3"
    expect(page.locator("[data-field=values]")).to_be_hidden()
    expect(page.locator("#shape")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.section") == "error"
    context.close()


def test_an_error_moves_nothing_away(fresh: Visit) -> None:
    """What is wrong stands at its field and in the strip, in room that is there anyway."""
    page = fresh.page
    places = "() => ['nav.sections', '.figure-wide'].map(it => document.querySelector(it).getBoundingClientRect().top)"
    before = page.evaluate(places)
    page.fill("#bits", "40")
    expect(page.locator("#bits-error")).to_contain_text("from 2 to 16")
    expect(page.locator("[data-region=errors] a")).to_be_visible()
    assert page.evaluate(places) == before
    fresh.retype("bits", "4")
    expect(page.locator("[data-region=errors]")).to_be_hidden()
    assert page.evaluate(places) == before


WHILE_IT_COMPUTES = """bits => new Promise(done => {
    const picture = document.querySelector("[data-figure=mapping]"), heights = [];
    const look = () => heights.push(Math.round(picture.getBoundingClientRect().top));
    const state = new MutationObserver(look);
    state.observe(document.documentElement, {attributeFilter: ["data-state"]});
    look();
    document.addEventListener("quantlab:answer", () => { look(); state.disconnect(); done(heights); }, {once: true});
    const control = document.getElementById("bits");
    control.value = bits;
    control.dispatchEvent(new Event("input", {bubbles: true}));
})"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1366, 768)])
def test_the_picture_stays_where_it_is_while_python_computes(fresh: Visit, width: int, height: int) -> None:
    """From an edit to its answer, a short one's, nothing above the picture grows or goes."""
    fresh.page.set_viewport_size({"width": width, "height": height})
    fresh.retype("bits", "5")  # from here on the figures have what they were before, too
    heights = fresh.page.evaluate(WHILE_IT_COMPUTES, "4")
    assert len(heights) >= 3
    assert set(heights) == {heights[0]}


def test_the_examples_are_one_stop_of_the_tab_key(fresh: Visit) -> None:
    """The arrow keys lead along the examples, Enter takes one, and Tab leads on to the settings."""
    page = fresh.page
    examples = page.locator(".presets a")
    assert examples.count() > 10
    assert page.locator(".presets a[tabindex='-1']").count() == examples.count() - 1
    examples.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(examples.nth(2)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(examples.nth(1)).to_be_focused()
    answer = fresh.after(lambda: page.keyboard.press("Enter"))
    assert answer["request"]["source"] == "normal"
    page.keyboard.press("End")
    expect(examples.last).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#controls') !== null")


def test_a_link_with_a_scale_that_plays_no_part_says_so(fresh: Visit) -> None:
    """Scale and zero point of a link that quantizes are offered for use, in the strip."""
    page = fresh.page
    fresh.after(lambda: page.evaluate("location.hash = 'scale=0.1&zero_point=3'"))
    expect(page.locator(".strip .notes")).to_contain_text("The given scale and zero point are not used")
    answer = fresh.after(lambda: page.get_by_role("button", name="Use what is given").click())
    assert answer["params"]["scale"] == [0.1]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (853, 480)])
def test_a_small_screen_has_the_picture_and_the_figures(fresh: Visit, width: int, height: int) -> None:
    """On a phone, and on 1280 x 720 at 150 %: values, bits, the head of the picture, figures; settings in a sheet."""
    page = fresh.page
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(TO_THE_TOP)
    for selector in ("#values", "#bits", "[data-now=sqnr_db]", ".sheet-button"):
        page.wait_for_function(IN_VIEW, arg=selector)
    figures = page.locator("[data-region=strip]").bounding_box()
    picture = page.locator("[data-figure=mapping]").bounding_box()
    assert figures
    assert picture
    assert picture["y"] < figures["y"] - 100
    expect(page.locator("#profile")).to_be_hidden()


DRAWN_IN_VIEW = """() => {
    const end = document.querySelector("[data-region=strip]").getBoundingClientRect().top;
    const begin = document.querySelector("[data-lab] .sections").getBoundingClientRect().bottom;
    const drawn = document.querySelectorAll("[data-figure=mapping] :is(.points path, .textpoint, .xtick, .x2tick)");
    const boxes = [...drawn].map(one => one.getBoundingClientRect());
    return boxes.length > 20 && boxes.every(box => box.height > 0 && box.top >= begin && box.bottom <= end);
}"""


def test_both_lines_are_in_the_first_view_of_a_low_screen(fresh: Visit) -> None:
    """On 1280 x 720 at 150 % every mark and label of the mapping is between the sections and the figures."""
    page = fresh.page
    page.set_viewport_size({"width": 853, "height": 480})
    page.evaluate(TO_THE_TOP)
    for selector in ("#values", "#bits", "[data-region=strip]"):
        page.wait_for_function(IN_VIEW, arg=selector)
    page.wait_for_function(DRAWN_IN_VIEW)


def test_all_settings_are_in_a_sheet_on_a_phone(fresh: Visit) -> None:
    """The sheet opens over the page and leaves the figures in view; Done and Escape put it away; a link opens it."""
    page = fresh.page
    page.set_viewport_size({"width": 390, "height": 844})
    opener = page.locator(".sheet-button")
    opener.click()
    assert opener.get_attribute("aria-expanded") == "true"
    done = page.get_by_role("button", name="Done")
    expect(done).to_be_focused()
    answer = fresh.after(lambda: page.locator("#profile").select_option("onnx"))
    assert answer["request"]["profile"] == "onnx"
    page.wait_for_function(IN_VIEW, arg="[data-now=sqnr_db]")
    done.click()
    expect(page.locator("#profile")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#profile")).to_be_hidden()
    fresh.after(lambda: page.evaluate("location.hash = 'axis=9&granularity=axis&values=[[1,2],[3,4]]&profile=onnx'"))
    page.locator("[data-region=errors] a").click()
    expect(page.locator("#axis")).to_be_focused()


def test_what_an_error_overtakes_is_shown_whole(fresh: Visit) -> None:
    """A setting that is wrong a moment after a right one leaves picture, table and steps of the right one."""
    page = fresh.page
    page.evaluate(
        """() => {
            const bits = document.getElementById("bits");
            for (const text of ["5", "99"]) {
                bits.value = text;
                bits.dispatchEvent(new Event("input", {bubbles: true}));
            }
        }"""
    )
    expect(page.locator("#bits-error")).to_be_visible()
    expected = laboratory.answer({"bits": "5"})
    cells = page.locator("[data-region=table] tbody tr").first.locator("td")
    expect(cells).to_have_text([cell.replace("≈", "") for cell in expected["table"]["rows"][0]["cells"]])
    expect(page.locator("[data-region=steps] li > p")).to_have_text([step["text"] for step in expected["steps"]])


def test_small_numbers_on_axes_are_powers_of_ten(fresh: Visit) -> None:
    """No axis counts in nano or mega: 5×10⁻⁸ is what one reads."""
    fresh.retype("values", "-3e-8, 1e-9, 3.2e-8")
    ticks = fresh.page.locator("[data-figure=mapping] .xtick text, [data-figure=mapping] .x2tick text")
    expect(ticks.filter(has_text="10−8").first).to_be_attached()
    assert not [text for text in ticks.all_text_contents() if re.search(r"[nµpmkMG]$", text)]
