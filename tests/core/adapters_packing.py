"""Runs recorded cases of packed codes."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from quantcore.formats.packing import pack, unpack
from tests.core.comparing import check

_ORDERS = {
    "element 2i in the low nibble": "low_first",
    "element 2i in the high nibble": "high_first",
}


def packing(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Codes to bytes as recorded, and back again; the width is in the name of the call, the order in the parameters."""
    codes = np.asarray(inputs["v"])
    width = re.search(r"(\d)bit", case["call"])
    assert width, f"{case['id']}: the call {case['call']!r} names no width"
    bits = int(width[1])
    described = case["params"].get("order", "")
    orders = [order for phrase, order in _ORDERS.items() if described.startswith(phrase)]
    if not orders and (not described or "lowest bits" in described):
        orders = ["low_first"]  # ONNX's own, at every width
    assert orders, f"{case['id']}: unknown order {described!r}"
    # the recorded input may hold any bytes: only the low `bits` bits of each are packed
    signed = codes.dtype.kind == "i"
    low_bits = (codes.astype(np.int64) & (2**bits - 1)).astype(np.uint8)
    packed = pack(low_bits, bits, order=orders[0])
    check(case, "packed", packed, outputs["packed"])
    back = unpack(packed, bits, codes.size, signed=signed, order=orders[0])
    assert np.array_equal(back.astype(np.int64) & (2**bits - 1), low_bits.reshape(-1)), f"{case['id']}: no round trip"


ADAPTERS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]] = {"packing": packing}
