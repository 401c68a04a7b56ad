"""What is taken along: files, pictures of charts, programs, links; each opened and checked."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from .conftest import Visit

pytestmark = pytest.mark.browser

CODES = [-128, -1, 127]
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"], "viewport": {"width": 1440, "height": 900}}


def saved(visit: Visit, kind: str) -> bytes:
    """The content of the file that a button of `Take it along` saves."""
    with visit.page.expect_download() as download:
        visit.page.locator(f"[data-action=export][data-kind='{kind}']").click()
    assert download.value.suggested_filename == f"quantization-lab-{kind}"
    return Path(download.value.path()).read_bytes()


def rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode())))


def test_codes(lab: Visit) -> None:
    """Codes come as CSV, JSON and .npz, the same in each."""
    assert rows(saved(lab, "codes.csv")) == [[str(code)] for code in CODES]
    assert json.loads(saved(lab, "codes.json"))["codes"] == CODES
    with np.load(io.BytesIO(saved(lab, "codes.npz")), allow_pickle=False) as arrays:
        assert arrays["codes"].tolist() == CODES
        assert arrays["codes"].dtype == np.int8
        assert arrays["zero_point"].item() == -5


def test_all_numbers(lab: Visit) -> None:
    """The table of all numbers has more than the page's 50 rows, in every format."""
    answer = lab.follow_link("profile=onnx&source=normal&shape=30,10")
    head, *body = rows(saved(lab, "table.csv"))
    assert len(body) == 300
    assert [float(row[head.index("value")]) for row in body] == pytest.approx(answer["values"], rel=1e-6)
    assert [int(row[head.index("code")]) for row in body] == answer["codes"]
    assert json.loads(saved(lab, "table.json"))["shape"] == [30, 10]
    with np.load(io.BytesIO(saved(lab, "table.npz")), allow_pickle=False) as arrays:
        assert arrays["codes"].shape == (30, 10)
        assert arrays["dequantized"].reshape(-1).tolist() == pytest.approx(answer["dequantized"], rel=1e-6)


def test_error_figures(lab: Visit) -> None:
    """The error figures are the answer's."""
    metrics = lab.answer()["metrics"]
    assert json.loads(saved(lab, "metrics.json"))["mse"] == metrics["mse"]
    assert dict(rows(saved(lab, "metrics.csv")))["max_abs"] == repr(metrics["max_abs"])
    with np.load(io.BytesIO(saved(lab, "metrics.npz")), allow_pickle=False) as arrays:
        assert arrays["mse"].item() == metrics["mse"]


def test_report(lab: Visit) -> None:
    """The report is Markdown with the parameters, the numbers and a program."""
    text = saved(lab, "report.md").decode()
    assert text.startswith("# ")
    for part in ("41.12903225806451", "| ", "```python"):
        assert part in text


def test_no_file_while_a_field_is_wrong(lab: Visit) -> None:
    """A download of what cannot be computed says why: in the status line and in the list, which gets the focus."""
    lab.follow_link("profile=onnx&bits=8")
    message = "“Bits” is 40; it must be a whole number from 2 to 16."
    lab.retype("bits", "40")
    expect(lab.page.locator("#bits-error")).to_have_text(message)
    lab.page.locator("[data-action=export][data-kind='codes.csv']").click()
    expect(lab.page.locator("[data-region=status]")).to_have_text(f"Not saved: {message}")
    errors = lab.page.locator("[data-region=errors]")
    expect(errors).to_be_focused()
    expect(errors).to_be_in_viewport()
    errors.get_by_role("link", name=message).click()
    expect(lab.page.locator("#bits")).to_be_focused()
    assert lab.retype("bits", "6")["ok"]
    expect(errors).to_be_hidden()
    assert rows(saved(lab, "codes.csv"))


@pytest.mark.parametrize(("kind", "magic"), [("svg", b"<svg"), ("png", b"\x89PNG\r\n\x1a\n")])
def test_picture_of_a_chart(lab: Visit, kind: str, magic: bytes) -> None:
    """A chart is saved as a drawing or as a picture of the size that it says."""
    card = lab.page.locator("[data-instrument=mapping]")
    expect(card.locator(".main-svg").first).to_be_visible()
    button = card.get_by_role(
        "button", name=f"Save “From real numbers to codes and back” as {kind.upper()}", exact=True
    )
    with lab.page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == f"quantization-lab-mapping.{kind}"
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(magic)
    if kind == "svg":
        width = ET.fromstring(content).get("width")
    else:
        width = str(int.from_bytes(content[16:20], "big"))
    assert width == "1920"


@pytest.fixture(scope="module")
def copier(chromium: object, address: str) -> object:
    """A visit that may use the clipboard."""
    context = chromium.new_context(**CLIPBOARD)  # type: ignore[attr-defined]
    visit = Visit(context, address)
    visit.open()
    yield visit
    context.close()
    assert visit.complaints == []


def copied(visit: Visit) -> str:
    """What is on the clipboard."""
    return str(visit.page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("kind", ["quantcore", "numpy", "pytorch", "onnx", "notebook"])
def test_program_is_copied(copier: Visit, kind: str) -> None:
    """The button beside a program copies all of it, and says so."""
    figure = copier.page.locator(f".snippet[data-kind={kind}]")
    button = figure.locator("[data-action=copy]")
    button.click()
    expect(button).to_have_text("Copied")
    text = copied(copier)
    assert text == figure.locator("code").text_content()
    assert text == copier.answer()["code"][kind]
    compile(text, kind, "exec")


def test_program_is_saved(copier: Visit) -> None:
    """The other button saves the program as a file that Python runs."""
    figure = copier.page.locator(".snippet[data-kind=quantcore]")
    with copier.page.expect_download() as download:
        figure.get_by_role("button", name="Download .py").click()
    assert download.value.suggested_filename == "quantize_quantcore.py"
    assert Path(download.value.path()).read_text("utf-8") == copier.answer()["code"]["quantcore"]


def test_copied_program_gives_the_codes(copier: Visit) -> None:
    """The program for quantcore, copied and run elsewhere, gives the codes on the page."""
    button = copier.page.locator(".snippet[data-kind=quantcore] [data-action=copy]")
    button.click()
    expect(button).to_have_text("Copied")
    names: dict[str, object] = {}
    exec(copied(copier).replace("print(", "(lambda *_: None)("), names)
    arrays = [value.tolist() for value in names.values() if isinstance(value, np.ndarray)]
    assert CODES in arrays


def test_link_is_copied(copier: Visit) -> None:
    """The link on the clipboard is the address of the state."""
    copier.retype("bits", "6")
    button = copier.page.locator("[data-action=link]")
    button.click()
    expect(button).to_have_text("Copied")
    assert copied(copier) == copier.page.url
    assert "bits=6" in copied(copier)


@pytest.mark.parametrize(("kind", "part"), [("latex", "\\frac"), ("markdown", "Scale factor")])
def test_derivation_is_copied(copier: Visit, kind: str, part: str) -> None:
    """The steps of the followed number are copied as LaTeX or Markdown."""
    button = copier.page.locator(f"#follow [data-action=copy-steps][data-kind={kind}]")
    button.click()
    expect(button).to_have_text("Copied")
    assert part in copied(copier)
