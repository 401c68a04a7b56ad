"""A thousand random edits in one page: it ends ready, form, address and answer agree, and memory has not grown."""

import json
import random
import time
from typing import Any
from urllib.parse import parse_qsl

import lab as core
import pytest
from playwright.sync_api import Page, Worker

from .conftest import PATIENCE_MS, TELL_MEMORY
from .test_failures import READY, Site, site

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.alone]

N_EDITS, N_BETWEEN, N_WARM = 1000, 20, 200
CHOICES: dict[str, list[str]] = {
    "values": ["-3.0, 0.1, 3.2", "1 2 3 4 50", "[[1, -2], [0.5, 7]]", "0, 0, 0", "1e-30, 5", "5", "1, x"],
    "source": ["values", "normal", "laplace", "outliers"],
    "shape": ["", "8", "64", "32,32", "64,128", "256,256", "3,5,7"],
    "profile": ["onnx", "pytorch", "tflite", "custom"],
    "bits": ["2", "3", "4", "5", "6", "8", "16", "40"],
    "signed": ["0", "1"],
    "scheme": ["affine", "symmetric"],
    "granularity": ["tensor", "axis", "block"],
    "axis": ["0", "0", "1"],
    "block_size": ["1", "8", "32", "5"],
    "calibration": ["minmax", "percentile", "mse", "entropy", "manual"],
    "percentile": ["99", "90", "100"],
    "range_min": ["-1", ""],
    "range_max": ["2", ""],
    "rounding": ["half_even", "half_away", "floor"],
    "precision": ["float32", "float64"],
    "direction": ["quantize", "quantize", "dequantize"],
    "codes": ["-128, -1, 127", "1 2 3", "[[1, -2], [0, 1]]"],
    "scale": ["0.5", "0.02"],
    "zero_point": ["0", "1"],
    "element": ["0", "1"],
    "seed": ["0", "3"],
}
SOUND = {
    "direction": "quantize",
    "profile": "onnx",
    "precision": "float32",
    "source": "normal",
    "shape": "8,8",
    "bits": "8",
    "calibration": "mse",
    "axis": "0",
}
EDIT = """([name, text]) => {
    const control = document.querySelector("#controls").elements[name];
    const one = control instanceof RadioNodeList ? [...control].find((it) => it.value === text) : control;
    if (!one || one.disabled || one.closest("[hidden]")) return false;
    if (one.options && ![...one.options].some((it) => it.value === text)) return false;
    if (one.type === "radio" || one.type === "checkbox") one.checked = text !== "0";
    else one.value = text;
    one.dispatchEvent(new Event("input", {bubbles: true}));
    return true;
}"""
AT_REST = READY + " && document.documentElement.dataset.atRest === 'true'"
CONTROLS = """() => Object.fromEntries([...new Set([...document.querySelector("#controls").elements]
    .filter((it) => it.name && !it.disabled && !it.closest("[hidden]") && it.type !== "file").map((it) => it.name))]
    .map((name) => [name, document.querySelector("#controls").elements[name]])
    .map(([name, it]) => [name, it.type === "checkbox" ? (it.checked ? "1" : "0") : it.value]))"""
RECORD_MEMORY = """
for (const name of ["instantiate", "instantiateStreaming"]) {
    const plain = WebAssembly[name];
    WebAssembly[name] = async (...all) => {
        const made = await plain.apply(WebAssembly, all);
        window.pythonMemory = (made.instance ?? made).exports.memory;
        return made;
    };
}
"""


def memory_of(page: Page) -> dict[str, float]:
    """What the page holds, in megabytes after its garbage is collected: JavaScript's, and that of both Pythons."""
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    return {
        "JavaScript": page.evaluate("performance.memory.usedJSHeapSize / 1e6"),
        "MicroPython": page.evaluate("pythonMemory.buffer.byteLength / 1e6"),
        "Python": python_of(page).evaluate("memoryOfPython() / 1e6"),
    }


def python_of(page: Page) -> Worker:
    """The worker, once Python runs in it: what is overtaken may have ended the one before."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not (page.workers and page.workers[-1].evaluate("typeof memoryOfPython") == "function"):
        assert time.monotonic() < end, "no worker has Python"
        page.wait_for_timeout(100)
    return page.workers[-1]


def check_agreement(page: Page) -> bool:
    """The answer is the lab's own to what the address says, and the form says the same. Returns whether it is good."""
    address = dict(parse_qsl(page.evaluate("location.hash.slice(1)"), keep_blank_values=True))
    answer: dict[str, Any] = page.evaluate(
        "(({ok, errors, request, codes}) => ({ok, errors, request, codes}))(window.quantlab.answer)"
    )
    expected: dict[str, Any] = dict(core.answer({**address, "show": "summary"}))
    assert answer["ok"] == expected["ok"], address
    if not expected["ok"]:
        assert answer["errors"] == expected["errors"], address
        return False
    asked = {name: text for name, text in answer["request"].items() if name != "show"}
    assert asked == {name: text for name, text in expected["request"].items() if name != "show"}, address
    differing = {name: (text, asked.get(name)) for name, text in page.evaluate(CONTROLS).items() if asked[name] != text}
    assert differing == {}, address
    if asked["calibration"] not in ("mse", "entropy"):  # the last bits of sums and logarithms differ, and decide
        assert answer["codes"] == expected["codes"], address
    return True


def test_a_thousand_edits(site: Site) -> None:
    """Edits come as fast as a machine makes them and overtake one another; now and then all is compared."""
    seed = int(time.time())
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    site.page.add_init_script(RECORD_MEMORY)
    page = site.open({"runtime/worker.py": TELL_MEMORY})
    page.wait_for_function(READY)
    for name, text in (*SOUND.items(), ("shape", "256,256")):
        page.evaluate(EDIT, [name, text])
    page.wait_for_function(AT_REST)  # the largest request, so that memory holds it before it is measured
    n_edits, n_good, before = 0, 0, {}
    while n_edits < N_EDITS:
        name = chance.choice(list(CHOICES))
        if not page.evaluate(EDIT, [name, chance.choice(CHOICES[name])]):
            continue
        n_edits += 1
        if n_edits % N_BETWEEN == 0:
            page.wait_for_function(AT_REST)
            assert page.evaluate("document.documentElement.dataset.state") == "ready"
            is_good = check_agreement(page)
            n_good += is_good
            for name, text in () if is_good else SOUND.items():  # else what is wrong stays for long
                page.evaluate(EDIT, [name, text])
        if n_edits == N_WARM:
            before = memory_of(page)
    after = memory_of(page)
    print(json.dumps({"before": before, "after": after}))  # noqa: T201
    assert n_good > N_EDITS / N_BETWEEN / 10
    for kind, size in after.items():
        assert size < 1.25 * before[kind] + 8, f"{kind}: {before[kind]:.0f} MB, later {size:.0f}"
