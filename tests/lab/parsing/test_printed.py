"""What other programs print, at random: shapes, widths, line breaks, separators; all is read as it was printed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.parsing.reading import read_numbers

Nested = list  # of lists or of texts

TEXTS = st.one_of(
    st.integers(-128, 255).map(str),
    st.decimals(-1000, 1000, places=4).map(str),
    st.floats(-(2.0**99), 2.0**99).map(lambda x: f"{x:.6e}"),
)
SHAPES = st.sampled_from([(1,), (3,), (7,), (1, 3), (2, 2), (3, 5), (2, 1, 3), (2, 2, 2)])


@st.composite
def printed_arrays(draw: st.DrawFn, n_axes: int = 3) -> Nested:
    """The texts of some numbers, nested as the shape is."""

    def nested(shape: tuple[int, ...]) -> Nested:
        if len(shape) == 1:
            return draw(st.lists(TEXTS, min_size=shape[0], max_size=shape[0]))
        return [nested(shape[1:]) for _ in range(shape[0])]

    return nested(draw(SHAPES.filter(lambda shape: len(shape) <= n_axes)))


def shape_of(texts: Nested) -> tuple[int, ...]:
    """The shape of the array whose texts these are."""
    return (len(texts), *shape_of(texts[0])) if isinstance(texts[0], list) else (len(texts),)


def values_of(texts: Nested) -> list:
    """The numbers that the texts stand for."""
    return [values_of(part) if isinstance(part, list) else float(part) for part in texts]


def bracketed(texts: Nested, pair: str, width: int, wrap: int, between: str = ",") -> str:
    """The array as nested lists, numbers padded to a width, some on a line."""
    if isinstance(texts[0], list):
        rows = [bracketed(part, pair, width, wrap, between) for part in texts]
        return pair[0] + f"{between}\n ".join(rows) + pair[1]
    padded = [text.rjust(width) for text in texts]
    lines = [f"{between} ".join(padded[i : i + wrap]) for i in range(0, len(padded), wrap)]
    return pair[0] + f"{between}\n  ".join(lines) + pair[1]


PRINTERS: dict[str, str] = {
    "torch": "tensor({body}, device='cuda:0', dtype=torch.float64, grad_fn=<AddmmBackward0>)",
    "torch parameter": "Parameter containing:\ntensor({body},\n       requires_grad=True)",
    "torch quantized": "tensor({body}, size={shape}, dtype=torch.quint8,\n       quantization_scheme="
    "torch.per_tensor_affine, scale=0.1, zero_point=10)",
    "tensorflow": "<tf.Tensor: shape={shape}, dtype=float32, numpy=\narray({body}, dtype=float32)>",
    "jax": "Out[12]: Array({body}, dtype=float32)",
    "assigned": "weights = np.array({body}, np.float32)  # of the first layer",
}
WIDTHS, WRAPS = st.integers(0, 14), st.integers(1, 8)


@settings(max_examples=120, deadline=None)
@given(printed_arrays(), st.sampled_from(list(PRINTERS)), WIDTHS, WRAPS)
def test_prints_of_libraries(texts: Nested, printer: str, width: int, wrap: int) -> None:
    """PyTorch, TensorFlow, JAX, and a line of Python: shape and every number are those that were printed."""
    text = PRINTERS[printer].format(body=bracketed(texts, "[]", width, wrap), shape=shape_of(texts))
    found = read_numbers(text, "values")
    assert found.numbers.tolist() == values_of(texts)
    assert ("scale" in found.keywords) == (printer == "torch quantized")


@settings(max_examples=60, deadline=None)
@given(printed_arrays(), st.sampled_from(["", "static const ", "constexpr "]), WIDTHS, WRAPS)
def test_declarations_of_c(texts: Nested, storage: str, width: int, wrap: int) -> None:
    """Braces nest as the shape does, whatever the line breaks, with a suffix, a comment and a semicolon."""
    lengths = "".join(f"[{n}]" for n in shape_of(texts))
    body = bracketed(texts, "{}", width, wrap)
    found = read_numbers(f"// weights\n{storage}float w{lengths} = {body};\n", "values")
    assert found.numbers.tolist() == values_of(texts)


@settings(max_examples=120, deadline=None)
@given(printed_arrays(2), st.sampled_from(["\t", ";"]), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_spreadsheets(texts: Nested, between: str, has_commas: bool, end: str, ends_line: bool) -> None:
    """Rows of cells between tabs or semicolons, with decimal points or decimal commas, with or without a last end."""
    rows = texts if isinstance(texts[0], list) else [texts]
    if len(rows) == 1 or len(rows[0]) == 1:
        rows = [[*row, row[0]] for row in (*rows, rows[0])]  # a table has rows and columns
    text = end.join(between.join(row) for row in rows) + (end if ends_line else "")
    if has_commas:
        text = text.replace(".", ",")
    found = read_numbers(text, "values", "decimal" if has_commas else "")
    assert found.numbers.tolist() == values_of(rows)


@pytest.mark.parametrize("separator", [",", ", ", " ", "\t", ";", "; ", "\n", " ,  "])
@settings(max_examples=25, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=9))
def test_lists_with_any_separator(separator: str, texts: list[str]) -> None:
    """With decimal points, the same numbers are read whatever stands between them."""
    found = read_numbers(separator.join(texts), "values", "separator")
    assert np.ravel(found.numbers).tolist() == values_of(texts)
