"""Files made to harm: what is said of each."""

import contextlib
import tracemalloc
from pathlib import Path

import pytest
from lab.models.opening import read_container
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import FileSource

from tests.lab.models.files import FOLDER, Counting

SAID = {
    "gguf-absurd-count.gguf": "claims 4611686018427387904 tensors, more than the file has bytes for; nothing is read",
    "gguf-string-2p63.gguf": "A key claims 9,223,372,036,854,775,808 bytes",
    "gguf-overlap.gguf": "begins at byte 32 of the data, inside of what is before it, a (0 to 256); ggml expects 256",
    "gguf-alignment-3.gguf": "general.alignment is 3, which is not a power of two",
    "gguf-unknown-type.gguf": '"a" has type 99, which is not known; its values cannot be shown',
    "gguf-ndims-9.gguf": '"a" claims 9 dimensions; GGUF allows 4',
    "gguf-truncated-data.gguf": '"token_embd.weight", 9 × 256 of Q6_K, takes 1,890 bytes from byte 5,120 on, and the '
    "file ends at 6,340: it is cut short",
    "st-overlap.safetensors": "Tensors a (0 to 16) and b (8 to 24) overlap",
    "st-hole.safetensors": "Bytes 8 to 16 of the numbers belong to no tensor; safetensors allows no holes",
    "st-header-2p60.safetensors": "claims 1152921504606846976 bytes, more than the file has",
    "st-duplicate-key.safetensors": 'The key "a" appears twice in the header',
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str) -> None:
    """What is wrong and where, in words, after reading no more than the file; what is readable stays so."""
    counting = Counting(FileSource.at(FOLDER / "hostile" / name))
    try:
        container = read_container(name, counting)
    except ModelFileError as error:
        said = error.message
    else:
        said = " ".join([*container.notices, *(tensor.fault for tensor in container.tensors)])
        for tensor in container.tensors:
            if not tensor.fault:
                assert tensor.rows(0, tensor.n_rows).size == tensor.n_values
    assert SAID[name] in said
    assert counting.n_read <= 3 * counting.size


@pytest.mark.parametrize("path", sorted((FOLDER / "hostile").iterdir()), ids=lambda path: path.name)
def test_little_memory_is_taken(path: Path) -> None:
    """Whatever a header claims, opening it takes no more than a few megabytes."""
    for _ in range(2):  # the first time modules are loaded
        tracemalloc.start()
        with contextlib.suppress(ModelFileError):
            read_container(path.name, FileSource.at(path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000


def test_some_stay_readable() -> None:
    """All tensors of a file but the one that is damaged."""
    for name, n_good in (("gguf-unknown-type.gguf", 1), ("gguf-truncated-data.gguf", 7), ("st-hole.safetensors", 2)):
        container = read_container(name, FileSource.at(FOLDER / "hostile" / name))
        assert sum(not tensor.fault for tensor in container.tensors) == n_good, name
