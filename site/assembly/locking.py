"""Makes the lock of the Python packages: the digests of every wheel that a Python of ours may pick on any machine.

Pip prints no list of these, so its own parts are asked, which know the index, its form and this machine's settings. Run
by `build.py lock` under .venv's Python:

    python -m assembly.locking FILE NAME==VERSION ...
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector, parse_links
from pip._internal.models.link import Link
from pip._vendor.packaging.tags import Tag
from pip._vendor.packaging.utils import parse_wheel_filename

from assembly import files

TITLE = "# The digests of the wheels that pyproject.toml pins, for all machines. Made by: python3 build.py lock\n\n"
OLDEST = 11  # the minor version of the oldest Python 3 that we run on


def main(path: str, *requirements: str) -> int:
    """Writes the lock; returns the exit status, with the reason on the error output."""
    locked = []
    for requirement in sorted(requirements):
        name, version = requirement.split("==")
        digests = sorted({link.hash for link in wheels(name, version) if link.hash})
        if not digests:
            print(f"the index has no wheel of {requirement} with a digest", file=sys.stderr)
            return 1
        locked.append(" \\\n".join([requirement, *(f"    --hash=sha256:{digest}" for digest in digests)]) + "\n")
    files.write(Path(path), (TITLE + "".join(locked)).encode())
    return 0


def wheels(name: str, version: str) -> Iterator[Link]:
    """Gives the wheels of a package that a Python of ours may pick."""
    for link in links(name):
        if link.filename.endswith(".whl") and link.hash_name == "sha256":
            _, found, _, tags = parse_wheel_filename(link.filename)
            if str(found) == version and any(is_ours(tag) for tag in tags):
                yield link


def links(name: str) -> Iterator[Link]:
    """Gives the files of a package in the index, not those of the other places that this machine's settings name."""
    command = create_command("index")
    options, _ = command.parse_args([])
    options.extra_index_urls, options.find_links = [], []
    with command.main_context():
        collector = LinkCollector.create(command.get_default_session(options), options)  # type: ignore[attr-defined]
        for address in collector.search_scope.get_index_urls_locations(name):
            if page := collector.fetch_response(Link(address)):
                yield from parse_links(page)


def is_ours(tag: Tag) -> bool:
    """Tells whether CPython 3.11 or a newer one takes wheels with such a tag, on some machine.

    >>> [is_ours(Tag(*text.split("-"))) for text in ("py3-none-any", "cp310-cp310-win32", "cp38-abi3-win32")]
    [True, False, True]
    """
    kind, version = tag.interpreter[:2], tag.interpreter[2:]
    if kind == "py":
        return version.startswith("3")
    return kind == "cp" and version.startswith("3") and (tag.abi == "abi3" or int(version[1:]) >= OLDEST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
