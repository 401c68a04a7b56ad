"""The lesson and the page for authors: complete as text, and alive by means of the public element only."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, ROOT
from tests.browser.hosts import LISTENS, MARKS, Host, Site, serving
from tests.browser.test_paper import n_pages

pytestmark = pytest.mark.browser

PAGES = ("learn.html", "authors.html")
MISTAKES = ("zero", "constant", "outlier", "ties", "narrow", "reciprocal", "clip")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One server for the tests of this module."""
    with serving() as running:
        yield running


@pytest.fixture
def reader(chromium: Browser, site: Site) -> Iterator[Host]:
    """A reader of these pages, on which no script may fail."""
    site.asked.clear()
    host = Host(chromium, site, viewport={"width": 1000, "height": 900})
    yield host
    host.context.close()
    assert host.complaints == []


GROWN = """async (it) => {
    for (let height = 0; it.shadowRoot.querySelector("slot") || height !== it.offsetHeight;) {
        height = it.offsetHeight;
        await new Promise((go) => setTimeout(go, 250));
    }
}"""
"""Waits until an embed has taken the place of its still text and grows no more."""


def read(reader: Host, name: str) -> Page:
    """Opens a page and waits until its own script answers."""
    reader.page.goto(reader.site.address() + name)
    reader.page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    return reader.page


@pytest.mark.parametrize("name", PAGES)
def test_complete_without_scripts(chromium: Browser, site: Site, name: str) -> None:
    """With JavaScript off the text is whole: numbers, equations, what embeds would show; no dead buttons, no gaps."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address() + name)
    assert page.locator(".needs-script:visible").count() == 0
    assert "render:" not in page.content()
    for embed in page.locator("quant-lab").all():
        assert embed.locator("table, svg, math, dl").first.is_visible()
    context.close()


def test_the_text_agrees_with_the_notebook(chromium: Browser, site: Site) -> None:
    """The numbers of the six steps, which the build computed, are the notebook's."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address() + "learn.html")
    lead = page.locator(".lead").inner_text()
    assert "into the whole numbers −128, −1 and 127" in re.sub(r"\s+", " ", lead)
    for place, text in (
        ("#range", "6.2"),
        ("#factor", "41.1290322580645"),
        ("#zero", "−5"),
        ("#dequantize", "0.0972549"),
    ):
        assert text in page.locator(place).inner_text()
    assert "−2678" in page.locator("#mistake-zero p").first.inner_text()
    context.close()


def test_every_mistake_is_told_shown_and_set_against_the_toolkits() -> None:
    """Each mistake has a section with an instrument of its own and a paragraph on what toolkits do."""
    text = (ROOT / "dist" / "learn.html").read_text("utf-8")
    parts = dict(
        re.findall(r'<section id="mistake-(\w+)"(.*?)(?=<section id="mistake-|<section id="onwards")', text, re.DOTALL)
    )
    assert tuple(parts) == MISTAKES
    for part in parts.values():
        assert "<quant-lab" in part
        assert "What toolkits do." in part


def test_only_the_public_element_is_used() -> None:
    """The lesson embeds as anybody would: by the element, with no frame and no inner address of its own."""
    text = (ROOT / "dist" / "learn.html").read_text("utf-8")
    assert text.count("<quant-lab") >= 13
    assert "<iframe" not in text
    assert "embed.html" not in text


def test_every_chart_of_the_lesson_is_drawn(reader: Host) -> None:
    """Each embed that shows an instrument has marks in its chart as soon as it is reached; room was left for all."""
    page = read(reader, "learn.html")
    n_charts = 0
    other = {}
    for embed in page.locator("quant-lab").all():
        parts = ("summary", "table", "steps", "code", "stored_bytes")
        names = [name for name in str(embed.get_attribute("show") or "mapping").split(",") if name not in parts]
        embed.scroll_into_view_if_needed()
        frame = embed.locator("iframe").element_handle().content_frame()
        assert frame is not None
        for name in names:
            frame.wait_for_function(f"({MARKS})('{name}') > 1")
            n_charts += 1
        embed.evaluate(GROWN)
        height, noted = embed.evaluate("it => [it.getBoundingClientRect().height, Number(it.getAttribute('height'))]")
        if abs(height - noted) > 48:
            other[str(embed.get_attribute("title"))] = (height, noted)
    assert not other, "these embeds have another height than learn.html notes"
    assert n_charts >= 4  # the other embeds show tables, steps and figures of the error


@pytest.mark.parametrize("place", ["error", "q4-k", "mistakes"])
def test_the_contents_lead_to_their_chapters(reader: Host, place: str) -> None:
    """A chapter stays where its link brought it while the instruments above it load, and goes when the reader moves."""
    page = read(reader, "learn.html")
    page.locator(f".contents a[href='#{place}']").click()
    page.locator(f"#{place} quant-lab").first.evaluate(GROWN)
    page.wait_for_function(f"Math.abs(document.getElementById('{place}').getBoundingClientRect().top - 16) < 2")
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"document.getElementById('{place}').getBoundingClientRect().top > 250")


