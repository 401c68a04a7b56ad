"""What CONTRIBUTING.md says of an addition: the files that it names are all that it takes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSTRUMENT = """
from ..answer_types import Figure
from ..drawing import figure
from ..explanation.table import table
from ..results.result import Result
from .instrument import Instrument


def build(result: Result) -> Instrument:
    drawn: Figure = figure.figure([figure.lines([0, 1], [0, 1], figure.VALUE, "all")], figure.layout("x", "y"))
    return Instrument("Nothing yet.", drawn, table("Nothing", [], []))
"""
READER = """
import numpy as np

from .contents import Entry


def read_dummy(data):
    return [Entry("dummy", (2,), "float64", lambda: np.array([1.5, 2.5]))]
"""
ADDITIONS: dict[str, dict[str, str]] = {  # section: what is added at the end of which files
    "An instrument": {
        "site/lab/instruments/dummy.py": INSTRUMENT,
        "site/lab/instruments/__init__.py": """
from . import dummy

INSTRUMENTS["dummy"] = Entry(title="The dummy", group="error", build=dummy.build, size=Size.HALF)
""",
    },
    "A field": {
        "site/lab/request/fields/arithmetic.py": """
ARITHMETIC = (
    *ARITHMETIC,
    Field(name="dummy", label="Dummy", hint="Nothing.", kind=Kind.INTEGER, default="1", low=1, high=3),
)
""",
        "site/lab/request/options.py": """
_read_others = read_questions


def read_questions(reader, *more):
    reader.number("dummy")
    return _read_others(reader, *more)
""",
    },
    "A toolkit": {
        "quantcore/toolkits/arithmetic.py": """
from dataclasses import replace

ARITHMETICS = MappingProxyType(
    {**ARITHMETICS, "dummy": replace(ARITHMETICS["onnx"], name="dummy", rounding="floor")}
)
""",
        "quantcore/toolkits/choosing.py": """
from dataclasses import replace

TOOLKITS = MappingProxyType({**TOOLKITS, "dummy": replace(TOOLKITS["onnx"], name="dummy", arithmetic="dummy")})
""",
        "site/lab/request/fields/profiles.py": """
from dataclasses import replace

PROFILES["dummy"] = replace(
    PROFILES["onnx"],
    label="The dummy",
    arithmetic="dummy",
    toolkit="dummy",
    defaults={**TOOLKIT_DEFAULTS, "rounding": "floor"},
)
""",
    },
    "A number format": {
        "quantcore/formats/floats.py": """
FLOATS = (
    *FLOATS,
    FloatFormat(
        name="dummy",
        label="Dummy",
        exponent_bits=1,
        mantissa_bits=1,
        bias=0,
        infinities=False,
        nans=Nans.NONE,
        source="none",
    ),
)
""",
    },
    "A block format": {
        "quantcore/blocks/microscaling.py": """
from dataclasses import replace

MICROSCALED = (*MICROSCALED, replace(MXFP4, name="dummy", label="Dummy", block_size=4))
""",
    },
    "A program to copy": {
        "site/lab/programs/dummy.py": """
def dummy(case):
    return "print('dummy')"
""",
        "site/lab/programs/__init__.py": """
from .dummy import dummy

KINDS["dummy"] = Program("The dummy", dummy)
""",
    },
    "A file reader": {
        "site/lab/data/files/dummy.py": READER,
        "site/lab/data/files/readers.py": """
from . import dummy

ENDINGS = (*ENDINGS, ".dummy")
_found_before = _found


def _found(name, data):
    return dummy.read_dummy(data) if name.endswith(".dummy") else _found_before(name, data)
""",
    },
    "A convention of model files": {
        "site/lab/models/conventions/dummy.py": """
from .logical import Convention, Made
from .values import Plain


def _build(found, config):
    return Made(found[".dummies"].shape, "Dummy", Plain(found[".dummies"]))


DUMMY = Convention("dummy", "Dummy", (), "Numbers as they are.", "none", (".dummies",), (), _build)
""",
        "site/lab/models/conventions/table.py": """
from .dummy import DUMMY

_ALL = (*_ALL, DUMMY)
""",
    },
    "A kind of download": {
        "site/lab/exports/export.py": """
