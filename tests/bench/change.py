"""How fast the built page answers a change, by the number of values, and what its tab holds as changes go on.

python -m tests.bench.change [--against DIST] [--turns N]
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import Browser, Page

from tests.bench.host import LOCALHOST, hosted
from tests.bench.turns import Spread, in_turns, print_table, ratio, written
from tests.bench.visits import OURS, SCREEN, builds, change, chromium, parser, visit

N_FIRST = 10  # changes in which the browser compiles
N_KEPT = 100  # changes between two looks at the memory
SIZES = {"3": "", "1,000": "shape=20,50", "10,000": "shape=100,100", "1,000,000": "shape=1000,1000"}


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    made = parser(__doc__ or "")
    made.set_defaults(turns=25)
    options = made.parse_args(argv)
    folders = builds(options.against)
    with chromium() as (_, _, browser):
        changes(browser, folders, options.turns)
        for name, folder in folders.items():
            memory(browser, name, folder)


def address(host: str, shape: str) -> str:
    """The page with the worked example or, with a shape, random numbers."""
    return f"{host}#profile=onnx" + (f"&source=normal&{shape}" if shape else "")


def changes(browser: Browser, folders: dict[str, Path], n_turns: int) -> None:
    """From the change of a control to the redrawn mapping and figures, and to the whole page redrawn and published."""
    times: dict[str, dict[str, object]] = {}
    ratios: dict[str, dict[str, object]] = {}
    for size, shape in SIZES.items():
        with ExitStack() as stack:
            rivals = {}
            for name, folder in folders.items():
                host = stack.enter_context(hosted(folder, LOCALHOST))
                context = browser.new_context(viewport=SCREEN)
                stack.callback(context.close)
                rivals[name] = partial(next_change, visit(context, address(host.address, shape)), count())
            first, later = in_turns(rivals, N_FIRST), in_turns(rivals, n_turns)
        for part, moment in enumerate(("screen", "page")):
            early, late = ({name: [pair[part] for pair in runs[name]] for name in rivals} for runs in (first, later))
            for name in rivals:
                times[f"{size} values, {moment}, {name}"] = {
                    f"first {N_FIRST}": Spread.of(early[name]),
                    "then": Spread.of(late[name]),
                    "95th percentile": written(quantiles(late[name], n=20, method="inclusive")[-1]),
                }
                if name != OURS:
                    ratios[f"{size} values, {moment}, {name}"] = {
                        f"first {N_FIRST}": ratio(early[name], early[OURS]),
                        "then": ratio(late[name], late[OURS]),
                        "quietest": written(min(late[name]) / min(late[OURS])),
                    }
    print_table(f"from a change to what shows it, in ms; {n_turns} turns: median (middle half)", times)
    if ratios:
        print_table(f"from a change to what shows it, in times of {OURS}", ratios)


def next_change(page: Page, numbers: "count[int]") -> tuple[float, float]:
    """Brings the page to the front, as only that is drawn, and makes one more change."""
    page.bring_to_front()
    return change(page, next(numbers))


def memory(browser: Browser, name: str, folder: Path) -> None:
    """What the tab holds as one control goes back and forth."""
    rows = {}
    with hosted(folder, LOCALHOST) as host:
        context = browser.new_context()
        page = visit(context, address(host.address, SIZES["1,000"]))
        session = context.new_cdp_session(page)
        for n_changes in range(0, 4 * N_KEPT, N_KEPT):
            for number in range(N_KEPT if n_changes else 0):
                change(page, number)
            session.send("HeapProfiler.collectGarbage")
            counters = session.send("Memory.getDOMCounters")
            rows[f"after {n_changes} changes"] = {
                "page's heap, MB": written(session.send("Runtime.getHeapUsage")["usedSize"] / 1e6),
                "process, MB": written(resident(browser) / 1e6),
                "nodes": f"{counters['nodes']:,}",
                "listeners": f"{counters['jsEventListeners']:,}",
            }
        context.close()
    print_table(f"memory, {name}", rows)


def resident(browser: Browser) -> int:
    """Memory of the largest renderer process, in bytes, with what its worker holds; 0 where /proc is not."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    status = [Path(f"/proc/{process['id']}/statm") for process in processes if process["type"] == "renderer"]
    return max((int(path.read_text().split()[1]) * 4096 for path in status if path.exists()), default=0)


if __name__ == "__main__":
    main()
