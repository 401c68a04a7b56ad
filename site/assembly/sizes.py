"""Measures what dist/ weighs on the wire, and holds it to its budgets."""

import gzip
from fnmatch import fnmatch
from pathlib import Path

from assembly import offline
from assembly.report import BuildError, size

BUDGET = 12_750_000  # what a visit loads, compressed; 25 kB of it are the font of the formulas, read on every page
BUDGET_INTERACTIVE = 600_000  # what of it the page needs before it answers
INTERACTIVE = ("index.html", "css", "page", "runtime", "vendor/pyscript", "vendor/micropython")
SELDOM = "seldom loaded"  # read by people, on paper, or by Python where it cannot start from its memory image
SELDOM_PATTERNS = (
    "licences/*",
    "lab.zip",
    "vendor/pyodide/python_stdlib.zip",
    "vendor/pyodide/*.whl",
    "vendor/pyodide/*.json",
    "vendor/qrcode/*",
    "sw.js",
    *offline.TO_TAKE,
)


def check_sizes(folder: Path) -> None:
    """Prints the weight of each part.

    Raises:
        BuildError: A budget is exceeded.
    """
    parts = weigh(folder)
    for part, (plain, compressed) in sorted(parts.items(), key=lambda item: -item[1][1]):
        print(f"  {part:<24}{size(plain):>12}{size(compressed):>12} compressed")
    total = sum(compressed for part, (_, compressed) in parts.items() if part != SELDOM)
    interactive = sum(compressed for part, (_, compressed) in parts.items() if part in INTERACTIVE)
    print(f"  {'a visit':<24}{'':>12}{size(total):>12} of {size(BUDGET)}")
    print(f"  {'before it answers':<24}{'':>12}{size(interactive):>12} of {size(BUDGET_INTERACTIVE)}")
    if total > BUDGET or interactive > BUDGET_INTERACTIVE:
        raise BuildError("the site is heavier than its budget; the table above says where it is.")


def weigh(folder: Path) -> dict[str, tuple[int, int]]:
    """Returns the plain and the compressed size of each part: a file, a folder, a folder of vendor/, seldom loaded."""
    parts: dict[str, tuple[int, int]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            place = path.relative_to(folder).parts
            part = "/".join(place[:2]) if place[0] == "vendor" else place[0]
            if any(fnmatch("/".join(place), pattern) for pattern in SELDOM_PATTERNS):
                part = SELDOM
            plain, compressed = parts.get(part, (0, 0))
            content = path.read_bytes()
            parts[part] = plain + len(content), compressed + len(gzip.compress(content, 6))
    return parts
