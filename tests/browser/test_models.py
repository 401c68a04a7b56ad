"""Model files on the page: the table of tensors, values taken from it, bytes as they are stored, any size."""

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit, memory_of_python
from tests.lab.models.files import FOLDER, expected, gguf

GGUF = "tiny-all-types.gguf"
MOST_MEMORY = 64 * 2**20
"""By how much Python's memory may grow for a model of any size."""


def choose(lab: Visit, *paths: Path) -> None:
    """Chooses files of the disk."""
    lab.page.set_input_files("#chooser", [str(path) for path in paths])


def test_a_model_is_listed_and_its_tensors_are_taken(lab: Visit) -> None:
    """The table names every tensor; it is searched and sorted; a name gives its values, a type its bytes."""
    answer = lab.after(lambda: choose(lab, FOLDER / GGUF))
    assert answer["ok"], answer
    table = lab.page.locator(".tensors table")
    expect(table.locator("tbody tr")).to_have_count(len(expected(GGUF)))
    expect(lab.page.locator(".tensors")).to_contain_text("GGUF version 3: 29 tensors")
    bits = table.locator("tbody tr td:nth-child(5)")
    unsorted = bits.all_inner_texts()
    table.get_by_role("button", name="Bits per value").click()
    expect(table.locator("th[aria-sort=descending]")).to_have_text("Bits per value")
    expect(bits).to_have_text(sorted(unsorted, key=float, reverse=True))
    lab.page.get_by_role("searchbox", name="Search").fill("q4_k")
    expect(table.locator("tbody tr")).to_have_count(1)
    name = table.locator("tbody th").inner_text()
    values = expected(GGUF)[name].reshape(-1)
    answer = lab.after(lambda: table.get_by_role("button", name=name, exact=True).click())
    assert answer["request"]["direction"] == "quantize"
    assert np.array_equal(np.float32(answer["values"]), values)
    answer = lab.after(lambda: table.get_by_role("button", name="as it is stored").click())
    assert (answer["request"]["direction"], answer["request"]["format"]) == ("dequantize", "q4_k")
    assert np.array_equal(np.float32(answer["dequantized"]), values)
    assert len(bytes.fromhex(answer["stored"]["hex"])) == 288


def test_a_checkpoint_is_opened_with_its_configuration(lab: Visit) -> None:
    """Files that belong together are one model: packed words become the weights that the library decodes."""
    name = "gptq-v1-4bit.safetensors"
    answer = lab.after(lambda: choose(lab, FOLDER / name, FOLDER / "gptq-v1-4bit.quantize_config.json"))
    assert answer["ok"], answer
    tensor = answer["request"]["tensor"]
    assert np.array_equal(np.float32(answer["values"]), expected(name)[tensor].reshape(-1)[:10_000])
    expect(lab.page.locator(".tensors")).to_contain_text("GPTQ 4 bit")


def test_a_window_moves_over_a_map(lab: Visit, tmp_path: Path) -> None:
    """A click on a map shows the rows of a cell in the laboratory; buttons, by keyboard, move and resize the window."""
    values = np.random.default_rng(4).normal(size=(300, 64)).astype("<f4")
    path = tmp_path / "map.gguf"
    path.write_bytes(gguf([("w", values.shape, 0, 0, values.tobytes())]))
    assert lab.after(lambda: choose(lab, path))["ok"]
    card = lab.page.locator(".inspection")
    lab.page.get_by_role("button", name="Look into w").click()
    card.get_by_role("button", name="A map of all of it").click()
    expect(card.locator(".nsewdrag")).to_be_visible()
    answer = lab.after(card.get_by_role("button", name="See the first rows").click)
    assert answer["request"]["rows"] == "0:4"
    button = card.get_by_role("button", name="Rows after")
    assert lab.after(lambda: button.press("Enter"))["request"]["rows"] == "4:8"
    expect(button).to_be_focused()
    assert lab.after(lambda: button.press("Enter"))["values"] == values[8:12].ravel().tolist()
    lab.retype("bits", "3")
    box = card.locator(".nsewdrag").bounding_box()
    assert box
    middle = {"x": box["width"] / 2, "y": box["height"] / 2}
    answer = lab.after(lambda: card.locator(".nsewdrag").click(position=middle))
    assert answer["request"]["rows"] in ("148:152", "152:156")
    assert answer["request"]["bits"] == "3"
    columns = card.get_by_role("button", name="Fewer columns")
    assert lab.after(lambda: columns.press("Enter"))["request"]["rows"].endswith(", 16:48")
    expect(columns).to_be_focused()
    answer = lab.after(lambda: card.locator(".nsewdrag").click(position={"x": box["width"] - 1, "y": 1}))
    assert answer["request"]["rows"] == "0:4, 32:64"
    assert answer["values"] == values[:4, 32:].ravel().tolist()
    expect(card).to_contain_text("of 300")


