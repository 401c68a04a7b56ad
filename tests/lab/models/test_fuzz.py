"""Real files with bytes changed, cut out, repeated and cut off: no exception but the reader's own.

The suite takes some hundred mutants of the files of each reader, the same ones everywhere. To search with more of them:
pytest tests/lab/models/test_fuzz.py --mutants=10000
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from lab.models.opening import open_model
from lab.models.reading.cursor import STEP
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import BytesSource, FileSource, Source

from tests.lab.models.files import FOLDER, INDEX, Counting, safetensors

N_MUTANTS = 500
"""Of the files of each reader together, and of the headers and configurations of safetensors files."""
N_CUTS = 20
ROWS = 2
SIDECARS = {entry["file"]: entry["sidecars"] for entry in INDEX}
MODELS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".gguf", ".safetensors", ".onnx", ".tflite"))
EDGES = np.array([0, 1, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 2**31, 2**32, 2**62, 2**63, 2**64 - 1], np.uint64)


def mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The same ones on every machine; most of them in the first bytes, where headers are."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            reach = len(changed) if rng.random() < 0.5 else min(len(changed), 2000)
            at = int(rng.integers(0, reach + 1))
            match int(rng.integers(0, 6)):
                case 0:
                    changed[at : at + 1] = bytes([int(rng.integers(0, 256))])
                case 1:
                    width = int(rng.choice([1, 2, 4, 8]))
                    changed[at : at + width] = int(rng.choice(EDGES)).to_bytes(8, "little")[:width]
                case 2:
                    del changed[at : at + int(rng.integers(1, 64))]
                case 3:
                    changed[at:at] = changed[at : at + int(rng.integers(1, 64))]
                case 4:
                    digit = changed.find(b"1234567890"[int(rng.integers(0, 10))], at)
                    changed[digit : digit + 1] = bytes(b'-0123456789eE.[]{},"'[int(rng.integers(0, 20))] for _ in "ab")
                case _:
                    del changed[at:]
        yield bytes(changed)


def survives(name: str, data: bytes, others: Mapping[str, Source] = {}) -> bool:
    """Open and decode what can be; whether it could be opened."""
    counting = Counting(BytesSource(data))
    beside = {said: FileSource.at(FOLDER / there) for said, there in SIDECARS.get(name, {}).items()}
    beside |= {path.name: FileSource.at(path) for path in FOLDER.glob(f"{name}.data")}
    try:
        tensors = open_model({name: counting, **beside, **others}).tensors
    except ModelFileError as error:
        said = error.message
    else:
        said = ""
    assert counting.largest <= max(STEP, len(data))
    assert counting.n_read <= 20 * len(data) + (1 << 20)
    if said:
        assert said.endswith(".")
        return False
    for tensor in tensors:
        assert tensor.bits_per_value >= 0
        for start in {0, max(0, tensor.n_rows - ROWS)}:
            try:
                rows = tensor.rows(start, min(start + ROWS, tensor.n_rows))
            except ModelFileError:
                continue
            assert rows.dtype == np.float32
            assert rows.shape == (min(ROWS, tensor.n_rows), tensor.row_length)
    return True


def share(name: str, config: pytest.Config) -> int:
    """How many mutants of a file are tried: each reader has as many, of all its files together."""
    wanted = config.getoption("mutants") or N_MUTANTS
    ending = name.rpartition(".")[2]
    return -(-int(wanted) // sum(one.endswith(ending) for one in MODELS))


@pytest.mark.parametrize("name", MODELS)
def test_mutants(name: str, pytestconfig: pytest.Config) -> None:
    """Words or values, whatever the bytes are; nothing is read outside of a file, and little twice."""
    data, count = (FOLDER / name).read_bytes(), share(name, pytestconfig)
    opened = [survives(name, mutant) for mutant in mutants(data, count, zlib.crc32(name.encode()))]
    assert survives(name, data)
    assert 0 < sum(opened) < count  # some harm was done, and some could be borne


@pytest.mark.parametrize("name", MODELS)
def test_cut_short(name: str, pytestconfig: pytest.Config) -> None:
    """A file that ends anywhere; with --mutants, at every byte of the first 8,000."""
    data, is_search = (FOLDER / name).read_bytes(), pytestconfig.getoption("mutants")
    for end in range(0, min(len(data), 8000), 1 if is_search else -(-min(len(data), 8000) // N_CUTS)):
        survives(name, data[:end])


LEAVES = (
    *(-1, 0, 1, 2, 3, 7, 16, 31, 33, 64, 2**31, 2**32, 2**48, 2**63, 10**30, 0.5, 1e300, None, True, "", "U8", "I32"),
    *("F8_E4M3", "BF16", "F4", "a\0b", "\u202e", [], [0], [0, 2**40], [2**24, 2**24], {}, {"dtype": "U8"}),
)


def changed(value: object, rng: np.random.Generator) -> object:
    """The same with one entry, however deep, in the place of which is something else."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        key = list(value)[int(rng.integers(len(value)))]
        if rng.random() < 0.1:
            return {other: part for other, part in value.items() if other != key}
        return value | {key: changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = int(rng.integers(len(value)))
        return [*value[:at], changed(value[at], rng), *value[at + 1 :]]
    return LEAVES[int(rng.integers(len(LEAVES)))]


@pytest.mark.parametrize("name", [name for name in MODELS if name.endswith(".safetensors")])
def test_headers_changed_leaf_by_leaf(name: str, pytestconfig: pytest.Config) -> None:
    """What is well-formed and wrong: other types, shapes, places and names, and other configurations."""
    data, rng = (FOLDER / name).read_bytes(), np.random.default_rng(5)
    length = int.from_bytes(data[:8], "little")
    for _ in range(share(name, pytestconfig)):
        header = json.dumps(changed(json.loads(data[8 : 8 + length]), rng)).encode()
        survives(name, len(header).to_bytes(8, "little") + header + data[8 + length :])
        for said, there in SIDECARS.get(name, {}).items():
            config = json.dumps(changed(json.loads((FOLDER / there).read_bytes()), rng)).encode()
            survives(name, data, {said: BytesSource(config)})


@pytest.mark.parametrize("name", sorted(path.name for path in (FOLDER / "hostile").iterdir()))
def test_mutants_of_hostile_files(name: str) -> None:
    """Likewise from files that are damaged already."""
    path: Path = FOLDER / "hostile" / name
    for mutant in mutants(path.read_bytes(), N_CUTS, 1):
        survives(name, mutant)


@pytest.mark.parametrize("name", ["gptq-v1-4bit.safetensors", "awq-gemm-g128.safetensors"])
def test_groups_of_more_values_than_there_can_be(name: str) -> None:
    """A group_size that no array can have counts as none that is declared."""
    data = (FOLDER / name).read_bytes()
    for said, there in SIDECARS[name].items():
        config = re.sub(rb'"group_size": *\d+', b'"group_size": ' + b"9" * 30, (FOLDER / there).read_bytes())
        assert b"9" * 30 in config
        assert survives(name, data, {said: BytesSource(config)})


@pytest.mark.parametrize(
    ("key", "value"),
    [("blocksize", 2**40), ("blocksize", 10**30), ("nested_blocksize", 10**30), ("nested_offset", 1e300)],
)
def test_states_that_cannot_be(key: str, value: float) -> None:
    """A quant_state of bitsandbytes with blocks or an offset that memory or float32 cannot hold."""
    data = (FOLDER / "bnb-nf4.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    numbers, parts = data[8 + length :], {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            part, shape = numbers[start:end], tuple(entry["shape"])
            if ".quant_state." in name:
                part = json.dumps(json.loads(part) | {key: value}).encode()
                shape = (len(part),)
            parts[name] = (entry["dtype"], shape, part)
    assert survives("bnb-nf4.safetensors", safetensors(parts))


def test_tiles_of_more_values_than_there_can_be() -> None:
    """A weight_block_size that no array can have counts as none."""
    name = "fp8-blocks.safetensors"
    config = json.dumps(
        {"quantization_config": {"quant_method": "fp8", "weight_block_size": [10**18, 10**30]}}
    ).encode()
    assert survives(name, (FOLDER / name).read_bytes(), {"config.json": BytesSource(config)})
    parts = {"w.weight": ("F8_E4M3", (4, 8), bytes(32)), "w.weight_scale_inv": ("F32", (1, 2), bytes(8))}
    assert survives("w.safetensors", safetensors(parts), {"config.json": BytesSource(config)})


def test_scales_of_no_groups() -> None:
    """Packed codes whose scales have no columns are no tensor of that convention."""
    parts = {
        "w.weight_packed": ("I32", (2, 1), bytes(8)),
        "w.weight_scale": ("F32", (2, 0), b""),
        "w.weight_shape": ("I64", (2,), (2).to_bytes(8, "little") + (8).to_bytes(8, "little")),
    }
    assert survives("w.safetensors", safetensors(parts))
