"""How fast the built page starts and answers, in Chromium: medians and spreads. Ratios hold, milliseconds are noisy.

python tests/bench/page.py [--repeat N] [--lines localhost,4G,slow 3G] [--keep FILE]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

from assembly.browser import find_or_install  # noqa: E402

from tests.bench.host import FAST_4G, LOCALHOST, SLOW_3G, Host, hosted  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LINES = {line.name: line for line in (LOCALHOST, FAST_4G, SLOW_3G)}
PATIENCE_MS = 600_000
SCREEN: ViewportSize = {"width": 1440, "height": 900}
N_FIRST = 10  # changes
PAUSE_MS = 5_000  # in which the browser writes down what it has compiled
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
    const started = performance.now();
    control.value = text;
    control.dispatchEvent(new Event("input", {bubbles: true}));
    await answered;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - started;
}"""
KINDS = {
    "Python": "vendor/pyodide/",
    "memory image, NumPy": "python/",
    "charts": "vendor/plotly/",
    "MicroPython": "vendor/micropython/",
    "PyScript": "vendor/pyscript/",
    "the page": "",
}
SIZES = {"3": "", "1,000": "shape=20,50", "10,000": "shape=100,100", "1,000,000": "shape=1000,1000"}

Table = dict[str, dict[str, Any]]


def main(argv: Sequence[str] | None = None) -> None:
    """Measures everything, prints the tables, keeps them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="visits on the fast line, changes times five")
    parser.add_argument("--lines", default=",".join(LINES), help="lines to start over")
    parser.add_argument("--keep", type=Path, default=ROOT / ".cache" / "bench-page.json", help="where the figures go")
    options = parser.parse_args(argv)
    with sync_playwright() as playwright:
        path = find_or_install()
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        found = {
            "bytes": weights(browser),
            "start": starts(browser, options.lines.split(","), options.repeat),
            "return": returns(playwright.chromium, path, options.repeat),
            "change": changes(browser, 5 * options.repeat),
            "memory": memory(browser, 20 * options.repeat),
        }
        browser.close()
    options.keep.parent.mkdir(parents=True, exist_ok=True)
    options.keep.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"\nkept in {options.keep}")


def visit(context: BrowserContext, address: str) -> Page:
    """Opens the page and waits for charts."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("seen.first.charts && seen.first.answer")
    return page


def seen(page: Page) -> dict[str, float]:
    """What a visit took, in milliseconds, and how much the layout shifted."""
    page.wait_for_timeout(500)
    noted = page.evaluate("seen")
    return {**noted["first"], "longest task": max([0, *noted["long"]]), "layout shift": noted["shift"]}


def starts(browser: Browser, lines: Sequence[str], repeat: int) -> Table:
    """First and second visits over each line; on the fast one also without the memory image."""
    found: Table = {}
    for line in (LINES[name] for name in lines):
        rivals = {line.name: ()} if line.rate else {line.name: (), f"{line.name}, no image": ("python/",)}
        runs: dict[str, list[dict[str, float]]] = {}
        for _ in range(1 if line is SLOW_3G else repeat):
            for name, hidden in rivals.items():
                with hosted(ROOT / "dist", line, hidden) as host:
                    context = browser.new_context(viewport=SCREEN)
                    for kind in ("first visit", "second visit"):
                        page = visit(context, host.address)
                        runs.setdefault(f"{name}, {kind}", []).append(seen(page))
                        page.close()
                    context.close()
        found |= {name: summary(values) for name, values in runs.items()}
    print_table("start, in ms: median (smallest to largest)", found)
    return found


def returns(chromium: BrowserType, path: str, repeat: int) -> Table:
    """Later visits of one who has used the page: its service worker has saved it, the browser kept compiled code."""
    with hosted(ROOT / "dist", LOCALHOST) as host, tempfile.TemporaryDirectory() as profile:
        context = chromium.launch_persistent_context(profile, executable_path=path, args=FLAGS, viewport=SCREEN)
        for _ in range(2):  # the first is not yet answered by the service worker
            page = visit(context, host.address)
            page.wait_for_function("document.documentElement.dataset.offline === 'saved'")
            for i in range(2 * N_FIRST):
                page.evaluate(CHANGE, str(3 + i % 6))
            page.wait_for_timeout(PAUSE_MS)
            page.close()
        runs = []
        for _ in range(repeat):
            page = visit(context, host.address)
            runs.append(seen(page))
            page.close()
        context.close()
    found = {"localhost, after use": summary(runs)}
    print_table("return to the saved page, in ms: median (smallest to largest)", found)
    return found


