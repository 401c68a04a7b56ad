"""Programs for the values of a file read it with the library that reads such files, and give the page's codes."""

import importlib.util
import io
import sys
import types
from collections.abc import Callable
from typing import Any

import lab
import numpy as np
import pytest
from lab.data.store import STORE
from lab.exports.export import EXPORTS
from lab.models.reading.source import BytesSource
from lab.programs import REMARK

from tests.lab.models.files import gguf, safetensors
from tests.lab.programs.running import SAVED, run

VALUES = np.random.default_rng(5).normal(size=(40, 32)).astype(np.float32)
HALVES = VALUES.astype(np.float16)
UPPER = (VALUES.view(np.uint32) & 0xFFFF0000).view(np.float32)


def written(save: Callable[..., Any], *arrays: Any, **named: Any) -> bytes:
    """What NumPy writes."""
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


FILES: dict[str, bytes] = {
    "weights.npy": written(np.save, VALUES),
    "long.npy": written(np.save, np.arange(-900, 900).reshape(2, 900) << 50),
    "layers.npz": written(np.savez, a=VALUES[:1], b=HALVES),
    "raw.bin": VALUES.astype("<f4").tobytes(),
    "numbers.csv": "\n".join(",".join(map(str, row)) for row in VALUES).encode(),
    "model.safetensors": safetensors(
        {
            "w": ("F16", (40, 32), HALVES.tobytes()),
            "b": ("BF16", (40, 32), (UPPER.view(np.uint32) >> 16).astype("<u2").tobytes()),
        }
    ),
    "model.gguf": gguf([("w", (2, 20, 32), 0, 0, VALUES.tobytes())]),
}
REQUESTS: dict[str, tuple[str, dict[str, str], str]] = {
    "npy": ("weights.npy", {}, "np.load('weights.npy')"),
    "a part": ("weights.npy", {"rows": "8:24, 4:20", "granularity": "axis"}, "[8:24, 4:20]"),
    "another shape": ("weights.npy", {"shape": "32,40"}, ".reshape((32, 40))"),
    "whole numbers": ("long.npy", {}, "np.load('long.npy').astype(np.float64).astype(np.float32)"),
    "npz": ("layers.npz", {"tensor": "b"}, "np.load('layers.npz')['b']"),
    "raw": ("raw.bin", {"tensor": "float32", "shape": "40,32"}, "np.fromfile('raw.bin', '<f4')"),
    "text": ("numbers.csv", {}, SAVED),
    "safetensors": ("model.safetensors", {"tensor": "w", "granularity": "block"}, "safe_open('model.safetensors', "),
    "bfloat16": ("model.safetensors", {"tensor": "b"}, "get_tensor('b').float().numpy()"),
    "gguf": ("model.gguf", {"tensor": "w", "rows": "3:30"}, "GGUFReader('model.gguf')"),
    "blocks": ("weights.npy", {"format": "q8_0"}, "np.load('weights.npy')"),
    "E4M3": ("weights.npy", {"format": "float8_e4m3fn"}, "np.load('weights.npy')"),
}


class Torch(np.ndarray):
    """What is used of a tensor."""

    def float(self) -> np.ndarray:
        """As float32."""
        return self

    def numpy(self) -> np.ndarray:
        """As an array."""
        return np.asarray(self)


class Opened:
    """What is used of an open file of tensors."""

    def __init__(self, name: str, library: str) -> None:
        self.library = library

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get_tensor(self, name: str) -> np.ndarray:
        """One of those that were written."""
        assert (name, self.library) in (("w", "np"), ("b", "pt"))
        return HALVES if name == "w" else UPPER.view(Torch)


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a library is not installed, what a program calls of it answers with what was written."""
    tensor = types.SimpleNamespace(name="w", data=VALUES.reshape(2, 20, 32), tensor_type=0)
    known: dict[str, dict[str, Any]] = {
        "safetensors": {"safe_open": Opened},
        "gguf": {
            "GGUFReader": lambda name: types.SimpleNamespace(tensors=[tensor]),
            "dequantize": lambda data, kind: data,
        },
    }
    for name, attributes in known.items():
        if importlib.util.find_spec(name) is None:
            module = types.ModuleType(name)
            module.__dict__.update(attributes)
            monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize("name", list(REQUESTS))
def test_programs_of_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program reads the file that the page read, and gives its codes."""
    stand_in(monkeypatch)
    file, fields, words = REQUESTS[name]
    if file.startswith("model"):
        STORE.open(file, {file: BytesSource(FILES[file])})
    else:
        STORE.load(file, FILES[file])
    request = {"profile": "onnx", "source": "file", "file": file, **fields}
    if "format" in fields:
        del request["profile"]
    found = lab.answer({**request, "show": "table"})
    assert found["ok"], found
    for kind in ("quantcore", "numpy"):
        program = found["code"][kind]
        assert words in program
        assert len(program) < 4000
        assert (REMARK in program) == (words == SAVED)
        names = run(program, found["request"], {file: FILES[file]})
        assert np.asarray(names["q"]).reshape(-1).tolist() == found["codes"]
        assert np.asarray(names["x_hat"]).reshape(-1).tolist() == found["dequantized"]


def test_a_file_whose_tensors_no_common_library_decodes_is_saved_by_the_page() -> None:
    """Then a program says which file to save, under the name and the label that the page has for it."""
    assert SAVED == "quantization-lab-table.npz"
    assert EXPORTS["table.npz"].label in REMARK
