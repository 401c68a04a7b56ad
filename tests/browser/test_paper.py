"""What is printed: a handout of few pages, with the settings in words and the way back to them."""

import re
import zlib
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import zxingcpp

from .conftest import READY, Visit

MATRIX = "[[0.011, -0.008, 0.003, -0.012], [0.12, -0.31, 0.27, 0.05], [1.4, -0.9, 2.2, -2.6], [31, -18, 24, -27]]"
AXIS = {"profile": "onnx", "source": "normal", "shape": "32,64", "spread": "0.02", "seed": "1", "scheme": "symmetric"}
AXIS |= {"granularity": "axis"}
COMPLETE = """() => window.Plotly && [...document.querySelectorAll("[data-instrument]:not([hidden])")]
    .every(card => card.querySelector(".caption"))"""
PIXELS = """async () => {
    const picture = document.querySelector("[data-region=way-back] img");
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, Array.from(data).filter((_, place) => place % 4 === 0)];
}"""


def printed(visit: Visit, paper: str) -> bytes:
    """The page on paper, once all is computed that it shows."""
    visit.page.wait_for_function(COMPLETE)
    visit.page.emulate_media(media="print")
    return visit.page.pdf(format=paper, print_background=True)


def n_pages(pdf: bytes) -> int:
    """How many pages a document has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def scales(pdf: bytes) -> list[float]:
    """How large each page is drawn: 300 / 96 unless something is too wide for paper, as all is then made smaller."""
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            drawn = zlib.decompress(packed)
        except zlib.error:
            continue  # a picture or a font
        page = re.match(rb"\.2[34]\d* 0 0 -\.2[34]\d* 0 [\d.]+ cm\nq\n([\d.]+) ", drawn)
        if page:
            found.append(float(page[1]))
    return found


def go_to_paper(visit: Visit) -> Any:
    """What a browser says before it prints."""
    return visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ({}, 3),
        ({"values": ",".join(f"{i * 37 % 1000 / 100:.2f}" for i in range(1000))}, 4),
        (AXIS, 5),
        ({"format": "q4_k", "source": "normal", "shape": "32,256"}, 5),
        ({"profile": "onnx", "scheme": "symmetric", "granularity": "axis", "values": MATRIX}, 5),
        ({"profile": "onnx", "source": "normal", "shape": "64,64", "scheme": "symmetric"}, 5),
    ],
)
def test_a_handout_has_few_pages(lab: Visit, query: dict[str, str], most: int) -> None:
    """The notebook's example takes three pages of either size, many values four, a matrix five; nothing is too wide."""
    if query:
        lab.follow_link(urlencode(query))
    for paper in ("A4", "Letter"):
        pdf = printed(lab, paper)
        assert 2 <= n_pages(pdf) <= most, paper
        assert scales(pdf) == pytest.approx([300 / 96] * n_pages(pdf), rel=1e-3), paper


def test_the_code_leads_back(lab: Visit) -> None:
    """The QR code on paper is the page's address with its settings, which stands beside it in words."""
    lab.follow_link("values=1,2,7&bits=4&scheme=symmetric")
    go_to_paper(lab)
    height, width, shades = lab.page.evaluate(PIXELS)
    [found] = zxingcpp.read_barcodes(np.array(shades, np.uint8).reshape(height, width))
    assert found.text == lab.page.url
    assert "bits=4" in found.text
    assert lab.page.locator("[data-region=way-back] a").text_content() == found.text


def test_a_long_link_is_no_code(lab: Visit) -> None:
    """What no phone reads from paper is said in words."""
    lab.follow_link(urlencode({"values": ", ".join(map(str, range(1000)))}))
    go_to_paper(lab)
    back = lab.page.locator("[data-region=way-back]")
    assert back.text_content() == "The link with these settings is too long for paper."
    assert back.locator("img").count() == 0


