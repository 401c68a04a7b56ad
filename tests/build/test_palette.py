"""The colours of charts: the same in figures and in the style sheet, seen on their paper, told apart by every eye."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from lab.drawing.figure import PALETTE
from numpy.typing import NDArray

SITE = Path(__file__).resolve().parents[2] / "site"
CSS = (SITE / "css/tokens.css").read_text("utf-8")
TOKENS = {
    name: dict(zip(("light", "dark"), (light.lower(), dark.lower()), strict=True))
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)
}
MARKS = [name for name in PALETTE if name != "deep-error"]  # which is in heat maps alone
# Machado, Oliveira, Fernandes (2009): what an eye without one kind of cones sees, in linear RGB
EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
WHITE = [0.9505, 1.0, 1.089]


def linear(color: str) -> NDArray[np.float64]:
    """Linear RGB of "#rrggbb", as WCAG has it."""
    parts = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio."""
    dark, light = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def seen(color: str, eye: str) -> NDArray[np.float64]:
    """A colour in CIELAB, as an eye sees it."""
    share = np.array(XYZ) @ np.clip(np.array(EYES[eye]) @ linear(color), 0, 1) / WHITE
    bent = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


def test_figures_page_and_style_sheet_agree() -> None:
    """Every colour of figures is a token, whose light value it is, and the page knows it by its name."""
    assert {name: color.lower() for name, color in PALETTE.items()} == {
        name: TOKENS[f"chart-{name}"]["light"] for name in PALETTE
    }
    assert f"NAMES = {tuple(PALETTE)}".replace("'", '"') in (SITE / "page/palette.py").read_text("utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PALETTE)
def test_marks_are_seen(name: str, theme: str) -> None:
    """WCAG asks of what is drawn a contrast of 3 to the paper."""
    assert contrast(TOKENS[f"chart-{name}"][theme], TOKENS["paper"][theme]) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_marks_are_told_apart(eye: str) -> None:
    """On dark paper, colours are as far apart for every eye as those of Okabe and Ito, which are on light paper."""

    def least(theme: str) -> float:
        colors = [seen(TOKENS[f"chart-{name}"][theme], eye) for name in MARKS]
        return min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(colors, 2))

    assert least("dark") > min(least("light"), 17)