def test_a_file_that_changes_on_the_disk_is_told(lab: Visit, tmp_path: Path) -> None:
    """A file that is written anew after it was opened gives no numbers, but the sentence; it can be chosen again."""
    path, data = tmp_path / "changes.gguf", bytes(4 * 256)
    path.write_bytes(gguf([("first", (4, 64), 0, 0, data), ("second", (4, 64), 0, len(data), data)]))
    assert lab.after(lambda: choose(lab, path))["ok"]
    path.write_bytes(bytes(100))
    answer = lab.after(lab.page.get_by_role("button", name="second", exact=True).click)
    assert [error["field"] for error in answer["errors"]] == ["file"]
    assert "changed or removed since it was chosen. Choose it again." in answer["errors"][0]["message"]
    lab.page.get_by_role("button", name="Look into second").click()
    lab.page.locator(".inspection").get_by_role("button", name="Measure all of it").click()
    told = lab.page.locator("[data-region=inspection-progress]")
    expect(told).to_contain_text("changed or removed since it was chosen")
    path.write_bytes(gguf([("third", (4, 64), 0, 0, data)]))
    with lab.page.expect_file_chooser() as chooser:
        lab.page.locator("#chooser").click()
    answer = lab.after(lambda: chooser.value.set_files(path))
    assert answer["ok"], answer
    expect(lab.page.locator(".tensors tbody")).to_contain_text("third")


def drop_folder(lab: Visit, folder: Path) -> None:
    """Drops a folder of the disk on the page, as the browser itself does it."""
    session = lab.page.context.new_cdp_session(lab.page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})


@pytest.mark.parametrize("way", ["chosen", "dropped"])
def test_a_folder_is_opened(lab: Visit, tmp_path: Path, way: str) -> None:
    """Of a folder the model and what is said of it are taken, from below it, too; a folder without one is refused."""
    name, config = "gptq-v1-4bit.safetensors", "gptq-v1-4bit.quantize_config.json"
    for inside in ("model/weights", "model/notes", "empty"):
        (tmp_path / inside).mkdir(parents=True)
    shutil.copy(FOLDER / name, tmp_path / "model/weights")
    shutil.copy(FOLDER / config, tmp_path / "model/quantize_config.json")
    (tmp_path / "model/notes/config.json").write_text("{}")
    (tmp_path / "model/config.json").write_text("{}")
    (tmp_path / "empty/notes.txt").write_text("none")

    def take(folder: Path) -> None:
        drop_folder(lab, folder) if way == "dropped" else lab.page.set_input_files("#folder", folder)

    answer = lab.after(lambda: take(tmp_path / "model"))
    assert answer["ok"], answer
    tensor = answer["request"]["tensor"]
    assert np.array_equal(np.float32(answer["values"]), expected(name)[tensor].reshape(-1)[:10_000])
    expect(lab.page.locator(".tensors")).to_contain_text("GPTQ 4 bit")
    take(tmp_path / "empty")
    expect(lab.page.locator("[data-region=errors]")).to_contain_text("The folder holds no model")


