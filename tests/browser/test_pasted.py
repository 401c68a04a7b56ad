"""Text that is pasted or dropped: what was understood stands beneath it, and another reading is one click away."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from .conftest import Visit
from .test_files import drop

pytestmark = pytest.mark.browser


def pasted(visit: Visit, text: str) -> dict[str, Any]:
    """The answer after all of the values was selected and a text inserted at once, as a paste does."""
    visit.page.locator("#values").focus()
    visit.page.keyboard.press("Control+A")
    return visit.after(lambda: visit.page.keyboard.insert_text(text))


def expect_read_as(visit: Visit, words: str, where: str = "values") -> None:
    """What is told of the reading, beside the box or the file."""
    region = visit.page.locator(f"[data-region=reading-{where}]")
    expect(region).to_have_text(words)
    expect(region).to_be_visible()
    before = region.evaluate("region => getComputedStyle(region, '::before').content")
    assert before == '"Read as: "'


def test_another_reading_is_one_click_away(lab: Visit) -> None:
    """Commas that can be read in two ways are told, and the button of the notice reads them the other way."""
    assert pasted(lab, "0,1\n-0,2\n0,3")["values"] == [0.1, -0.2, 0.3]
    expect_read_as(lab, "3 numbers, decimal commas")
    button = lab.page.get_by_role("button", name="Read them as commas between numbers")
    assert lab.after(button.click)["values"] == [0, 1, 0, 2, 0, 3]
    expect_read_as(lab, "6 numbers, commas between numbers")
    lab.page.wait_for_function("location.hash.includes('commas=separator')")


PASTED = {
    "decimal commas": ("1,5; -2,25; 3,0", [1.5, -2.25, 3.0], "3 numbers, decimal commas"),
    "a spreadsheet": ("1,5\t-2,25\n3,0\t0,5", [[1.5, -2.25], [3.0, 0.5]], "4 numbers, 2 × 2, decimal commas"),
    "a print of PyTorch": (
        "tensor([[ 1.0000, -2.5000],\n        [ 3.0000,  0.5000]], device='cuda:0', grad_fn=<AddBackward0>)",
        [[1, -2.5], [3, 0.5]],
        "4 numbers, 2 × 2",
    ),
    "a header of C": (
        "static const float w[2][2] = {\n  {0.5f, -0x1.8p+1},\n  {3.0f, 1e-1}\n};",
        [[0.5, -3], [3, 0.1]],
        "4 numbers, 2 × 2",
    ),
}


@pytest.mark.parametrize("name", PASTED)
def test_what_is_pasted_is_read_and_told(lab: Visit, name: str) -> None:
    """The values in their shape, and the reading in words."""
    text, numbers, words = PASTED[name]
    lab.follow_link("profile=onnx&precision=float64")
    answer = pasted(lab, text)
    assert answer["values"] == np.reshape(numbers, -1).tolist()
    assert answer["shape"] == list(np.shape(numbers))
    expect_read_as(lab, words)


def test_a_print_fills_its_fields(lab: Visit) -> None:
    """Scale and zero point of a printed tensor appear in the form, and the values' own are one click away."""
    answer = pasted(lab, "tensor([1.0, 2.5], size=(2,), dtype=torch.quint8, scale=0.1, zero_point=2)")
    assert answer["codes"] == [12, 27]
    expect_read_as(lab, "2 numbers")
    expect(lab.page.locator("#calibration")).to_have_value("given")
    expect(lab.page.locator("#scale")).to_have_value("0.1")
    expect(lab.page.locator("#zero_point")).to_have_value("2")
    button = lab.page.get_by_role("button", name="Take them from the values")
    assert lab.after(button.click)["request"]["calibration"] == "minmax"


DROPPED = {
    "decimals.csv": ("1,5;-2,25\n3,0;0,5\n", [[1.5, -2.25], [3, 0.5]], "4 numbers, 2 × 2, decimal commas"),
    "comments.txt": ("# of a program\n# float32\n1.5\n-2\n", [1.5, -2], "2 numbers, 2 comments left out"),
    "weights.h": ("static const int8_t w[] = {1, -2, 0x7f};\n", [1, -2, 127], "3 numbers"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_what_is_dropped_is_read_and_told(lab: Visit, name: str) -> None:
    """The same beside the file."""
    text, numbers, words = DROPPED[name]
    answer = lab.after(lambda: drop(lab, name, text.encode()))
    assert answer["values"] == np.reshape(numbers, -1).tolist()
    assert answer["shape"] == list(np.shape(numbers))
    expect_read_as(lab, words, "file")


def test_the_other_reading_of_a_file_is_one_click_away(lab: Visit) -> None:
    """The button of the notice reads the same file with commas between numbers; the next file begins anew."""
    lab.after(lambda: drop(lab, "tenths.csv", b"0,1\n-0,2\n0,3\n"))
    expect_read_as(lab, "3 numbers, decimal commas", "file")
    button = lab.page.get_by_role("button", name="Read them as commas between numbers")
    assert lab.after(button.click)["values"] == [0, 1, 0, 2, 0, 3]
    expect_read_as(lab, "6 numbers, commas between numbers", "file")
    assert lab.after(lambda: drop(lab, "halves.csv", b"0,5\n-0,5\n"))["values"] == [0.5, -0.5]


def test_raw_numbers_ask_for_their_type_and_shape(lab: Visit) -> None:
    """Bytes without a header are float32 until another type, byte order and shape are chosen."""
    numbers = np.array([[258, 2], [3, -4]], ">i2")
    answer = lab.after(lambda: drop(lab, "w.bin", numbers.tobytes()))
    assert answer["values"] == np.frombuffer(numbers.tobytes(), "<f4").astype(float).tolist()
    told = "w.bin holds raw numbers without type and shape, read as float32."
    expect(lab.page.locator("[data-region=notices]")).to_contain_text(told)
    offered = lab.page.locator("#tensor-options option").evaluate_all("options => options.map(option => option.value)")
    assert {"int16", "int16, big-endian", "float16", "bfloat16", "int8"} <= set(offered)
    assert lab.retype("tensor", "int16, big-endian")["values"] == [258, 2, 3, -4]
    answer = lab.retype("shape", "2,2")
    assert (answer["shape"], answer["values"]) == ([2, 2], [258, 2, 3, -4])