def test_the_settings_are_in_words(lab: Visit) -> None:
    """They are told with the names that they have on the page, and only those that play a part."""
    lab.follow_link("values=1,2,7&bits=4&profile=onnx&scheme=symmetric&narrow=1")
    go_to_paper(lab)
    names = lab.page.locator("[data-region=settings] > div").evaluate_all(
        "found => found.map(one => one.dataset.setting)"
    )
    words = {name: lab.page.locator(f"[data-setting={name}] dd").text_content() for name in names}
    assert words["values"] == "1,2,7"
    assert (words["bits"], words["scheme"], words["narrow"], words["profile"]) == ("4", "Symmetric", "yes", "ONNX")
    assert not {"percentile", "seed", "element", "include_zero", "codes"} & set(words)


def test_only_print_asks_for_the_program_of_codes(lab: Visit) -> None:
    """A visit does not load it."""
    asked = "performance.getEntriesByType('resource').filter(one => one.name.includes('qrcode')).length"
    lab.page.reload()
    lab.page.wait_for_function(READY)
    assert lab.page.evaluate(asked) == 0
    go_to_paper(lab)
    assert lab.page.evaluate(asked) == 1


def test_paper_is_light(lab: Visit) -> None:
    """A dark page is printed in the light theme, charts too, and is dark again afterwards."""
    lab.page.get_by_role("button", name="Dark theme").click()
    theme = "document.documentElement.dataset.theme"
    assert lab.page.evaluate(theme) == "dark"
    go_to_paper(lab)
    assert lab.page.evaluate(theme) == "light"
    lab.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert lab.page.evaluate(theme) == "dark"


OVERLAPS = """() => {
    const chart = document.querySelector("[data-figure=bits] > .chart"), found = [];
    const titles = chart.querySelectorAll(".xtitle, .x2title, .ytitle, .annotation-text");
    const names = [...titles].filter(one => one.textContent);
    const marks = [...chart.querySelectorAll(".points path, .xtick text, .x2tick text")];
    for (const name of names) {
        const one = name.getBoundingClientRect();
        for (const mark of marks) {
            const other = mark.getBoundingClientRect();
            const is_beside = one.right <= other.left || other.right <= one.left;
            const is_apart = one.bottom <= other.top || other.bottom <= one.top;
            if (!is_beside && !is_apart && other.width) found.push([name.textContent, mark.textContent]);
        }
    }
    return [names.length, found];
}"""


def test_the_lines_of_numbers_have_room_on_paper(lab: Visit) -> None:
    """On the half of a page, the titles of the lines of a format's numbers touch neither marks nor other texts."""
    lab.follow_link("format=float8_e4m3fn&values=1.2, 3.4, -5.6, 17, 0.3, 448")
    lab.page.wait_for_function(COMPLETE)
    lab.page.emulate_media(media="print")
    go_to_paper(lab)
    lab.page.locator("[data-figure=bits] .x2title").wait_for()
    n_titles, overlaps = lab.page.evaluate(OVERLAPS)
    assert (n_titles, overlaps) == (2, [])


PLOTS = """() => Object.fromEntries([...document.querySelectorAll("[data-figure] > .chart")]
    .filter(chart => chart._fullLayout)
    .map(chart => [chart.parentElement.dataset.figure, [...chart.querySelectorAll(".nsewdrag")]
        .reduce((sum, plot) => sum + plot.getBoundingClientRect().height, 0)]))"""


def test_charts_of_half_a_page_have_room_on_paper(lab: Visit) -> None:
    """What is drawn between the axes of a chart is more than an inch high, titles and legends left out."""
    lab.follow_link("profile=onnx&source=normal&shape=32,64&seed=1&scheme=symmetric&granularity=axis")
    lab.page.wait_for_function(COMPLETE)
    lab.page.emulate_media(media="print")
    go_to_paper(lab)
    lab.page.wait_for_function(f"() => Object.keys(({PLOTS})()).length > 5")
    plots = lab.page.evaluate(PLOTS)
    assert {name: height for name, height in plots.items() if height < 70} == {}, plots


