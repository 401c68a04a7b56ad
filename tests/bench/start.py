"""How fast the built page starts, at first and when one comes back to it, and what it loads.

python -m tests.bench.start [--against DIST] [--turns N] [--slow]
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, BrowserType

from tests.bench.host import FAST_4G, LOCALHOST, SLOW_3G, Host, Line, hosted
from tests.bench.turns import Spread, in_turns, print_table, ratio
from tests.bench.visits import FLAGS, MOMENTS, OURS, SCREEN, builds, change, chromium, columns, parser, seen, visit

VISITS = ("first visit", "second visit")
N_CHANGES = 20  # by one who uses the page before coming back
PAUSE_MS = 5_000  # in which the browser writes down what it has compiled
KINDS = {
    "Python": "vendor/pyodide/",
    "memory image, NumPy": "python/",
    "charts": "vendor/plotly/",
    "MicroPython": "vendor/micropython/",
    "PyScript": "vendor/pyscript/",
    "the page": "",
}

Visit = dict[str, float]


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    options = arguments(argv)
    folders = builds(options.against)
    with chromium() as (engine, path, browser):
        if options.slow:
            first_visits(browser, folders, FAST_4G, min(3, options.turns))
            first_visits(browser, folders, SLOW_3G, 1)
            return
        for name, folder in folders.items():
            weights(browser, name, folder)
        first_visits(browser, folders, LOCALHOST, options.turns)
        returns(engine, path, folders, options.turns)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    made = parser(__doc__ or "")
    made.add_argument("--slow", action="store_true", help="over slow lines instead: 4G, slow 3G")
    return made.parse_args(argv)


def weights(browser: Browser, name: str, folder: Path) -> None:
    """What a first visit loads, by kind, as it goes over the line."""
    with hosted(folder, LOCALHOST) as host:
        context = browser.new_context(service_workers="block")  # else it begins to save the site meanwhile
        visit(context, host.address).wait_for_timeout(500)
        context.close()
    rows = {kind: weight(host, prefix) for kind, prefix in KINDS.items()}
    rows["in all"] = {key: sum(row[key] for row in rows.values()) for key in ("requests", "bytes")}
    written = {kind: {key: f"{figure:,}" for key, figure in row.items()} for kind, row in rows.items()}
    print_table(f"what a first visit loads, compressed; {name}", written)


def weight(host: Host, prefix: str) -> dict[str, int]:
    """Number and size of the files of a kind."""
    others = tuple(other for other in KINDS.values() if other)
    names = [name for name in host.sent if (name.startswith(prefix) if prefix else not name.startswith(others))]
    return {"requests": len(names), "bytes": sum(host.sent[name] for name in names)}


def first_visits(browser: Browser, folders: dict[str, Path], line: Line, n_turns: int) -> None:
    """First and second visits over a line; on this machine's also without the memory image."""
    rivals = {name: partial(first_and_second, browser, folder, line) for name, folder in folders.items()}
    if line is LOCALHOST:
        rivals[f"{OURS}, no image"] = partial(first_and_second, browser, folders[OURS], line, ("python/",))
    figures = in_turns(rivals, n_turns)
    for number, kind in enumerate(VISITS):
        compare(f"{kind}, {line.name}", {name: [pair[number] for pair in pairs] for name, pairs in figures.items()})


def first_and_second(browser: Browser, folder: Path, line: Line, hidden: tuple[str, ...] = ()) -> list[Visit]:
    """Two visits by one who was never there, to a host that was never visited."""
    with hosted(folder, line, hidden) as host:
        context = browser.new_context(viewport=SCREEN)
        pair = []
        for _ in VISITS:
            page = visit(context, host.address, line)
            pair.append(seen(page))
            page.close()
        context.close()
    return pair


def returns(engine: BrowserType, path: str, folders: dict[str, Path], n_turns: int) -> None:
    """Later visits of one who has used the page: its service worker has saved it, the browser kept compiled code."""
    with ExitStack() as stack:
        rivals = {}
        for name, folder in folders.items():
            host = stack.enter_context(hosted(folder, LOCALHOST))
            profile = stack.enter_context(tempfile.TemporaryDirectory())
            context = engine.launch_persistent_context(profile, executable_path=path, args=FLAGS, viewport=SCREEN)
            stack.callback(context.close)
            use(context, host.address)
            rivals[name] = partial(come_back, context, host.address)
        compare("return to the saved page, localhost", in_turns(rivals, n_turns))


def use(context: BrowserContext, address: str) -> None:
    """Visits the page twice, as the service worker does not answer the first visit, and uses it."""
    for _ in range(2):
        page = visit(context, address)
        page.wait_for_function("document.documentElement.dataset.offline === 'saved'")
        for number in range(N_CHANGES):
            change(page, number)
        page.wait_for_timeout(PAUSE_MS)
        page.close()


def come_back(context: BrowserContext, address: str) -> Visit:
    """One more visit."""
    page = visit(context, address)
    figures = seen(page)
    page.close()
    return figures


def compare(title: str, visits: dict[str, list[Visit]]) -> None:
    """Prints what each rival took, and the others as multiples of ours, turn by turn."""
    table = {name: columns(runs) for name, runs in visits.items()}
    n_turns = len(visits[OURS])
    rows = {name: {key: Spread.of(values) for key, values in row.items()} for name, row in table.items()}
    print_table(f"{title}, in ms; {n_turns} turns: median (middle half)", rows)
    rows = {
        name: {key: ratio(row[key], table[OURS][key]) for key in MOMENTS} for name, row in table.items() if name != OURS
    }
    if rows:
        print_table(f"{title}, in times of {OURS}", rows)


if __name__ == "__main__":
    main()
