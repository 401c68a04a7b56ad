"""Runs recorded cases of GGUF blocks, by ggml's own library and by gguf-py."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.blocks.ggml_fp4 import encode_ue4m3
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from quantcore.errors import QuantError
from tests.core.comparing import check

FORMATS = {fmt.label: fmt for fmt in GGUF_FORMATS}


def encoded(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Values to bytes as recorded, by an importance matrix where there is one, and those bytes to values."""
    x = inputs["x"]
    if "type" not in case["params"]:  # the scale of NVFP4 by itself
        check(case, "codes", encode_ue4m3(np.asarray(x, np.float32)), outputs["codes"])
    elif case["params"]["type"] == "BF16":
        codes = qc.encode(x, "bfloat16")
        check(case, "q", codes.view(np.uint8), outputs["q"])
        check(case, "dq", qc.decode(codes, "bfloat16"), outputs["dq"])
    elif not np.isfinite(x).all():
        assert case["status"] == "impl_defined", f"{case['id']}: not finite"
        with pytest.raises(QuantError, match="finite"):
            qc.store(x, FORMATS[case["params"]["type"]])
    else:
        fmt = FORMATS[case["params"]["type"]]
        for name, ours in (("block_size", fmt.block_size), ("type_size", fmt.block_bytes)):
            assert case["params"].get(name, ours) == ours, f"{case['id']}: {name}"
        stored = qc.store(x, fmt, importance=inputs.get("imatrix"))
        check(case, "q", np.frombuffer(stored.to_bytes(), np.uint8), outputs["q"])
        check(case, "dq", qc.restore(stored), outputs["dq"])


def decoded(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Bytes, of which any are allowed, to values as recorded."""
    data = np.ascontiguousarray(inputs["q"], np.uint8)
    if case["params"]["type"] == "BF16":
        values = qc.decode(data.reshape(-1).view(np.uint16), "bfloat16")
    else:
        values = qc.restore(FORMATS[case["params"]["type"]].from_bytes(data.tobytes(), outputs["dq"].shape))
    check(case, "dq", values, outputs["dq"])


ADAPTERS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]] = {
    "gguf_quant": encoded,
    "gguf_dequant": decoded,
    "ggml_encode": encoded,
    "ggml_imatrix": encoded,
    "ggml_grid_encode": encoded,
    "ggml_decode": decoded,
}