def weights(browser: Browser) -> Table:
    """What a first visit loads, by kind, as it goes over the line."""
    with hosted(ROOT / "dist", LOCALHOST) as host:
        context = browser.new_context()
        visit(context, host.address).wait_for_timeout(500)
        context.close()
        found = {kind: weight(host, prefix) for kind, prefix in KINDS.items()}
    found["in all"] = {key: sum(row[key] for row in found.values()) for key in ("requests", "bytes")}
    print_table("what a first visit loads, compressed", found)
    return found


def weight(host: Host, prefix: str) -> dict[str, float]:
    """Number and size of the files of a kind."""
    others = [other for other in KINDS.values() if other]
    names = [name for name in host.sent if (name.startswith(prefix) if prefix else not name.startswith(tuple(others)))]
    return {"requests": len(names), "bytes": sum(host.sent[name] for name in names)}


def changes(browser: Browser, repeat: int) -> Table:
    """From the change of a control to the redrawn page, by the number of values; the browser compiles in the first."""
    found: Table = {}
    with hosted(ROOT / "dist", LOCALHOST) as host:
        for name, shape in SIZES.items():
            context = browser.new_context(viewport=SCREEN)
            page = visit(context, f"{host.address}#profile=onnx" + (f"&source=normal&{shape}" if shape else ""))
            times = [page.evaluate(CHANGE, str(3 + i % 6)) for i in range(repeat + N_FIRST)]
            context.close()
            first, later = times[:N_FIRST], times[N_FIRST:]
            found[f"{name} values"] = {
                f"first {N_FIRST}, median": statistics.median(first),
                "then median": statistics.median(later),
                "95th percentile": statistics.quantiles(later, n=20, method="inclusive")[-1],
                "smallest": min(later),
            }
    print_table("from a change to the redrawn page, in ms", found)
    return found


def memory(browser: Browser, repeat: int) -> Table:
    """What the tab holds as one control goes back and forth."""
    found: Table = {}
    with hosted(ROOT / "dist", LOCALHOST) as host:
        context = browser.new_context()
        page = visit(context, f"{host.address}#profile=onnx&source=normal&shape=20,50")
        session = context.new_cdp_session(page)
        for part in range(4):
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"]
            counters = session.send("Memory.getDOMCounters")
            found[f"after {part * repeat} changes"] = {
                "page's heap, MB": heap / 1e6,
                "process, MB": resident(browser) / 1e6,
                "nodes": counters["nodes"],
                "listeners": counters["jsEventListeners"],
            }
            for i in range(repeat if part < 3 else 0):
                page.evaluate(CHANGE, str(3 + i % 6))
        context.close()
    print_table("memory", found)
    return found


def resident(browser: Browser) -> int:
    """Memory of the largest renderer process, in bytes, with what its worker holds; 0 where /proc is not."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    status = [Path(f"/proc/{process['id']}/statm") for process in processes if process["type"] == "renderer"]
    return max((int(path.read_text().split()[1]) * 4096 for path in status if path.exists()), default=0)


def summary(runs: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Median, smallest and largest of each figure."""
    names = ["paint", "interactive", "answer", "charts", "longest task", "layout shift"]
    return {name: [f([run.get(name, 0) for run in runs]) for f in (statistics.median, min, max)] for name in names}


def print_table(title: str, rows: Table) -> None:
    """Prints figures under their names."""
    columns = list(next(iter(rows.values())))
    width = max(map(len, rows)) + 2
    print(f"\n{title}\n{'':{width}}" + "".join(f"{column:>24}" for column in columns))
    for name, row in rows.items():
        print(f"{name:{width}}" + "".join(f"{written(row[column]):>24}" for column in columns))


def written(value: Any) -> str:
    """A figure, or a median with its spread."""
    if isinstance(value, list):
        median, low, high = (f"{figure:,.0f}" if figure >= 2 else f"{figure:.3f}" for figure in value)
        return f"{median} ({low} to {high})"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"after {time.monotonic() - started:.0f} s")
