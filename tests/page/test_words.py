"""The page's words: all in one module, that imports nothing, and none anywhere else."""

import ast
import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from page import words

PAGE = Path(__file__).resolve().parents[2] / "site" / "page"
MODULES = sorted(path.name for path in PAGE.glob("*.py") if path.name != "words.py")
LETTERS = re.compile(r"[A-Za-z]{2}")
WORDS = re.compile(
    r"^[^A-Za-z]*[A-Z][a-z]+\b"  # begins as sentences and labels do: "Copy", "Type a number."
    r"|[a-z]{2} [a-z]"  # "dropped with"
    r"|^ [a-z]+|[a-z] $"  # the middle of a sentence: " left", "was "
    r"|[a-z]\.$"  # its end
)
READ = {"alt", "aria-label", "aria-valuetext", "innerText", "textContent", "title"}  # what these hold is read or heard
NOT_READ = {"class", "className", "content"}  # attributes with words that only programs read
PROGRAMS = {"querySelector", "querySelectorAll", "closest", "matches", "getattr", "hasattr", "info"}  # and the console
ELSEWHERE = {
    "authors.py": {'{"interpreter": "./runtime/interpreter.mjs", "sync_main_only": true}'},  # a setting
    "cursor.py": {"Home", "End"},  # keys
    "files.py": {"Files"},  # the browser's name of what is dragged
    "form.py": {"input:not([type=hidden]), select, textarea"},  # what a selector selects
    "onefile.py": {'<meta name="quantlab-state" content="'},  # markup
    "paper.py": {"; return qrcode;"},  # a program's end
    "snippets.py": {
        ' height="',
        '<iframe src="',
        '<img src="',
        '<script async src="',
        'from IPython.display import IFrame\n\nIFrame("',
    },  # markup, and a program
    "start.py": {"page."},  # a package
    "views.py": {"button needs-script"},  # classes
}


def test_a_number_chooses_its_text() -> None:
    """The example in the module holds."""
    assert doctest.testmod(words).failed == 0
    assert words.counted(words.NOT_READ, 1, name="a.csv").endswith("1 more file was given with a.csv and not read.")


def test_words_are_texts_and_import_nothing() -> None:
    """So the build, both Pythons and whoever translates can read them; every text can be filled in by name."""
    tree = ast.parse((PAGE / "words.py").read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for name, held in vars(words).items():
        for text in [held] if isinstance(held, str) else held if isinstance(held, tuple) else []:
            if name.isupper():
                assert all(field != "" and not str(field).isdigit() for _, field, _, _ in Formatter().parse(text)), name


def test_every_text_is_used() -> None:
    """No text is left behind when what said it is gone."""
    used = {
        node.attr
        for path in PAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "words"
    }
    assert {name for name in vars(words) if not name.startswith("_")} == used


def parts(node: ast.AST) -> Iterator[ast.Constant]:
    """The texts of which a value is put together, or is one."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.List(elts=[one]):
            yield from parts(one)
        case ast.JoinedStr(values=values) | ast.BoolOp(values=values):
            for value in values:
                yield from parts(value)
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            yield from parts(left)
            yield from parts(right)


def names_and_values(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a piece of a program gives to attributes, by their names."""
    match node:
        case ast.Dict(keys=keys, values=values):
            yield from ((key.value, value) for key, value in zip(keys, values, strict=True) if is_text(key))
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                match target:
                    case ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                        yield name, value
                    case ast.Tuple(elts=several) if isinstance(value, ast.Tuple):
                        for one, held in zip(several, value.elts, strict=True):
                            yield from names_and_values(ast.Assign([one], held))
        case ast.Call(func=ast.Attribute(attr="setAttribute"), args=[ast.Constant(value=str(name)), value]):
            yield name, value


def is_text(node: ast.AST | None) -> bool:
    """Whether it is a text that stands in the program."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def found(program: str, elsewhere: set[str]) -> set[str]:
    """The texts of a program that somebody reads: by where they go, or by how they look."""
    nodes = list(ast.walk(ast.parse(program)))
    read: set[ast.AST] = set()
    unread: set[ast.AST] = set()
    for node in nodes:
        for name, value in names_and_values(node):
            if name in READ | NOT_READ:
                (read if name in READ else unread).update(parts(value))
        match node:
            case ast.List(elts=[ast.Constant(), ast.Dict(), *children]):  # a node for the page
                read.update(text for child in children for text in parts(child) if not isinstance(child, ast.List))
            case ast.BinOp(left=ast.List(elts=[ast.Constant(), ast.Dict(), *_]), right=children):
                read.update(parts(children))
            case ast.Expr(value=ast.Constant() as text) | ast.Subscript(slice=ast.Constant() as text):
                unread.add(text)  # a docstring, or a key
            case ast.Compare(comparators=others):
                unread.update(others)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=given) if name in PROGRAMS:
                unread.update(text for one in given for text in parts(one))
            case ast.Dict(keys=keys):
                unread.update(key for key in keys if key is not None)
    texts = {node for node in nodes if is_text(node)} - unread
    shown = {node.value for node in texts if (LETTERS if node in read else WORDS).search(node.value)}
    return shown - elsewhere


@pytest.mark.parametrize("name", MODULES)
def test_nothing_to_read_is_written_elsewhere(name: str) -> None:
    """What a visitor reads or hears is in words.py."""
    assert found((PAGE / name).read_text("utf-8"), ELSEWHERE.get(name, set())) == set()


@pytest.mark.parametrize(
    "program",
    [
        'button.textContent = "Copied"',
        'button.textContent, button.disabled = "ready", True',
        'node = ["button", button, "Show ten"]',
        'node = ["th", {"scope": "col"}, "index"]',
        'node = ["p", {}] + ["left"]',
        'attributes = {"aria-label": "bytes" if is_loading else name}',
        'attributes["title"] = "kept: " + kept',
        'slider.setAttribute("aria-valuetext", f"range at {number}")',
        'text = "Loading " + name + ", " + part + " of " + whole',
        'remarks.append(str(n) + " more files")',
        'MESSAGE = "The folder cannot be read."',
        'element.innerText = why or "unknown"',
    ],
)
def test_what_is_written_elsewhere_is_found(program: str) -> None:
    """Every way in which the page's modules have said something."""
    assert found(program, set())


@pytest.mark.parametrize(
    "program",
    [
        '"""What a module is for."""',
        'attributes = {"class": "button needs-script", "type": "button"}',
        'attributes["class"] = "card card-" + size',
        'drawn = document.querySelectorAll("[data-figure] > .chart")',
        'if event.key == "Escape":\n    leave()',
        'node = ["p", {}, words.KEEP]',
        'window.console.info("Not saved for use without a network:", str(error))',
    ],
)
def test_what_nobody_reads_is_not(program: str) -> None:
    """Classes, selectors, keys, documentation and the console."""
    assert found(program, set()) == set()
