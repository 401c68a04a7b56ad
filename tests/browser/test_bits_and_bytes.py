"""The bits of a code as switches, and the bytes of a block: both with the keyboard alone."""

import pytest
from playwright.sync_api import Locator, expect

from .conftest import Visit, current_chart

pytestmark = pytest.mark.browser

FLIPPED = """() => document.querySelector("[data-figure=bits] > .chart").data
    .filter(trace => trace.meta && trace.meta.flipped).map(trace => [...trace.x])"""


def bits_of(visit: Visit) -> Locator:
    """The card of the switches."""
    card = visit.page.locator("[data-instrument=bits]")
    card.scroll_into_view_if_needed()
    expect(card.locator(".bits")).to_be_visible()
    return card


def test_a_bit_is_flipped_by_the_keyboard(lab: Visit) -> None:
    """448 is 0 1111 110 in E4M3: its sign makes it −448, its last bit NaN, and a second press takes that back."""
    lab.follow_link("format=float8_e4m3fn&values=448")
    card = bits_of(lab)
    told = card.locator(".bits-told")
    expect(told).to_have_text("0x7E is 448.")
    expect(card.locator(".bit")).to_have_text(["0", "1", "1", "1", "1", "1", "1", "0"])
    sign, last = card.locator(".bit").first, card.locator(".bit").last
    sign.press("Space")
    expect(told).to_have_text("0xFE is −448.")
    expect(sign).to_have_attribute("aria-pressed", "true")
    expect(sign).to_be_focused()
    last.press("Enter")
    expect(told).to_have_text("0xFF is NaN.")
    last.press("Enter")
    expect(told).to_have_text("0xFE is −448.")


def test_a_flip_is_marked_on_the_lines(lab: Visit) -> None:
    """The mark goes to the number on both lines; it is nowhere before a flip, and after another number is followed."""
    lab.follow_link("format=float8_e4m3fn&values=224,1.5")
    card = bits_of(lab)
    current_chart(lab, "bits")
    assert lab.page.evaluate(FLIPPED) == [[], []]
    card.locator(".bit").first.press("Space")
    lab.page.wait_for_function(f"JSON.stringify(({FLIPPED})()) === '[[-224],[224]]'")
    lab.follow_link("format=float8_e4m3fn&values=224,1.5&element=1")
    lab.page.wait_for_function(f"JSON.stringify(({FLIPPED})()) === '[[],[]]'")


def test_arrows_tell_field_and_numbers_of_a_byte(lab: Visit) -> None:
    """From the followed number's byte the arrow keys walk to its neighbours, and each says what it holds."""
    lab.follow_link(f"format=q4_0&values={','.join(map(str, range(-16, 16)))}&element=17")
    dump = lab.page.locator("[data-instrument=stored_bytes] .dump")
    dump.scroll_into_view_if_needed()
    own, told = dump.locator(".byte-own"), lab.page.locator("[data-region=cursor]")
    expect(own).to_have_text("91")
    own.press("ArrowRight")
    expect(told).to_have_text("Byte 4, qs, hexadecimal 91: numbers 2, 18")
    for _ in range(4):
        lab.page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("Byte 0, d, hexadecimal 00: numbers 0 to")
    expect(dump.locator(".byte").first).to_be_focused()


def test_an_edited_byte_changes_its_numbers(lab: Visit) -> None:
    """The button asks for the same bytes; with another code in one of them, two numbers of 32 come back differently."""
    before = lab.follow_link(f"format=q4_0&values={','.join(map(str, range(-16, 16)))}")
    button = lab.page.get_by_role("button", name="Edit these bytes")
    button.scroll_into_view_if_needed()
    again = lab.after(lambda: button.press("Enter"))
    assert again["dequantized"] == before["dequantized"]
    assert again["request"]["bytes"].startswith("00 40 80 91")
    edited = lab.retype("bytes", again["request"]["bytes"].replace("00 40 80", "00 40 ff", 1))
    changed = [i for i in range(32) if edited["dequantized"][i] != again["dequantized"][i]]
    assert changed == [0, 16]
    assert [edited["dequantized"][i] for i in changed] == [14, 14]
