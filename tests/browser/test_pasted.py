"""Pasted text on the page: what was understood stands beneath it, and another reading is one click away."""

import pytest
from playwright.sync_api import expect

from .conftest import Visit

pytestmark = pytest.mark.browser


def test_another_reading_is_one_click_away(lab: Visit) -> None:
    """Commas that can be read in two ways are told, and the button of the notice reads them the other way."""
    assert lab.retype("values", "0,1\n-0,2\n0,3")["values"] == [0.1, -0.2, 0.3]
    expect(lab.page.locator("[data-region=reading-values]")).to_have_text("3 numbers, decimal commas")
    button = lab.page.get_by_role("button", name="Read them as commas between numbers")
    assert lab.after(button.click)["values"] == [0, 1, 0, 2, 0, 3]
    expect(lab.page.locator("[data-region=reading-values]")).to_have_text("6 numbers, commas between numbers")
    lab.page.wait_for_function("location.hash.includes('commas=separator')")


def test_a_print_fills_its_fields(lab: Visit) -> None:
    """Scale and zero point of a printed tensor appear in the form, and the values' own are one click away."""
    answer = lab.retype("values", "tensor([1.0, 2.5], size=(2,), dtype=torch.quint8, scale=0.1, zero_point=2)")
    assert answer["codes"] == [12, 27]
    expect(lab.page.locator("#calibration")).to_have_value("given")
    expect(lab.page.locator("#scale")).to_have_value("0.1")
    expect(lab.page.locator("#zero_point")).to_have_value("2")
    button = lab.page.get_by_role("button", name="Take them from the values")
    assert lab.after(button.click)["request"]["calibration"] == "minmax"
