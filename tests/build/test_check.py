from pathlib import Path

import pytest
from assembly import sizes
from assembly.check import check
from assembly.report import BuildError

GOOD = {
    "index.html": '<link rel="stylesheet" href="css/a.css"><script type="module" src="runtime/a.mjs"></script>'
    '<a href="https://example.org/paper">source</a><a href="#here" id="here">here</a><a href="#bits=4">4 bits</a>'
    '<img src="data:image/gif;base64,R0"><a href="./">home</a>'
    '<script type="mpy" config=\'{"interpreter": "./vendor/m.mjs", "files": {"./page/a.py": ""}}\'></script>',
    "css/a.css": "/* url(https://example.org) */ a { background: url('icon.svg') } b { background: url(data:x) }",
    "css/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "runtime/a.mjs": '// https://e.org\nimport { b } from "../vendor/b.js"; new URL("../vendor/", import.meta.url);',
    "vendor/b.js": 'import"./c.js";const cdn="https://cdn.example.org";import("./xterm-Bdboj2r8.js")',
    "vendor/c.js": "",
    "vendor/m.mjs": "",
    "page/a.py": '"""See https://example.org."""\nSVG = "http://www.w3.org/2000/svg"\n',
    "licences/a.txt": "https://example.org",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Writes a site."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_good_site_passes(tmp_path: Path) -> None:
    """Links to elsewhere, comments, namespaces, data addresses and chunks left out on purpose are no faults."""
    write(tmp_path, GOOD)
    check(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "index.html",
            '<script src="https://cdn.example.org/a.js"></script>',
            "index.html: loads https://cdn.example.org/a.js",
        ),
        ("index.html", '<img src="//example.org/a.png">', "loads //example.org/a.png"),
        ("index.html", '<img srcset="css/icon.svg 1x, b.png 2x">', "refers to b.png, which is not there"),
        ("index.html", '<link rel="preload" href="css/b.css">', "refers to css/b.css, which is not there"),
        ("index.html", '<a href="learn.html">', "refers to learn.html, which is not there"),
        ("index.html", '<a href="#nowhere">', "no-element-with-id#nowhere"),
        ("index.html", '<img src="/css/icon.svg">', "write it relative"),
        ("index.html", '<img src="../outside.png">', "refers to ../outside.png, which is not there"),
        (
            "index.html",
            '<script config=\'{"files": {"./page/b.py": ""}}\'></script>',
            "./page/b.py, which is not there",
        ),
        (
            "index.html",
            '<script config=\'{"interpreter": "https://e.org/p.mjs"}\'></script>',
            "loads https://e.org/p.mjs",
        ),
        ("index.html", '<script>fetch("https://e.org/x")</script>', "names the address https://e.org/x"),
        ("index.html", "<style>a { background: url(b.png) }</style>", "refers to b.png, which is not there"),
        ("css/a.css", "a { background: url(https://example.org/a.png) }", "css/a.css: loads https://example.org/a.png"),
        ("css/a.css", '@import "b.css";', "refers to b.css, which is not there"),
        ("runtime/a.mjs", 'fetch("https://example.org/x")', "names the address https://example.org/x"),
        ("runtime/a.mjs", 'import "./absent.mjs"', "refers to ./absent.mjs, which is not there"),
        ("runtime/a.mjs", 'await import("../vendor/xterm-Bdboj2r8.js")', "xterm-Bdboj2r8.js, which is not there"),
        ("vendor/b.js", 'import"./absent.js"', "vendor/b.js: refers to ./absent.js, which is not there"),
        (
            "vendor/pyodide-lock.json",
            '{"packages": {"n": {"file_name": "n.whl"}}}',
            "refers to n.whl, which is not there",
        ),
        ("page/a.py", 'HOST = "wss://example.org/live"', "page/a.py: names the address wss://example.org/live"),
        ("app.webmanifest", '{"start_url": "https://example.org/"}', "names the address https://example.org/"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, name: str, text: str, fault: str) -> None:
    """Whatever leads out, or nowhere, stops the build and is named with its file."""
    write(tmp_path, {**GOOD, name: text})
    (tmp_path.parent / "outside.png").write_text("")
    with pytest.raises(BuildError) as caught:
        check(tmp_path)
    assert fault in str(caught.value)
    assert str(caught.value).count("\n") == 1


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """One build tells everything that is to be mended."""
    write(tmp_path, {**GOOD, "index.html": '<img src="a.png"><img src="b.png">'})
    with pytest.raises(BuildError, match=r"(?s)a\.png.*b\.png"):
        check(tmp_path)


def test_sizes_are_of_what_goes_over_the_wire(tmp_path: Path) -> None:
    """A part's size is that of its files, compressed one by one."""
    write(tmp_path, {"vendor/one/a.js": "a" * 100_000, "vendor/one/deep/b.js": "b", "index.html": "c" * 10})
    parts = sizes.weigh(tmp_path)
    assert parts["vendor/one"][0] == 100_001
    assert 100 < parts["vendor/one"][1] < 300
    assert parts["index.html"][0] == 10


@pytest.mark.parametrize(("name", "n_bytes"), [("page/a.bin", 1_000_001), ("vendor/other/a.bin", 12_750_001)])
def test_a_site_over_its_budget_is_refused(tmp_path: Path, name: str, n_bytes: int) -> None:
    """More than 12.75 MB in all, or 1 MB before the page answers, stops the build."""
    import random

    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(random.Random(0).randbytes(n_bytes))
    with pytest.raises(BuildError, match="heavier than its budget"):
        sizes.check_sizes(tmp_path)
