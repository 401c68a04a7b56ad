"""Runs recorded cases of GGUF blocks, by ggml's own library and by gguf-py."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quantcore.blocks.ggml_fp4 import encode_ue4m3
from quantcore.blocks.gguf import GgufFormat
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from quantcore.errors import QuantError
from tests.core.comparing import check


def encoded(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Values to bytes as recorded, by an importance matrix where there is one, and those bytes to values."""
    if "type" not in case["params"]:  # the scale of NVFP4 by itself
        check(case, "codes", encode_ue4m3(np.asarray(inputs["x"], np.float32)), outputs["codes"])
        return
    fmt, x = _format(case), inputs["x"]
    if not np.isfinite(x).all():
        assert case["status"] == "impl_defined", f"{case['id']}: not finite"
        with pytest.raises(QuantError, match="finite"):
            fmt.quantize(x)
        return
    blocks = fmt.quantize(x, inputs.get("imatrix"))
    check(case, "q", blocks, outputs["q"])
    check(case, "dq", fmt.dequantize(blocks), outputs["dq"])


def decoded(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Bytes, of which any are allowed, to values as recorded."""
    fmt = _format(case)
    blocks = fmt.blocks_of_bytes(np.asarray(inputs["q"], np.uint8))
    check(case, "dq", fmt.dequantize(blocks), outputs["dq"])


def _format(case: dict[str, Any]) -> GgufFormat:
    label = case["params"]["type"]
    fmt = next(fmt for fmt in GGUF_FORMATS.values() if fmt.label == label)
    for name, ours in (("block_size", fmt.block_size), ("type_size", fmt.block_bytes)):
        assert case["params"].get(name, ours) == ours, f"{case['id']}: {name}"
    return fmt


ADAPTERS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]] = {
    "gguf_quant": encoded,
    "gguf_dequant": decoded,
    "ggml_encode": encoded,
    "ggml_imatrix": encoded,
    "ggml_grid_encode": encoded,
    "ggml_decode": decoded,
}
