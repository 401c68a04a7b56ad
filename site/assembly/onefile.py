"""Writes dist/quantization-lab.html: the laboratory in one file, to be opened from a disk without a server.

Styles and small scripts are written into the page; all else that it loads stands at its end in blocks of base64, which
site/runtime/ground.js gives to whoever asks. The text and the example are in front, so that they show at once. Python
starts the plain way there: its memory image would not fit into the file's budget beside the files that it replaces.
"""

import base64
import gzip
import html
import re
from collections.abc import Iterator
from pathlib import Path

from assembly.report import BuildError, size, stage

NAME = "quantization-lab.html"
BUDGET = 16_000_000
GROUND = "runtime/ground.js"
FILES = ("lab.zip", "page/*.py", "runtime/*.mjs", "runtime/*.py", "vendor/**/*")
WITHOUT = ("qrcode",)  # folders of vendor/: a link to a file on a disk is of no use elsewhere
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "connect-src data: blob:; base-uri 'none'; form-action 'none'"
)
STATE = '<meta name="quantlab-state" content="">'  # page/actions.py writes the state of the moment into it
UNREACHABLE = "[data-served], a[href$='.html'], li:has(> a[href$='.html']) { display: none !important }"
TYPES = {
    ".json": "application/json",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".py": "text/plain",
    ".wasm": "application/wasm",
}
PACKED = 0.9  # of its size, at most, if compressing a file is to be worth it

HEAD = re.compile(r'<meta charset="utf-8">\n')
RULES = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?')
HINT = re.compile(r'<link rel="(?:manifest|modulepreload|preload|prefetch)"[^>]*>\n?')
ICON = re.compile(r'<link rel="icon" href="([^"]+)" type="([^"]+)">')
STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
FONT = re.compile(r'url\("([^"]+\.woff)"\)')
MODULE = re.compile(r'<script type="module" src="([^"]+)"></script>\n?')
SCRIPT = re.compile(r'<script src="([^"]+)"></script>')
LICENCES = re.compile(r'<a href="licences/index\.txt">')


def write(folder: Path) -> None:
    """Makes the one file from a finished dist/.

    Raises:
        BuildError: It is too large.
    """
    target = folder / NAME
    target.write_text(whole((folder / "index.html").read_text("utf-8"), folder), "utf-8")
    weight = target.stat().st_size
    stage("One file", f"{NAME}, {size(weight)} of {size(BUDGET)}")
    if weight > BUDGET:
        raise BuildError(f"{NAME} is larger than its budget: {size(weight)} of {size(BUDGET)}.")


def whole(page: str, folder: Path) -> str:
    """Returns the page with all that it loads written into it."""

    def text(place: str) -> str:
        return (folder / place).read_text("utf-8")

    def icon(found: re.Match[str]) -> str:
        content = base64.b64encode((folder / found[1]).read_bytes()).decode()
        return f'<link rel="icon" href="data:{found[2]};base64,{content}">'

    def font(found: re.Match[str]) -> str:
        content = base64.b64encode((folder / "css" / found[1]).read_bytes()).decode()
        return f"url(data:font/woff;base64,{content})"

    modules = " ".join(MODULE.findall(page))
    page = page.replace("<html ", "<html data-one-file ", 1)
    page = RULES.sub("", page)
    page = HEAD.sub(
        lambda found: f'{found[0]}{STATE}\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n', page
    )
    page = HINT.sub("", MODULE.sub("", page))
    page = ICON.sub(icon, page)
    page = STYLE.sub(lambda found: f"<style>\n{FONT.sub(font, text(found[1]))}</style>", page)
    page = SCRIPT.sub(lambda found: f"<script>\n{text(found[1])}</script>", page)
    page = LICENCES.sub('<a href="#licences">', page)
    ends = [*licences(folder), *blocks(folder), f'<script data-modules="{modules}">\n{text(GROUND)}</script>']
    page = page.replace("</head>", f"<style>{UNREACHABLE}</style>\n</head>", 1)
    return page.replace("</body>", "\n".join([*ends, "</body>"]), 1)


def licences(folder: Path) -> Iterator[str]:
    """Gives the licence texts, which come with every copy."""
    paths = sorted(path for path in (folder / "licences").rglob("*") if path.is_file())
    yield '<section class="colophon" id="licences"><h2>Licences and notices</h2>'
    for path in paths:
        place = path.relative_to(folder / "licences").as_posix()
        text = html.escape(path.read_text("utf-8"))
        yield f"<details><summary>{html.escape(place)}</summary><pre>{text}</pre></details>"
    yield "</section>"


def blocks(folder: Path) -> Iterator[str]:
    """Gives the site's files, small ones first."""
    paths = {path for pattern in FILES for path in folder.glob(pattern) if path.is_file()}
    paths = {path for path in paths if path.parent.name not in WITHOUT}
    for path in sorted(paths, key=lambda path: (path.stat().st_size, path)):
        content = path.read_bytes()
        packed = gzip.compress(content, 9, mtime=0)
        is_packed = len(packed) < PACKED * len(content)
        attributes = {
            "type": "application/octet-stream",
            "data-file": path.relative_to(folder).as_posix(),
            "data-type": TYPES.get(path.suffix, "application/octet-stream"),
            "data-size": len(content),
            **({"data-packed": ""} if is_packed else {}),
        }
        written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        yield f"<script {written}>{base64.b64encode(packed if is_packed else content).decode()}</script>"
