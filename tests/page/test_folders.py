"""Which files of a folder are taken, by which names, and what is said where none or too many are."""

import doctest

from lab.models.opening import MAX_FILES
from lab.models.reading.recognised import ENDINGS
from page import folders


def test_examples() -> None:
    """The examples in the docstrings are true."""
    done = doctest.testmod(folders)
    assert done.failed == 0
    assert done.attempted


def test_the_page_and_the_lab_agree() -> None:
    """The page takes what the lab opens, and as many."""
    assert (folders.MODELS, folders.MOST) == (ENDINGS, MAX_FILES)


def test_too_many_files_are_refused() -> None:
    """A thousand files are taken, of fifty thousand; one more of either is not, and it is said."""
    paths = [f"m/model-{i}.gguf" for i in range(1000)]
    assert not folders.fault(paths, 50_000)
    assert "more than 50,000 files" in folders.fault(paths, 50_001)
    assert "more than 1,000 files of models" in folders.fault([*paths, "m/config.json"], 50_000)
