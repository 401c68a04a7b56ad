"""Where bytes come from, and what happens if they no longer do."""

from pathlib import Path

import pytest
from lab.models.reading.cursor import MAX_HEADER, MAX_TEXTS, Cursor
from lab.models.reading.fault import ModelFileError
from lab.models.reading.source import BytesSource, FileSource, read_exactly


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """Before it is opened and after: words in place of the system's error."""
    path = tmp_path / "a"
    with pytest.raises(ModelFileError, match="cannot be opened"):
        FileSource.at(path)
    path.write_bytes(b"12345678")
    source = FileSource.at(path)
    assert read_exactly(source, 2, 3) == b"345"
    path.write_bytes(b"12")
    with pytest.raises(ModelFileError, match="changed while it was read"):
        read_exactly(source, 2, 3)
    path.unlink()
    with pytest.raises(ModelFileError, match="can no longer be read"):
        read_exactly(source, 2, 3)


@pytest.mark.parametrize(("offset", "length"), [(-1, 2), (0, 9), (8, 1), (2, -1)])
def test_nothing_outside_of_the_file(offset: int, length: int) -> None:
    """A part that the file does not have is refused."""
    with pytest.raises(ModelFileError, match="are wanted"):
        read_exactly(BytesSource(b"12345678"), offset, length)


class Endless:
    """A file of zeros, larger than memory."""

    size = 1 << 50

    def read(self, offset: int, length: int) -> bytes:
        """Zeros."""
        return bytes(length)


def test_a_header_ends_somewhere() -> None:
    """Neither its bytes nor its texts go on without end."""
    with pytest.raises(ModelFileError, match=f"at most {MAX_TEXTS:,}"):
        Cursor(Endless()).skip_texts(MAX_TEXTS + 1, "words")
    with pytest.raises(ModelFileError, match=f"at most {MAX_HEADER:,}"):
        Cursor(Endless()).skip(MAX_HEADER + 1, "words")