def test_typed_answers_are_checked(reader: Host) -> None:
    """A right answer is called right, a wrong one not, and text that is no number is told."""
    page = read(reader, "learn.html")
    ask = page.locator("[data-ask]", has=page.locator("#ask-factor"))
    for typed, said in (
        ("2.42", "Right."),
        ("2.67", "Not quite. Try again."),
        ("41.13", "Not quite. That is the factor for 8 bits"),
        ("many", "Type a number."),
        ("2,419", "Right."),
    ):
        ask.locator("input").fill(typed)
        ask.locator("input").press("Enter")
        expect(ask.locator("output")).to_contain_text(said)


def test_a_task_is_solved_in_its_embed(reader: Host) -> None:
    """What the reader does in the instrument is seen by the lesson, through the element's event."""
    page = read(reader, "learn.html")
    page.locator("#live-zero").scroll_into_view_if_needed()
    task = page.locator("[data-of=live-zero] output")
    expect(task).to_have_text("Not yet.")
    frame = page.frame_locator("#live-zero iframe")
    expect(frame.locator("[data-key=zero_point] output")).to_have_text("−5", timeout=PATIENCE_MS)
    frame.locator("#values").fill("0, 0.1, 3.2")
    expect(task).to_have_text("Solved.", timeout=PATIENCE_MS)


def test_what_stands_still_is_what_runs(reader: Host) -> None:
    """An embed shows the same numbers as the text that stood in its place."""
    page = read(reader, "learn.html")
    embed = page.locator("#mistake-clip quant-lab")
    still = embed.evaluate("it => [...it.querySelectorAll('td')].map(cell => cell.textContent)")
    embed.scroll_into_view_if_needed()
    frame = page.frame_locator("#mistake-clip iframe")
    expect(frame.locator("tbody td").first).to_be_visible(timeout=PATIENCE_MS)
    assert frame.locator("td").all_text_contents() == still


def test_snippets_follow_the_choices(reader: Host) -> None:
    """A pasted link and the form's choices are in every snippet and in the preview."""
    reader.page.add_init_script(LISTENS)
    page = read(reader, "authors.html#values=1,2,3&bits=4")
    page.get_by_label("Parameters and error").check()
    page.get_by_label("Theme").select_option("dark")
    for name in ("HTML", "Quarto"):
        text = page.locator(f"[data-kind='{name}'] code").inner_text()
        assert (
            '<quant-lab values="1,2,3" bits="4" show="mapping,table,summary" theme="dark" controls="values,bits">'
            in text
        )
    page.get_by_label("Link to the laboratory").fill("http://x.example/index.html#values=0,9&bits=2")
    assert 'values="0,9" bits="2"' in page.locator("[data-kind=HTML] code").inner_text()
    page.locator("quant-lab").scroll_into_view_if_needed()
    frame = page.frame_locator("quant-lab iframe")
    expect(frame.locator("[data-key=code_range] output")).to_have_text("−2 to 1", timeout=PATIENCE_MS)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [280, 320, 768, 2560])
def test_no_width_cuts_anything_off(reader: Host, name: str, width: int) -> None:
    """Nothing sticks out at the side, from the narrowest phone to the widest screen."""
    reader.page.set_viewport_size({"width": width, "height": 900})
    page = read(reader, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_laboratory_leads_here(reader: Host) -> None:
    """The lesson and the page for authors are one link away from the laboratory, and it from them."""
    page = read(reader, "index.html")
    page.get_by_role("link", name="Lesson").click()
    page.get_by_role("link", name="For authors").click()
    page.get_by_role("link", name="Laboratory", exact=True).click()
    assert page.url.endswith("index.html")


ON_PAPER = """() => {
    const shown = (element) => element.checkVisibility();
    const all = (selector) => [...document.querySelectorAll(selector)];
    return {
        navigation: all("nav, .skip, footer, input, button, iframe, summary, .ask output").filter(shown)
            .map((one) => one.outerHTML.slice(0, 60)),
        answers_in_place: all(".ask details").filter(shown).length,
        questions: all(".ask-question").filter(shown).length,
        room: all(".ask").filter((ask) => parseFloat(getComputedStyle(ask, "::after").height) > 20).length,
        answers: all("#answers li").filter((item) => shown(item) && item.textContent.length > 10).length,
        begins: getComputedStyle(document.getElementById("answers")).breakBefore,
        drawn: all(".still").filter((one) => one.offsetHeight > 40 && one.querySelector("table, svg, dl, ol")).length,
        cut: all("main *").filter((one) => shown(one) && one.getBoundingClientRect().right > innerWidth + 1).length,
    };
}"""


def test_the_lesson_is_a_work_sheet(reader: Host, tmp_path: Path) -> None:
    """On paper each question has room to write, the answers are on the last page, and every embed is drawn."""
    page = read(reader, "learn.html")
    page.locator("quant-lab").first.evaluate(GROWN)  # one is alive, the others were never near
    embeds = page.locator("quant-lab").count()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # what A4 has between its margins
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found = page.evaluate(ON_PAPER)
    assert found["navigation"] == []
    assert found["answers_in_place"] == found["cut"] == 0
    assert found["questions"] == found["room"] == found["answers"] >= 15
    assert found["drawn"] == embeds >= 13
    assert found["begins"] == "page"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("quant-lab > .still").count() == embeds
    pdf = page.pdf(path=tmp_path / "lesson.pdf", format="A4", print_background=True)
    assert 8 <= n_pages(pdf) <= 13
