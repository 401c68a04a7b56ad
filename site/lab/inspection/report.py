"""What is in a model file, as a Markdown document."""

from collections.abc import Mapping

from ..data.store import STORE
from ..models.opening import Model
from ..notation.derivation import markdown_table, markdown_text
from ..notation.display import count, percent, plural
from .entries import in_words
from .facts import decimal, model_sentence, shape_of
from .taking import file_name
from .work import Reply, Work

MARKDOWN = "text/markdown;charset=utf-8"


def of_model(question: Mapping[str, str]) -> Work:
    """Kind and sizes, types, every tensor, what is to be known, and the entries of the header."""
    yield 1.0
    file, model = STORE.model(question["file"], question["file_sha256"])
    text = document(file.name, file.size, file.sha256, model)
    name = file_name(question["file"], "report.md")
    return Reply([], file=(name, MARKDOWN, [text.encode("utf-8", "backslashreplace")]))


def document(name: str, size: int, digest: str, model: Model) -> str:
    """The document."""
    notices = [f"- {markdown_text(notice)}" for notice in model.notices]
    notices += [f"- {markdown_text(f'{one.name}: {note}')}" for one in model.tensors for note in one.notes]
    notices += [f"- {markdown_text(one.fault)}" for one in model.tensors if one.fault]
    entries = [[markdown_text(key), markdown_text(told)] for key, told in in_words(model.metadata)]
    parts = [
        f"# {markdown_text(name)}",
        markdown_text(model_sentence(model)),
        f"The file has {plural(size, 'byte')}; its digest, of sizes, beginnings and ends, is `{digest}`.",
        *(["## Notices", "\n".join(notices)] if notices else []),
        "## Sizes by type",
        _types(model),
        "## Tensors",
        _tensors(model),
        "## Entries of the header",
        markdown_table(["Entry", "Value"], entries) if entries else "None.",
    ]
    return "\n\n".join(parts) + "\n"


def _types(model: Model) -> str:
    """What takes how much, the most first."""
    sums: dict[str, tuple[int, int, int]] = {}
    for one in model.tensors:
        n, values, size = sums.get(one.label, (0, 0, 0))
        sums[one.label] = (n + 1, values + one.n_values, size + one.size_bytes)
    total = sum(size for *_, size in sums.values())
    rows = [
        [markdown_text(label), count(n), count(size), percent(size / total) if total else "–", _bits(size, values)]
        for label, (n, values, size) in sorted(sums.items(), key=lambda pair: -pair[1][2])
    ]
    return markdown_table(["Stored as", "Tensors", "Bytes", "Share", "Bits per value"], rows)


def _tensors(model: Model) -> str:
    rows = [
        [
            markdown_text(one.name), shape_of(one.shape), markdown_text(one.label), markdown_text(one.convention),
            _bits(one.size_bytes, one.n_values), count(one.size_bytes),
        ]
        for one in model.tensors
    ]  # fmt: skip
    return markdown_table(["Tensor", "Shape", "Stored as", "Convention", "Bits per value", "Bytes"], rows)


def _bits(size: int, values: int) -> str:
    return decimal(8 * size / values) if values else "–"