def test_a_file_larger_than_memory_is_opened(lab: Visit, tmp_path: Path) -> None:
    """Of 6 GB only the header is read, and the tensor at its end when it is chosen; of 2,001 rows some are drawn."""
    size, last = 6 * 10**9 // 32 * 32, np.arange(256, dtype="<f4")
    tensors = [(f"blk.{i}.weight", (2, 256), 0, i * 2048, b"") for i in range(2000)]
    header = gguf([*tensors, ("output.weight", (4, 64), 0, size, b"")])
    path = tmp_path / "large.gguf"
    with path.open("wb") as file:
        file.write(header)
        file.seek(len(header) + size)
        file.write(last.tobytes())
    assert path.stat().st_size > 6 * 10**9
    before = memory_of_python(lab.page)
    answer = lab.after(lambda: choose(lab, path))
    assert answer["ok"], answer
    table = lab.page.locator(".tensors")
    rows = table.locator("tbody tr")
    expect(table).to_contain_text("2,001 tensors")
    expect(table).to_contain_text("1 to 50 of 2,001 shown")
    expect(rows).to_have_count(50)
    table.get_by_role("button", name="Rows after").click()
    expect(table).to_contain_text("51 to 100 of 2,001 shown")
    expect(rows.first.locator("th")).to_have_text("blk.50.weight")
    for order in ("descending", "ascending"):
        table.get_by_role("button", name="Size").click()
        expect(table.locator(f"th[aria-sort={order}]")).to_have_text("Size")
    expect(rows.first.locator("th")).to_have_text("output.weight")
    expect(rows).to_have_count(50)
    lab.page.get_by_role("searchbox", name="Search").fill("output")
    expect(rows).to_have_count(1)
    answer = lab.after(lambda: lab.page.get_by_role("button", name="output.weight", exact=True).click())
    assert answer["values"] == last.tolist()
    assert memory_of_python(lab.page) - before < MOST_MEMORY


def test_a_model_is_taken_along(lab: Visit) -> None:
    """The list, the report and decoded tensors are saved, and are what the table and the library say."""
    lab.after(lambda: choose(lab, FOLDER / GGUF))
    inspection = lab.page.locator(".inspection")
    lab.page.get_by_role("button", name="Look into the file").click()
    expect(inspection).to_contain_text("Entries of the header")
    inspection.get_by_role("button", name="Take it along").click()
    listed = list(csv.DictReader(io.StringIO(saved(inspection, "List of tensors as CSV").decode(), newline="")))
    assert {row["name"] for row in listed} == set(expected(GGUF))
    report = saved(inspection, "Report as Markdown").decode()
    assert report.startswith("# tiny-all-types.gguf\n")
    assert "Q4\\_K" in report
    name, values = next((row["name"], expected(GGUF)[row["name"]]) for row in listed if row["stored_as"] == "Q4_K")
    lab.page.get_by_role("searchbox", name="Search").fill(name)
    lab.page.get_by_role("button", name=f"Look into {name}").click()
    expect(inspection).to_contain_text("Stored tensors")
    inspection.get_by_role("button", name="Take it along").click()
    assert np.array_equal(np.load(io.BytesIO(saved(inspection, "As .npy"))), values)
    assert saved(inspection, "As .safetensors").endswith(values.tobytes())


def test_a_name_is_read_without_a_file(lab: Visit) -> None:
    """What is typed is explained on Enter, and its format opened in the laboratory; an empty name is an error."""
    inspection = lab.page.locator(".inspection")
    field = lab.page.get_by_label("What does a name stand for?")
    field.fill("Llama-3-8B-Q4_K_M.gguf")
    field.press("Enter")
    expect(inspection).to_contain_text("Q4_K_M: which tensors get which type")
    expect(inspection).to_contain_text("about 8 billion weights")
    answer = lab.after(lambda: inspection.get_by_role("button", name="Q6_K").first.click())
    assert (answer["ok"], answer["request"]["format"]) == (True, "q6_k")
    field.fill("GPTQ-Int4-g128")
    lab.page.get_by_role("button", name="Explain").click()
    expect(inspection).to_contain_text("4.15625 bits per weight")
    answer = lab.after(lambda: inspection.get_by_role("button", name="Open it in the laboratory").click())
    assert (answer["ok"], answer["request"]["block_size"], answer["request"]["bits"]) == (True, "128", "4")
    field.fill("")
    lab.page.get_by_role("button", name="Explain").click()
    expect(lab.page.locator("[data-region=inspection-progress]")).to_contain_text("The name is empty")


def saved(inspection: Locator, name: str) -> bytes:
    """The file that a button saves."""
    with inspection.page.expect_download() as download:
        inspection.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()
