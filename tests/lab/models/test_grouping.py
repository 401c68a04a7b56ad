"""Which files belong together."""

import json
from collections.abc import Iterable

import pytest
from lab.data.store import STORE
from lab.models.grouping import grouped
from lab.models.opening import open_model

from tests.lab.models.files import gguf, safetensors, source

SHARDS = [f"big-{number}-of-000163.safetensors" for number in ("00001", "00002")]


def index(names: Iterable[str]) -> bytes:
    """An index of tensors that are in files of these names."""
    return json.dumps({"weight_map": {f"t{i}": name for i, name in enumerate(names)}}).encode()


@pytest.mark.parametrize(
    ("models", "beside", "together"),
    [
        (["a.gguf"], {"config.json": b"{}"}, [["a.gguf", "config.json"]]),
        (["b.gguf", "a.gguf"], {}, [["a.gguf"], ["b.gguf"]]),
        (SHARDS, {"config.json": b"{}"}, [[*SHARDS, "config.json"]]),
        ([*SHARDS, "big.gguf"], {}, [SHARDS, ["big.gguf"]]),
        (
            ["a-00001-of-00002.gguf", "a-00001-of-00003.gguf"],
            {},
            [["a-00001-of-00002.gguf"], ["a-00001-of-00003.gguf"]],
        ),
        (
            ["x.safetensors", "y.safetensors", "z.safetensors"],
            {"m.safetensors.index.json": index(["x.safetensors", "z.safetensors"])},
            [["x.safetensors", "z.safetensors", "m.safetensors.index.json"], ["y.safetensors"]],
        ),
        (
            ["a.safetensors", "b.safetensors"],
            {"a.quantize_config.json": b"{}", "config.json": b"{}", "broken.safetensors.index.json": b"["},
            [["a.safetensors", "a.quantize_config.json", "config.json"], ["b.safetensors", "config.json"]],
        ),
        (
            ["a/1.safetensors", "a/2.safetensors", "b/1.safetensors"],
            {
                "a/config.json": b"{}",
                "b/config.json": b"{}",
                "a/m.safetensors.index.json": index(["1.safetensors", "2.safetensors"]),
            },
            [
                ["a/1.safetensors", "a/2.safetensors", "a/config.json", "a/m.safetensors.index.json"],
                ["b/1.safetensors", "b/config.json"],
            ],
        ),
        (["a.onnx", "b.gguf"], {"a.onnx.data": b""}, [["a.onnx", "a.onnx.data"], ["b.gguf"]]),
    ],
)
def test_files_of_one_model_are_together(
    models: list[str], beside: dict[str, bytes], together: list[list[str]]
) -> None:
    """Shards by number or by index, what lies beside them by name, and what may be any model's with each."""
    files = {name: source(beside.get(name, b"")) for name in (*models, *beside)}
    assert [set(group) for group in grouped(models, files)] == [set(names) for names in together]


def test_all_models_are_opened_and_the_first_is_listed() -> None:
    """Of several the first is described, the others are open, and what cannot be read is said."""
    STORE.forget()
    a = gguf([("a", (2, 32), 0, 0, bytes(256))])
    b = safetensors({"b": ("F32", (4,), bytes(16))})
    files = {"a.gguf": source(a), "b.safetensors": source(b), "c.gguf": source(a[:40])}
    loaded = STORE.open_all(list(files), files)
    assert loaded["ok"]
    assert loaded["file"]["name"] == "a.gguf"
    assert [file.name for file in STORE.models()] == ["a.gguf", "b.safetensors"]
    assert "c.gguf" in loaded["model"]["notices"][-1]
    assert not STORE.open_all(["c.gguf"], {"c.gguf": files["c.gguf"]})["ok"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["m-00001-of-00003.gguf", "m-00003-of-00003.gguf"], ["m-00002-of-00003.gguf is not here: choose"]),
        (SHARDS, ["big-00003-of-000163.safetensors is not here (and 160 more): choose"]),
        (["m-1-of-2.gguf", "m-2-of-2.gguf"], []),
    ],
)
def test_missing_shards_are_named(names: list[str], told: list[str]) -> None:
    """By the number in the names of those that are there, with as many digits as these have."""
    files = {
        name: source(
            gguf([(name, (2, 32), 0, 0, bytes(256))])
            if name.endswith("gguf")
            else safetensors({name: ("F32", (4,), bytes(16))})
        )
        for name in names
    }
    notices = open_model(files).notices
    assert len(notices) == len(told)
    assert all(notice.startswith(start) for notice, start in zip(notices, told, strict=True))
