"""Makes one file of a page's Python: its program, and in front of it the modules that its configuration names.

A page then asks for one file where it would ask for twenty, each of which costs the browser and the line some time.
"""

import html
import json
import re
from pathlib import Path

from assembly.report import BuildError

SCRIPT = re.compile(r"""<script type="mpy" src="([^"]+)" config='([^']+)'""")
PROGRAM = """\
def _provide(modules):
    import os

    os.mkdir({package!r})
    for place, text in modules.items():
        with open(place, "w") as file:
            file.write(text)


_provide({modules!r})
{program}"""


def make(folder: Path) -> None:
    """Rewrites the pages of `folder`, and the programs that they name; modules of their own they then need no more.

    Raises:
        BuildError: Two pages give the same program different modules.
    """
    programs: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.html")):
        page = path.read_text("utf-8")
        if found := SCRIPT.search(page):
            program, config = found[1], json.loads(html.unescape(found[2]))
            files = config.pop("files")
            if programs.setdefault(program, files) != files:
                raise BuildError(f"{path.name} gives {program} other files than another page does.")
            path.write_text(page.replace(found[2], json.dumps(config), 1), "utf-8")
    for program, files in programs.items():
        modules = {place: (folder / source).read_text("utf-8") for place, source in files.items()}
        [package] = {place.removeprefix("./").partition("/")[0] for place in modules}
        text = (folder / program).read_text("utf-8")
        (folder / program).write_text(PROGRAM.format(package=package, modules=modules, program=text), "utf-8")
    for source in {source for files in programs.values() for source in files.values()}:
        (folder / source).unlink()
