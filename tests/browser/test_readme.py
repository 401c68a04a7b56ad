"""The picture in the README is one of the page."""

import os
import struct
from pathlib import Path

import pytest

from .conftest import ROOT, Visit

PICTURE = ROOT / "site" / "media" / "page.png"
SIZE = {"width": 1366, "height": 860}


@pytest.mark.browser
@pytest.mark.parametrize("visitor", [{"viewport": SIZE, "color_scheme": "light", "shows_all": False}], indirect=True)
def test_the_readmes_picture_is_of_this_page(visitor: Visit, tmp_path: Path) -> None:
    """The README shows the page in the size taken here; with QUANTLAB_PICTURE=1 the picture is taken anew."""
    page = visitor.open()
    page.locator("[data-figure=mapping] .chart .main-svg").first.wait_for()
    page.locator("html[data-at-rest]").wait_for()
    taken = page.screenshot(path=PICTURE if os.environ.get("QUANTLAB_PICTURE") else tmp_path / "page.png")
    assert "site/media/page.png" in (ROOT / "README.md").read_text("utf-8")
    assert _size(PICTURE.read_bytes()) == _size(taken) == (SIZE["width"], SIZE["height"])


def _size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height
