"""The built page as a visitor has it, in Chromium: opened, watched as it starts, changed."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assembly.browser import find_or_install
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.bench.host import LOCALHOST, Line

OURS = "this build"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000  # with a page that nothing holds up
SCREEN: ViewportSize = {"width": 1440, "height": 900}
MOMENTS = ("paint", "interactive", "answer", "charts")
WATCH = """
    window.seen = {long: [], shift: 0, first: {}};
    const note = () => {
        const {interactive, state} = document.documentElement.dataset;
        if (interactive) seen.first.interactive ??= performance.now();
        if (state === "ready") seen.first.answer ??= performance.now();
        if (document.querySelector(".chart .main-svg")) seen.first.charts ??= performance.now();
    };
    new MutationObserver(note).observe(document, {attributes: true, subtree: true, childList: true});
    const watch = (type, each) =>
        new PerformanceObserver(list => list.getEntries().forEach(each)).observe({type, buffered: true});
    watch("longtask", entry => seen.long.push(Math.round(entry.duration)));
    watch("layout-shift", entry => { if (!entry.hadRecentInput) seen.shift += entry.value; });
    watch("paint", entry => { if (entry.name === "first-contentful-paint") seen.first.paint = entry.startTime; });
"""
CHANGE = """async text => {
    const control = document.getElementById("bits");
    const answered = new Promise(done => document.addEventListener("quantlab:answer", done, {once: true}));
    let redrawn = 0;
    const watch = new MutationObserver(() => { redrawn = performance.now(); });
    for (const node of document.querySelectorAll("[data-figure=mapping], [data-region=summary], [data-region=strip]")) {
        watch.observe(node, {subtree: true, childList: true, attributes: true, characterData: true});
    }
    const started = performance.now();
    control.value = text;
    control.dispatchEvent(new Event("input", {bubbles: true}));
    await answered;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    watch.disconnect();
    return [redrawn - started, performance.now() - started];
}"""


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that all measurements of the page have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--against", type=Path, metavar="DIST", help="another built dist/, measured in turns with ours")
    made.add_argument("--turns", type=int, default=7, help="turns of each rival")
    return made


def builds(against: Path | None) -> dict[str, Path]:
    """The folders to measure by name: ours, then the other."""
    ours = {OURS: Path(__file__).resolve().parents[2] / "dist"}
    return ours | ({str(against): against} if against else {})


@contextmanager
def chromium() -> Iterator[tuple[BrowserType, str, Browser]]:
    """A browser, with what it takes to start it again; a page that never answers ends the measurement in a sentence."""
    with sync_playwright() as playwright:
        path = str(find_or_install())
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield playwright.chromium, path, browser
        except PlaywrightError as error:
            sys.exit(f"A page did not do what was waited for: {error.message.splitlines()[0]}")
        finally:
            browser.close()


def visit(context: BrowserContext, address: str, line: Line = LOCALHOST) -> Page:
    """Opens the page and waits for its first answer and for charts."""
    page = context.new_page()
    page.set_default_timeout(10 * PATIENCE_MS if line.rate else PATIENCE_MS)
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("seen.first.charts && seen.first.answer")
    return page


def seen(page: Page) -> dict[str, float]:
    """What a visit took, in milliseconds, and how much the layout shifted."""
    page.wait_for_timeout(500)  # a long task is reported when it has ended
    noted = page.evaluate("seen")
    moments = {name: noted["first"].get(name, float("nan")) for name in MOMENTS}
    return {**moments, "longest task": max([0, *noted["long"]]), "layout shift": noted["shift"]}


def change(page: Page, number: int) -> tuple[float, float]:
    """Changes the number of bits, to another with each number.

    Returns the milliseconds until the mapping and the figures show it, and until the whole page does.
    """
    screen, whole = page.evaluate(CHANGE, str(3 + number % 6))
    return float(screen), float(whole)


def columns(visits: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """The figures of some visits by name."""
    return {name: [figures[name] for figures in visits] for name in visits[0]}
