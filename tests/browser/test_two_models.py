"""Two models on the page: dropped together, compared, one pair looked at, also by a worker that has started again."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.lab.inspection.test_pairs import GGUF_UP, HF_Q, Q_BACK, Q, checkpoint, figures, quantized

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A checkpoint and the same quantized."""
    folder: Path = tmp_path_factory.mktemp("models")
    contents = {"m.gguf": quantized(), "m.safetensors": checkpoint()}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


def test_two_models_are_compared(lab: Visit, files: list[str]) -> None:
    """The table ranks what both have, a name shows the pair with its charts, and a new worker knows both files."""
    lab.after(lambda: lab.page.set_input_files("#chooser", files))
    expect(lab.page.locator(".tensors h2")).to_have_text("Tensors of m.gguf")
    lab.page.get_by_role("button", name="Compare with m.safetensors").click()
    inspection = lab.page.locator(".inspection")
    table = inspection.locator("table").first
    expect(table.locator("tbody tr")).to_have_count(3)
    ratio = f"{figures(Q, Q_BACK)['sqnr_db']:.2f}"
    expect(table.locator("tr", has_text="blk.1.attn_q.weight")).to_contain_text(ratio)
    expect(inspection.locator(".chart .points path")).to_have_count(2)
    table.get_by_role("button", name=GGUF_UP).click()
    charts_are_drawn(inspection)
    inspection.get_by_role("button", name="Take m.gguf as the reference").click()
    expect(inspection).to_contain_text("Reference: blk.0.ffn_up.weight in m.gguf")

    lab.page.evaluate("location.hash = 'profile=onnx&source=student_t&shape=4000,2000&calibration=entropy'")
    lab.page.locator("[data-region=status]").get_by_role("button", name="Cancel").click()
    lab.page.wait_for_function("document.documentElement.dataset.state === 'ready'")
    inspection.get_by_role("button", name="All tensors").click()
    expect(inspection.locator("h2")).to_have_text("m.safetensors compared with m.gguf")
    with lab.page.expect_download() as download:
        inspection.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    row = next(row for row in rows if row["name"] == HF_Q)
    assert float(row["sqnr_db"]) == pytest.approx(figures(Q_BACK, Q)["sqnr_db"], rel=1e-10)


def charts_are_drawn(inspection: Locator) -> None:
    """The histograms and the map."""
    expect(inspection.locator("[data-figure=inspection] .chart .bars path").first).to_be_attached()
    expect(inspection.locator("[data-figure=inspection-2] .chart .heatmaplayer image")).to_be_attached()
