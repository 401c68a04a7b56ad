"""Text to numbers: every usual way to write them, and a million of them."""

import numpy as np
import pytest
from lab.parsing.digits import parse_shape
from lab.parsing.reading import parse_numbers, parse_whole_numbers

from quantcore import QuantError


@pytest.mark.parametrize(
    "text",
    [
        "-3.0, 0.1, 3.2",
        "-3.0 0.1 3.2",
        "-3.0\n0.1\n3.2\n",
        "-3.0; 0.1; 3.2;",
        "[-3.0, 0.1, 3.2]",
        "(-3.0, 0.1, 3.2,)",
        "[-3.   0.1  3.2]",
        "array([-3. ,  0.1,  3.2])",
        "np.array([-3, .1, 3.2], dtype=np.float32)",
        "tensor([-3.0000,  0.1000,  3.2000], device='cuda:0', grad_fn=<AddBackward0>)",
        "−3.0, +0.1, 3.2e0",
        "\ufeff–3\u00a00.1\u2009+3.2",
        "-30e-1,\t1E-1,\r\n32e-01",
    ],
)
def test_usual_forms_read_alike(text: str) -> None:
    """The notebook's three numbers are read from every usual way to write them."""
    assert parse_numbers(text, "values").tolist() == [-3.0, 0.1, 3.2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[1, 2, 3], [4, 5, 6]]", [[1, 2, 3], [4, 5, 6]]),
        ("[[1 2 3]\n [4 5 6]]", [[1, 2, 3], [4, 5, 6]]),
        ("[1, 2, 3], [4, 5, 6]", [[1, 2, 3], [4, 5, 6]]),
        ("([1, 2], (3, 4))", [[1, 2], [3, 4]]),
        ("[[[1], [2]], [[3], [4]]]", [[[1], [2]], [[3], [4]]]),
        ("[[7]]", [[7]]),
        ("7", [7]),
    ],
)
def test_brackets_make_the_shape(text: str, expected: list[object]) -> None:
    """Nested lists give a matrix, and lists side by side its rows."""
    assert parse_numbers(text, "values").tolist() == expected


def test_digits_are_read_exactly() -> None:
    """Every float64 survives being written and read, subnormal ones and the largest too."""
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 2**64, 2000, dtype=np.uint64)
    numbers = bits.view(np.float64)
    numbers = np.append(numbers[np.isfinite(numbers)], [5e-324, 1.7976931348623157e308, -0.0])
    text = " ".join(map(repr, numbers.tolist()))
    assert parse_numbers(text, "values").tobytes() == numbers.tobytes()


@pytest.mark.slow
def test_a_million_numbers_are_read_exactly() -> None:
    """A million numbers, which take the way for many, are read to the last bit."""
    numbers = np.random.default_rng(0).normal(size=1_000_000)
    text = ", ".join(map(repr, numbers.tolist()))
    read = parse_numbers(text, "values")
    assert read.tobytes() == numbers.tobytes()


def test_the_same_text_is_read_once() -> None:
    """Asking again with the same numbers gives the same array, which nobody can change."""
    first = parse_numbers("1 2 3.25", "values")
    assert parse_numbers("1 2 3.25", "values") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 7


@pytest.mark.slow
def test_a_mistake_in_a_million_numbers_is_found() -> None:
    """One bad token at the end of many numbers is named with its place."""
    text = "1.5\n" * 300_000 + "oops"
    with pytest.raises(QuantError, match=r'"oops" as entry 300001 \(line 300001, column 1\)'):
        parse_numbers(text, "values")


def test_whole_numbers_must_be_whole() -> None:
    """A fraction among codes is named."""
    assert parse_whole_numbers("1, -2, 3e2", "codes").tolist() == [1, -2, 300]
    with pytest.raises(QuantError, match=r'codes holds "2\.5"'):
        parse_whole_numbers("1, 2.5", "codes")


@pytest.mark.parametrize(("text", "shape"), [("2,3", (2, 3)), ("2 x 3", (2, 3)), ("(4)", (4,)), ("2×3×4", (2, 3, 4))])
def test_shapes(text: str, shape: tuple[int, ...]) -> None:
    """A shape is read from lengths with anything usual between them."""
    assert parse_shape(text, "shape") == shape


@pytest.mark.parametrize("text", ["0", "-1", "a", ",", "2.5", "1 " * 9])
def test_wrong_shapes(text: str) -> None:
    """A length that is none is refused at the field."""
    with pytest.raises(QuantError) as caught:
        parse_shape(text, "shape")
    assert caught.value.field == "shape"