EXPORTS["dummy.csv"] = Export("The dummy", lambda result: b"dummy")
""",
    },
}
CHECKS = {  # section: what a program with the addition finds, and what the pages hold
    "An instrument": (
        "answer = lab.answer({'show': 'dummy'})\n"
        "assert 'dummy' in answer['figures']\n"
        "assert [item['title'] for item in answer['instruments'] if item['applies']] == ['The dummy']",
        {
            "index.html": 'data-instrument="dummy" id="instrument-dummy"',
            "authors.html": '<input type="checkbox" name="show" value="dummy"> The dummy <code>dummy</code>',
        },
    ),
    "A field": (
        "assert lab.answer({'dummy': '2'})['request']['dummy'] == '2'\n"
        "assert [error['field'] for error in lab.answer({'dummy': '4'})['errors']] == ['dummy']",
        {
            "index.html": '<div class="field" data-field="dummy">',
            "embed.html": '<div class="field" data-field="dummy">',
        },
    ),
    "A toolkit": (
        "import quantcore as qc\n"
        "params = qc.choose_qparams([0.0, 255.0], qc.UINT8, toolkit='dummy')\n"
        "assert qc.quantize([1.9], params, arithmetic='dummy').tolist() == [1]\n"
        "assert lab.answer({'profile': 'dummy', 'values': '0, 1.9, 255', 'signed': '0'})['codes'] == [0, 1, 255]",
        {
            "index.html": '<option value="dummy">The dummy</option>',
            "embed.html": '<option value="dummy">The dummy</option>',
        },
    ),
    "A number format": (
        "import quantcore as qc\n"
        "assert qc.FORMATS['dummy'].values.tolist() == [0, 1, 2, 3, 0, -1, -2, -3]\n"
        "assert qc.decode(qc.encode([-9, 1.4, 2.6], 'dummy'), 'dummy').tolist() == [-3, 1, 3]\n"
        "answer = lab.answer({'format': 'dummy', 'values': '-9, 1.4, 2.6'})\n"
        "assert (answer['codes'], answer['dequantized']) == ([7, 1, 3], [-3, 1, 3])\n"
        "assert 'staircase' in answer['figures']",
        {
            "index.html": '<option value="dummy">Dummy, 3 bits</option>',
            "embed.html": '<option value="dummy">Dummy, 3 bits</option>',
        },
    ),
    "A block format": (
        "import numpy as np, quantcore as qc\n"
        "stored = qc.store([1.0, 2, 3, 4.1, 0, 0, 0, 0.5], 'dummy')\n"
        "assert qc.restore(stored).tolist() == [1, 2, 3, 4, 0, 0, 0, 0.5]\n"
        "assert qc.trace_stored(stored, 3, [1.0, 2, 3, 4.1, 0, 0, 0, 0.5])['scaled'].value == np.float32(4.1)\n"
        "assert len(stored.to_bytes()) == 2 * (4 * 4 // 8 + 1)\n"
        "answer = lab.answer({'format': 'dummy', 'values': '1, 2, 3, 4.1'})\n"
        "assert (answer['dequantized'], answer['stored']['bits_per_value']) == ([1, 2, 3, 4], 6)\n"
        "assert 'staircase' in answer['figures']",
        {
            "index.html": '<option value="dummy">Dummy, 6 bits</option>',
            "embed.html": '<option value="dummy">Dummy, 6 bits</option>',
        },
    ),
    "A program to copy": (
        "assert lab.answer({})['code']['dummy'] == \"print('dummy')\"",
        {"index.html": '<figure class="snippet" data-kind="dummy"><figcaption><span>The dummy'},
    ),
    "A file reader": (
        "from lab.data.files.readers import read_contents\n"
        "[entry] = read_contents('numbers.dummy', b'xyz').entries\n"
        "assert entry.read().tolist() == [1.5, 2.5]",
        {"index.html": ".txt,.dummy,image/*"},
    ),
    "A convention of model files": (
        "import json\n"
        "from lab.data.store import Store\n"
        "header = json.dumps({'w.dummies': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}}).encode()\n"
        "loaded = Store().load('m.safetensors', len(header).to_bytes(8, 'little') + header + bytes(8))\n"
        "assert [(one['name'], one['dtype']) for one in loaded['arrays']] == [('w.weight', 'Dummy')]",
        {},
    ),
    "A kind of download": (
        "assert lab.export({}, 'dummy.csv')['data'] == 'ZHVtbXk='",
        {"index.html": 'data-action="export" data-kind="dummy.csv">The dummy</button>'},
    ),
}
RENDER = "from assembly import prerender; prerender.main(sorted(map(str, Path('site').glob('*.html'))))"


@pytest.fixture
def guide(root: Path) -> str:
    """Gives the text of CONTRIBUTING.md."""
    return (root / ".github" / "CONTRIBUTING.md").read_text("utf-8")


def sections(guide: str) -> dict[str, list[str]]:
    """Returns the files that each "how to add" names first in its lines, without tests."""
    found: dict[str, list[str]] = {}
    for section in guide.partition("## How to add something")[2].partition("\n## ")[0].split("\n### ")[1:]:
        title, _, text = section.partition("\n")
        places = re.findall(r"^- `([^`]+)`", text, re.MULTILINE)
        assert places[-1].startswith("tests/")
        found[title] = [place.replace("NAME", "dummy") for place in places if not place.startswith("tests/")]
    return found


def test_every_section_is_tried(guide: str) -> None:
    """What can be added is added here, by the files that are named and no other."""
    assert sections(guide) == {title: list(files) for title, files in ADDITIONS.items()}


@pytest.mark.parametrize("title", ADDITIONS)
def test_the_files_of_a_section_are_enough(root: Path, tmp_path: Path, title: str) -> None:
    """With the additions in these files alone, the lab answers with them and the pages show them."""
    for name in ("quantcore", "site"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "media"))
    for place, text in ADDITIONS[title].items():
        with (tmp_path / place).open("a", encoding="utf-8") as file:
            file.write(text)
    check, shown = CHECKS[title]
    program = f"import sys\nfrom pathlib import Path\nsys.path[:0] = ['.', 'site']\nimport lab\n{check}\n{RENDER}"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page, text in shown.items():
        assert text in (tmp_path / "site" / page).read_text("utf-8"), page


def test_the_places_are_there(root: Path, guide: str) -> None:
    """Every file and folder that the guide names is there, but for those that are to be added."""
    places = re.findall(r"`((?:site|quantcore|tests|\.github)/[^`]*)`", guide)
    assert len(places) > 15
    assert [place for place in places if "NAME" not in place and not (root / place).exists()] == []
