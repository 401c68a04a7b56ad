"""Programs that read a tensor: they compile, quote names, and those in NumPy alone give what the library decodes."""

import ast
import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab.data.store import STORE
from lab.inspection.programs import paths_of, program_of
from lab.inspection.programs_of_checkpoints import WRITERS
from lab.models.conventions.table import CONVENTIONS
from lab.models.reading.source import BytesSource

from quantcore import QuantError
from tests.lab.data.test_model_files import sources
from tests.lab.inspection.test_questions import answer_to
from tests.lab.models.files import FOLDER, NAMES, expected, gguf, safetensors

LIBRARIES = {"gguf", "torch", "safetensors", "onnx", "ai_edge_litert", "bitsandbytes", "torchao", "mlx"}
UNDECODED = {"Q1_0", "Q2_0"}
"""Types whose values gguf-py 0.19.0 does not give."""


def program(name: str, tensor: str) -> str:
    """The text of a program for an open file, which compiles."""
    _, text = program_of({"file": name, "file_sha256": "", "tensor": tensor})
    compile(text, "program", "exec")
    return text


def constants(text: str) -> set[str]:
    """The texts of a program."""
    found = (one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant))
    return {value for value in found if isinstance(value, str)}


def run(text: str) -> tuple[Any, str]:
    """What a program computes, and what it prints."""
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(text, names)
    return names["x"], printed.getvalue()


def needs(text: str) -> set[str]:
    """The libraries beside NumPy that a program needs."""
    imported = [one for one in ast.walk(ast.parse(text)) if isinstance(one, (ast.Import, ast.ImportFrom))]
    modules = [one.module or "" if isinstance(one, ast.ImportFrom) else one.names[0].name for one in imported]
    return {module.partition(".")[0] for module in modules} & LIBRARIES


@pytest.mark.parametrize("name", [*NAMES, "types.onnx", "nbits.onnx", "types.tflite"])
def test_programs_give_what_the_library_decodes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every tensor there is a program; it names file and tensor, prints the shape, and computes the numbers."""
    monkeypatch.chdir(FOLDER)
    loaded = STORE.open(name, sources(name))
    wanted = expected(name)
    for array in loaded["arrays"]:
        if array["dtype"] in UNDECODED:
            with pytest.raises(QuantError, match="Take the decoded numbers"):
                program(name, array["name"])
            continue
        text = program(name, array["name"])
        assert name in constants(text)
        if needs(text):
            continue
        x, printed = run(text)
        assert printed.startswith(f"{tuple(array['shape'])}\n")
        assert np.array_equal(x, wanted[array["name"]], equal_nan=True), array


def test_every_convention_has_a_program() -> None:
    """No convention is without one."""
    assert set(WRITERS) == {*CONVENTIONS, "plain"}


@pytest.mark.parametrize("name", ["a'b\"c", "'''\nimport os\n'''", "\\", "{x}", "a#b", "é\u2028"])
def test_names_are_quoted(name: str) -> None:
    """Whatever a file and a tensor are called, a program has the names as texts and nothing else of them."""
    STORE.open(f"{name}.gguf", {f"{name}.gguf": BytesSource(gguf([(name, (1, 32), 0, 0, bytes(128))]))})
    assert {name, f"{name}.gguf"} <= constants(program(f"{name}.gguf", name))
    parts = {f"{name}.weight": ("F8_E4M3", (1, 2), b"\x38\x40"), f"{name}.weight_scale": ("F32", (1,), b"\0\0\0@")}
    STORE.open(f"{name}.safetensors", {f"{name}.safetensors": BytesSource(safetensors(parts))})
    assert {*parts, f"{name}.safetensors"} <= constants(program(f"{name}.safetensors", f"{name}.weight"))


def test_shards_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of one shard reads the tensor of whichever shard holds it, also where its name has a glob's marks."""
    monkeypatch.chdir(tmp_path)
    names = [f"m[1]-0000{i}-of-00002.safetensors" for i in (1, 2)]
    shards = {
        names[0]: safetensors({"a": ("F32", (1,), bytes(4))}),
        names[1]: safetensors(
            {"w.weight": ("F8_E4M3", (1, 2), b"\x38\x40"), "w.weight_scale": ("F32", (1,), b"\0\0\0@")}
        ),
    }
    for name, data in shards.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "m1-00001-of-00002.safetensors").write_bytes(b"")
    STORE.open(names[0], {name: BytesSource(data) for name, data in shards.items()})
    assert eval(paths_of(names[0]), {"Path": Path}) == [Path(name) for name in names]
    x, _ = run(program(names[0], "w.weight"))
    assert x.tolist() == [[2, 4]]


def test_a_program_is_shown_and_saved() -> None:
    """The answer has the code with a button that copies it, and the file is the same text."""
    name = "gptq-v1-4bit.safetensors"
    loaded = STORE.open(name, sources(name))
    question = {"file": name, "file_sha256": "", "tensor": loaded["arrays"][0]["name"]}
    shown = answer_to({**question, "ask": "program"})
    text = shown["data"]["program"]
    figure = next(node for node in shown["nodes"] if node[0] == "figure")
    assert figure[-1] == ["pre", {"tabindex": "0"}, ["code", {}, text]]
    assert figure[2][3][1]["data-action"] == "copy"
    made = answer_to({**question, "ask": "py"})["file"]
    assert (made["name"], b"".join(made["pieces"]).decode()) == (f"{question['tensor']}.py", text)
