"""What people paste: printouts, programs, spreadsheets; read as it was meant, and told if it can mean two things."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lab.parsing.reading import Reading, read_numbers

from quantcore import QuantError


def read(text: str) -> list[object]:
    """The numbers of a text, as nested lists."""
    numbers: list[object] = read_numbers(text, "values").numbers.tolist()
    return numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5; -2,25; 3,0", [1.5, -2.25, 3.0]),
        ("1,5\t-2,25\n3,0\t0,5", [[1.5, -2.25], [3.0, 0.5]]),
        ("1.5\t-2.25\r\n3.0\t0.5\r\n", [[1.5, -2.25], [3.0, 0.5]]),
        ("1,5;-2,25\n3,0;0,5", [[1.5, -2.25], [3.0, 0.5]]),
        ("1,5 -2,25", [1.5, -2.25]),
        ("0,1, -0,2, 0,3", [0.1, -0.2, 0.3]),
        ("1.234,5; 7,25", [1234.5, 7.25]),
        ("1,05", [1.05]),
        ("[1 2 3; 4 5 6]", [[1, 2, 3], [4, 5, 6]]),
        ("1,2,3;4,5,6", [[1, 2, 3], [4, 5, 6]]),
        ("1 2;3 4;", [[1, 2], [3, 4]]),
        ("1; 2; 3;", [1, 2, 3]),
        ("1 2\n3 4", [1, 2, 3, 4]),
        ("−3,5; 12,5%", [-3.5, 0.125]),
    ],
)
def test_tables_and_decimal_commas(text: str, expected: object) -> None:
    """Commas that can only be decimal are; rows of a spreadsheet, or between semicolons, make a matrix."""
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("0,1\n-0,2\n0,3", {"decimal": [0.1, -0.2, 0.3], "separator": [0, 1, 0, 2, 0, 3]}),
        ("1,024 2,048", {"thousands": [1024, 2048], "decimal": [1.024, 2.048], "separator": [1, 24, 2, 48]}),
        ("1,2", {"separator": [1, 2], "decimal": [1.2]}),
        ("1,2\n3,4", {"separator": [1, 2, 3, 4], "decimal": [1.2, 3.4]}),
        ("1,5;2,5", {"decimal": [1.5, 2.5], "separator": [[1, 5], [2, 5]]}),
    ],
)
def test_what_can_be_read_in_two_ways_is_told(text: str, readings: dict[str, list[float]]) -> None:
    """The likeliest reading comes first, and each of the others can be had by its name."""
    found = read_numbers(text, "values")
    assert [reading.value for reading in (found.commas, *found.others)] == list(readings)
    for name, expected in readings.items():
        chosen = read_numbers(text, "values", name)
        assert np.abs(chosen.numbers).tolist() == np.abs(expected).tolist()
        assert {chosen.commas.value, *(other.value for other in chosen.others)} == set(readings)


@pytest.mark.parametrize("text", ["-3, 0.1, 3.2", "1,2,3", "1.5,2.5\n3,4", "[1,5]", "1 2 3", "1, -2", "1;2"])
def test_what_has_one_reading_offers_no_other(text: str) -> None:
    """Where commas can only separate, nothing is asked."""
    assert read_numbers(text, "values").others == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,5\t-2,25\n3,0\t0,5", "4 numbers, 2 × 2, decimal commas"),
        ("-3.0, 0.1, 3.2", "3 numbers"),
        ("1,2", "2 numbers, commas between numbers"),
        ("# weights\n1 2 3", "3 numbers, 1 comment left out"),
    ],
)
def test_what_was_understood_is_said(text: str, words: str) -> None:
    """Amount, shape, and how commas were read, in words."""
    assert read_numbers(text, "values").in_words == words


MATRIX = [[1.0, -2.5], [0.25, 4.0]]


@pytest.mark.parametrize(
    "text",
    [
        "tensor([[ 1.0000, -2.5000],\n        [ 0.2500,  4.0000]])",
        "tensor([[1., -2.5], [0.25, 4.]], device='cuda:0', dtype=torch.float64, grad_fn=<MmBackward0>)",
        "tensor([[1., -2.5], [0.25, 4.]], size=(2, 2), dtype=torch.qint8,\n"
        "       quantization_scheme=torch.per_tensor_affine, scale=0.25, zero_point=3)",
        "Parameter containing:\ntensor([[1., -2.5], [0.25, 4.]], requires_grad=True)",
        "tf.Tensor(\n[[ 1.   -2.5 ]\n [ 0.25  4.  ]], shape=(2, 2), dtype=float32)",
        "<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[1., -2.5], [0.25, 4.]], dtype=float32)>",
        "<tf.Variable 'w:0' shape=(2, 2) dtype=float32, numpy=array([[1., -2.5], [0.25, 4.]], dtype=float32)>",
        "array([[ 1.  , -2.5 ],\n       [ 0.25,  4.  ]], dtype=float32)",
        "Array([[1., -2.5], [0.25, 4.]], dtype=float32)",
        "[[np.float32(1.0), np.float32(-2.5)], [np.float64(0.25), np.int64(4)]]",
        "Out[3]: array([[1., -2.5], [0.25, 4.]])",
        "x = [[1, -2.5], [.25, 4]]",
        "self.weight: Tensor = torch.tensor([[1, -2.5], [.25, 4]])  # initial",
        "{{1.0f, -2.5f}, {0.25f, 4.f}}",
        "static const float w[2][2] = {{1.0f, -2.5f}, {0.25f, 4.0f}};",
        "/* layer 1 */\nconst float w[2][2] PROGMEM = {\n  {1, -2.5}, // first\n  {0.25, 4}\n};\n",
        "constexpr std::array<std::array<double, 2>, 2> w = {{1, -2.5}, {0x1p-2, 4}};",
        "     [,1] [,2]\n[1,] 1.00 -2.5\n[2,] 0.25  4.0",
    ],
)
def test_what_programs_print_is_read(text: str) -> None:
    """A matrix as PyTorch, TensorFlow, NumPy, JAX, C, C++ and R write it."""
    assert read(text) == MATRIX


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x1.99999ap-4", [float.fromhex("0x1.99999ap-4")]),
        ("0x7f, -0x80, 0b0101, 0o17", [127, -128, 5, 15]),
        ("1.2D+02 1d-3", [120, 0.001]),
        ("12% -0.5%", [0.12, -0.005]),
        ("1_000 2_500.5", [1000, 2500.5]),
        ("[1] 0.1 -0.2", [0.1, -0.2]),
        (" [1]  1  2  3\n [4]  4  5", [1, 2, 3, 4, 5]),
        ("x <- c(1, 2.5)", [1, 2.5]),
        ("static const int8_t w[] = {1, -2, 0x7F};", [1, -2, 127]),
        ("1u, 2UL, 3ll, 0.5f", [1, 2, 3, 0.5]),
        ("# a\n1 2\n# b\n3", [1, 2, 3]),
    ],
)
def test_how_programs_write_numbers(text: str, expected: list[float]) -> None:
    """Other bases, suffixes, exponents, percent, and R's indices."""
    assert read(text) == expected


