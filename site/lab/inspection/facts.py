"""What a model or a tensor of it is, by its header alone."""

from collections.abc import Mapping

from ..answer_types import Node
from ..data.store import STORE
from ..models.conventions.logical import LogicalTensor
from ..models.conventions.table import CONVENTIONS
from ..models.opening import Model
from ..notation.display import count, plural, typographic
from ..notation.nodes import node
from .entries import in_words
from .names import nodes_of
from .work import Reply, Work


def of_tensor(question: Mapping[str, str]) -> Work:
    """Of what a tensor is made, how that is read, and what is to be known of it."""
    yield 1.0
    _, _, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    parts = [
        (
            part.name,
            f"{part.dtype}, {shape_of(part.shape)}: {plural(part.size_bytes, 'byte')} from {count(part.offset)} on",
        )
        for part in tensor.made_of
    ]
    nodes: list[Node] = [title(tensor.name), node("p", None, sentence_of(tensor))]
    convention = CONVENTIONS.get(tensor.convention)
    if convention is not None:
        nodes.append(node("p", None, f"{convention.label}: {convention.layout}"))
        nodes.append(node("p", {"class": "hint"}, f"As it is written down in {convention.source}."))
    nodes += [node("p", {"class": "notice"}, note) for note in tensor.notes]
    nodes.append(listing("Stored tensors", parts))
    return Reply(nodes, data={"shape": list(tensor.shape), "bits_per_value": tensor.bits_per_value})


def of_model(question: Mapping[str, str]) -> Work:
    """What the header of a model says."""
    yield 1.0
    file, model = STORE.model(question["file"], question["file_sha256"])
    nodes: list[Node] = [title(file.name), node("p", None, model_sentence(model)), *nodes_of(file.name)]
    nodes.append(listing("Entries of the header", list(in_words(model.metadata)), "words"))
    return Reply(nodes, data={"tensors": len(model.tensors), "bits_per_value": model.bits_per_value})


def title(text: str) -> Node:
    """What is asked about, above the answer."""
    return node("h2", {"id": "inspection-title"}, text)


def sentence_of(tensor: LogicalTensor) -> str:
    """A tensor's shape, type and size."""
    size = f"{plural(tensor.n_values, 'value')} in {plural(tensor.size_bytes, 'byte')}"
    return f"{shape_of(tensor.shape)}, {tensor.label}: {size}, {decimal(tensor.bits_per_value)} bits per value."


def model_sentence(model: Model) -> str:
    """A model's kind, its number of tensors and their size."""
    values = sum(tensor.n_values for tensor in model.tensors)
    bits = decimal(model.bits_per_value)
    return f"{model.kind}: {plural(len(model.tensors), 'tensor')}, {plural(values, 'value')}, {bits} bits per value."


def decimal(value: float) -> str:
    """A measured number in five digits."""
    return typographic(f"{value:.5g}")


def cosine_of(value: float) -> str:
    """A cosine, which is seldom far from 1, in six decimals."""
    return typographic(f"{value:.6f}")


def shape_of(shape: tuple[int, ...]) -> str:
    """Lengths of axes: "4096 × 11008"; of a single number "one number"."""
    return " × ".join(map(str, shape)) or "one number"


def chart(label: str, name: str = "inspection") -> Node:
    """Where the answer's figure is drawn, or with the name "inspection-2" the second."""
    return node("div", {"class": "figure", "data-figure": name, "role": "img", "aria-label": label})


def listing(heading: str, rows: list[tuple[str, str]], look: str = "") -> Node:
    """Names and what they are, as a table; `look` is "words" where these are sentences."""
    attributes = {"class": look} if look else None
    body = [node("tr", None, node("th", {"scope": "row"}, name), node("td", attributes, told)) for name, told in rows]
    if not rows:
        return node("p", {"class": "hint"}, f"{heading}: none.")
    table = node("table", {"class": "numbers facts"}, node("caption", None, heading), node("tbody", None, *body))
    return node("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": heading}, table)
