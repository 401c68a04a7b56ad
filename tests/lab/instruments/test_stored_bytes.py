"""The bytes of a block: as in a file, each with its field and its numbers, and a way to change them."""

import json
from typing import Any

import lab
import numpy as np
import pytest
from lab.answer import computed
from lab.request.fields.formats import CHOICES

import quantcore as qc

Json = dict[str, Any]
Q4_0 = "80 91 91 a2 a2 b3 b3 c4 c4 d5 d5 e6 e6 f7 f7 f8"


def looked_at(**request: str) -> Json:
    """The instrument of a request."""
    answer = lab.answer({**request, "show": "stored_bytes"})
    assert answer["ok"], answer["errors"]
    return next(view for view in answer["instruments"] if view["name"] == "stored_bytes")


def cells_of(view: Json) -> list[Json]:
    """The attributes of each byte, and its text."""
    return [{**cell[1], "text": cell[2]} for cell in view["nodes"][1][2:]]


def ramp(low: int, high: int) -> str:
    """Whole numbers as values."""
    return " ".join(map(str, range(low, high)))


def test_a_block_of_q4_0() -> None:
    """-16 to 15: d is 2, 0x4000 in float16, lower byte first; then the nibbles, the second half in the high ones."""
    view = looked_at(format="q4_0", values=ramp(-16, 16), element="17")
    cells = cells_of(view)
    assert " ".join(cell["text"] for cell in cells) == f"00 40 {Q4_0}"
    assert cells[0]["title"].startswith("Byte 0, d, hexadecimal 00: numbers 0 to ")
    assert cells[3]["title"] == "Byte 3, qs, hexadecimal 91: numbers 1, 17; the followed number’s bits are 4 to 7"
    assert "byte-own" in cells[3]["class"]
    assert [row["cells"] for row in view["table"]["rows"]] == [["d", "0", "2", "2.0"], ["qs", "2", "16", "–"]]


def test_a_pressed_byte_follows_its_numbers_in_turn() -> None:
    """A byte leads to its first number; the one that holds the followed number to the next."""
    follows = [cell.get("data-follow") for cell in cells_of(looked_at(format="q4_0", values=ramp(-16, 16)))]
    assert follows[:5] == [None, None, "16", "1", "2"]


def test_scales_of_other_formats_are_after_all_codes() -> None:
    """Two blocks of MXFP4: codes of the second from byte 16, its scale in byte 33."""
    view = looked_at(format="mxfp4", values=ramp(1, 65), element="40")
    assert [row["cells"][:3] for row in view["table"]["rows"]] == [["codes", "16", "16"], ["scale", "33", "1"]]
    assert cells_of(view)[-1]["title"].endswith("scale, hexadecimal 83: numbers 32 to 63")


def test_what_fills_a_block_up_is_no_number() -> None:
    """Three numbers in a block of 32: the bytes of the other 29 hold none."""
    cells = cells_of(looked_at(format="mxfp4", values="1, 2, 3"))
    assert [cell["title"].split(": ")[1] for cell in cells[1:3]] == ["number 2", "no number"]
    assert "data-follow" not in cells[2]


@pytest.mark.parametrize(("bits", "text"), [("4", "numbers 2, 3"), ("2", "numbers 0 to 3"), ("8", "number 3")])
def test_integers_are_packed(bits: str, text: str) -> None:
    """Four codes of 8, 4 and 2 bits: a byte for one, for two, for four."""
    view = looked_at(direction="dequantize", codes="0, 1, 1, 0", bits=bits, element="3")
    own = next(cell for cell in cells_of(view) if "byte-own" in cell["class"])
    assert f": {text};" in own["title"]


def test_bytes_can_be_edited() -> None:
    """The button asks for the same bytes, which give the same numbers; a nibble that is changed changes one of them."""
    request = {"format": "q4_0", "values": ramp(-16, 16), "element": "17"}
    view = looked_at(**request)
    fields = json.loads(view["nodes"][2][2][1]["data-fields"])
    assert fields["bytes"] == f"00 40 {Q4_0}"
    before, again = lab.answer(request), lab.answer(fields)
    assert again["dequantized"] == before["dequantized"]
    assert again["request"]["element"] == "17"
    changed = lab.answer({**fields, "bytes": fields["bytes"].replace("40 80", "40 81")})
    assert [i for i in range(32) if changed["dequantized"][i] != before["dequantized"][i]] == [0]


def button_of(view: Json) -> Json:
    """The one button of the instrument that asks for something."""
    button = view["nodes"][2][2]
    assert button[1]["data-action"] == "choose"
    return {"label": button[2], **json.loads(button[1]["data-fields"])}


@pytest.mark.parametrize("name", [name for name, block in qc.BLOCK_FORMATS.items() if block.can_encode])
def test_of_many_bytes_those_of_the_block_are_edited(name: str) -> None:
    """The block's own bytes, alone, give its numbers back, and the followed one is followed on."""
    request = {"format": name, "source": "normal", "shape": "20,1536", "element": "5000"}
    if getattr(qc.BLOCK_FORMATS[name], "importance", "") == "needed":
        request["importance"] = " ".join(["1"] * 1536)
    fields = button_of(looked_at(**request))
    assert fields.pop("label") == "Edit the bytes of this block"
    assert len(fields["bytes"]) // 3 < 1024
    result, again = computed(request), computed({**fields, "show": "table"})
    assert not isinstance(result, list)
    assert not isinstance(again, list)
    start = 5000 // again.size * again.size
    assert again.flat_x_hat.tolist() == result.flat_x_hat[start : start + again.size].tolist()
    assert again.element == 5000 - start


def test_a_block_that_shares_a_byte_is_not_edited_alone() -> None:
    """Rows of five codes of four bits share bytes: the page says what to do instead."""
    view = looked_at(format="int4_f16", source="normal", shape="2001,5", element="5")
    assert "quantize fewer values: a request carries 4,096 at most" in view["nodes"][2][2]


@pytest.mark.parametrize("name", list(CHOICES))
def test_every_format_shows_its_bytes(name: str) -> None:
    """The bytes are those of the answer, and the followed number's are framed."""
    request = {"format": name, "direction": "dequantize", "element": "2"}
    cells = cells_of(looked_at(**request))
    assert any("byte-own" in cell["class"] for cell in cells)
    assert [cell["tabindex"] for cell in cells].count("0") >= 1
    stored = lab.answer(request).get("stored")
    if stored is not None and name not in qc.BLOCK_FORMATS:
        assert "".join(cell["text"] for cell in cells) == stored["hex"][:128]


def test_rows_that_are_filled_up_keep_their_numbers() -> None:
    """Three rows of 40 in blocks of 32: the second block of the last row holds the numbers 112 to 119."""
    values = np.arange(120).reshape(3, 40).tolist()
    view = looked_at(format="mxfp4", values=str(values), element="119")
    assert cells_of(view)[-1]["title"].endswith(": numbers 112 to 119")