BARE = """() => {
    const cards = [...document.querySelectorAll(".instruments [data-instrument]:not([hidden])")];
    return cards.map((card) => {
        const caption = card.querySelector(".caption"), place = caption.nextSibling, around = caption.parentElement;
        const before = card.checkVisibility();
        caption.remove(); // as before it is computed
        const without = card.checkVisibility();
        around.insertBefore(caption, place);
        return [before, without];
    });
}"""


def test_no_heading_is_alone_on_paper(lab: Visit) -> None:
    """A card that is not computed yet, and so has only its title, is not printed."""
    lab.page.wait_for_function(COMPLETE)
    lab.page.emulate_media(media="print")
    go_to_paper(lab)
    cards = lab.page.evaluate(BARE)
    assert len(cards) >= 8
    assert cards == [[True, False]] * len(cards)


CHARTS = """() => [...document.querySelectorAll("[data-instrument]:not([hidden]) .chart")].map(chart => {
    const box = one => one && one.getBoundingClientRect();
    const legend = box(chart.querySelector(".legend"));
    const over = ([...chart.querySelectorAll(".ytitle, .y2title, .xtitle, .x2title, .annotation-text")])
        .filter(one => one.textContent && legend).filter(one => {
            const {left, right, top, bottom} = box(one);
            return left < legend.right && legend.left < right && top < legend.bottom && legend.top < bottom;
        });
    const plots = Object.values(chart._fullLayout._plots).map(plot => [plot.xaxis._length, plot.yaxis._length]);
    const frame = box(chart.parentElement);
    return {
        name: chart.closest("[data-instrument]").dataset.instrument,
        over: over.map(one => one.textContent),
        largest: Math.max(...plots.map(sides => Math.min(...sides))), // others are strips
        is_whole: box(chart).right <= frame.right + 1 && box(chart).bottom <= frame.bottom + 1,
    };
})"""


@pytest.mark.parametrize("query", [{"bits": "7"}, AXIS, {"format": "q4_k", "source": "normal", "shape": "32,256"}])
def test_charts_can_be_read_on_paper(lab: Visit, query: dict[str, str]) -> None:
    """No plot is flat or cut, and no title is on a legend; afterwards the screen has its own sizes again."""
    lab.page.set_viewport_size({"width": 718, "height": 1047})
    lab.follow_link(urlencode(query))
    lab.page.wait_for_function(COMPLETE)
    lab.page.emulate_media(media="print")
    go_to_paper(lab)
    charts = lab.page.evaluate(CHARTS)
    assert len(charts) >= 8
    assert [one for one in charts if one["over"] or not one["is_whole"] or one["largest"] < 50] == []
    lab.page.emulate_media(media="screen")
    lab.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    sizes = "chart => [chart._fullLayout.width, chart.clientWidth, chart._fullLayout.height, chart.clientHeight]"
    width, wide, height, high = lab.page.locator(".figure-wide > .chart").first.evaluate(sizes)
    assert (round(width), round(height)) == (wide, high)


BROKEN = """() => {
    const terms = [...document.querySelectorAll(".term")].filter(term => term.checkVisibility());
    const lefts = term => [...term.querySelectorAll("math")].map(one => one.getBoundingClientRect().left);
    const isBroken = term => lefts(term).some((left, at, all) => at && left <= all[at - 1]);
    return [terms.length, terms.filter(isBroken).map(term => term.textContent)];
}"""


def test_no_term_is_broken_on_paper(lab: Visit) -> None:
    """The lines of a long sum of products end before a plus, not within a product."""
    lab.page.set_viewport_size({"width": 718, "height": 1047})
    lab.follow_link(urlencode({"format": "q4_k", "source": "normal", "shape": "32,256"}))
    lab.page.wait_for_function(COMPLETE)
    lab.page.emulate_media(media="print")
    go_to_paper(lab)
    n_terms, broken = lab.page.evaluate(BROKEN)
    assert n_terms > 3
    assert broken == []