@pytest.mark.parametrize("text", ["0x1p99999", "-0x" + "f" * 4000, "0b" + "1" * 15000])
def test_numbers_beyond_float64_in_other_bases_are_refused(text: str) -> None:
    """However many digits or whatever the exponent: told, as of decimals."""
    with pytest.raises(QuantError, match="beyond the largest float64"):
        read(text)


@pytest.mark.parametrize("text", ["0x_", "0b__", "0o_", "0x1__2"])
def test_underscores_that_separate_nothing_are_refused(text: str) -> None:
    """As in Python, they stand between two digits."""
    with pytest.raises(QuantError, match=f'"{text}".*is not a number'):
        read(text)


def test_a_quantized_tensor_says_its_parameters() -> None:
    """Scale and zero point of a printed tensor are kept as they were written, also one for each channel."""
    text = (
        "tensor([[-1.0, 0.0], [1.0, 2.0]], size=(2, 2), dtype=torch.qint8, quantization_scheme=torch.per_channel_affine"
        ",\n scale=tensor([0.1000, 0.0100], dtype=torch.float64), zero_point=tensor([10,  0]), axis=0)"
    )
    said = read_numbers(text, "values").keywords
    assert (said["scale"], said["zero_point"], said["axis"]) == ("[0.1000, 0.0100]", "[10,  0]", "0")
    assert said["dtype"] == "torch.qint8"


@pytest.mark.parametrize("text", ["[1 2 ... 9]", "tensor([1., …, 2.])", "1, ..., 3"])
def test_a_truncated_print_is_refused(text: str) -> None:
    """Dots stand for numbers that are not there: told with how to print them all."""
    with pytest.raises(QuantError, match=r"dots stand for numbers.*set_printoptions"):
        read_numbers(text, "values")


def test_several_arrays_are_refused() -> None:
    """Two declarations are not run together."""
    with pytest.raises(QuantError, match="2 arrays in braces"):
        read_numbers("float a[] = {1, 2};\nfloat b[] = {3};", "values")


def _printed(x: np.ndarray, how: str) -> str:
    rows = x if x.ndim == 2 else x[None]
    if how == "numpy":
        return np.array2string(x, threshold=x.size + 1, floatmode="unique", max_line_width=60)
    if how == "repr":
        with np.printoptions(threshold=x.size + 1, floatmode="unique"):
            return repr(x)
    if how == "c":
        body = ", ".join("{" + ", ".join(f"{v!r}f" for v in row) + "}" for row in rows.tolist())
        return f"static const float w[] = {'{' + body + '}' if x.ndim == 2 else body};"
    lines = "\n".join("\t".join(f"{v!r}" for v in row) for row in rows.tolist())
    return lines.replace(".", ",") if how == "spreadsheet with decimal commas" else lines


ARRAYS = hnp.arrays(
    np.float64,
    st.one_of(st.tuples(st.integers(2, 12)), st.tuples(st.integers(2, 5), st.integers(2, 6))),
    elements=st.one_of(
        st.floats(-1e4, 1e4, width=16).map(lambda value: round(value, 3)),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-128, 127).map(float),
    ),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(ARRAYS, st.sampled_from(["numpy", "repr", "c", "spreadsheet", "spreadsheet with decimal commas"]))
def test_what_was_printed_is_what_is_read(x: np.ndarray, how: str) -> None:
    """Every array comes back with its shape from a print of NumPy, a C declaration, and two spreadsheets."""
    found: Reading = read_numbers(_printed(x, how), "values")
    assert found.numbers.tolist() == x.tolist()
