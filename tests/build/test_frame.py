"""What all pages have in common: written once, into every page, with the modules that its program imports."""

import json
import re
from pathlib import Path

import pytest
from assembly import frame

PAGES = ("authors.html", "embed.html", "index.html", "learn.html")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Gives a page whose program imports one module directly and another through it, late."""
    (tmp_path / "page").mkdir()
    for name, text in {
        "__init__": "",
        "program": "from page import first\n",
        "first": "import json\n\n\ndef later():\n    from page.second import Thing\n",
        "second": "main = __import__('page.third').main\n",
        "third": "",
        "unused": "",
    }.items():
        (tmp_path / "page" / f"{name}.py").write_text(text)
    (tmp_path / "a.html").write_text("<head><!--frame:head--></head><!--frame:python page/program.py-->")
    (tmp_path / "b.html").write_text("<!--frame:python page/program.py runtime/worker.py-->")
    return tmp_path


def test_a_program_gets_the_modules_that_it_imports(site: Path) -> None:
    """Modules that are imported by others, or inside a function, are there; those that nobody imports are not."""
    frame.write(site)
    page = (site / "a.html").read_text()
    [config] = re.findall(r"""<script type="mpy" src="page/program.py" config='([^']+)'>""", page)
    files = json.loads(config)["files"]
    assert list(files.values()) == [f"page/{name}.py" for name in ("__init__", "first", "second", "third")]
    assert all(place == f"./{source}" for place, source in files.items())
    assert 'name="lab"' not in page


def test_a_worker_is_started_where_one_is_named(site: Path) -> None:
    """Its element stands before the page's own program, so that it is fetched first."""
    frame.write(site)
    page = (site / "b.html").read_text()
    assert 0 < page.index('<script type="py" worker name="lab" src="runtime/worker.py"') < page.index('type="mpy"')


def test_a_module_that_is_not_there_stops_the_build(site: Path) -> None:
    """A misspelt import is found before any browser runs."""
    (site / "page" / "third.py").write_text("from page import nothing\n")
    with pytest.raises(FileNotFoundError, match=r"nothing\.py"):
        frame.write(site)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_says_it_itself(root: Path, name: str) -> None:
    """Every page of the site has the places, and nothing of what is written there."""
    page = (root / "site" / name).read_text("utf-8")
    assert [place[1] for place in frame.PLACE.finditer(page)] == ["head", "python"]
    for text in ("Content-Security-Policy", "py-config", "viewport", "css/base.css", "micropython"):
        assert text not in page


def test_every_module_of_the_page_is_used(root: Path) -> None:
    """The programs of the pages import all modules there are."""
    places = [frame.PLACE.findall((root / "site" / name).read_text("utf-8"))[1][1] for name in PAGES]
    used = {module for place in places for module in frame.modules(root / "site", place.split()[0])}
    assert used == {f"page/{path.name}" for path in (root / "site" / "page").glob("*.py")}
