"""GGUF's formats with gguf-py: encoded where it encodes, else the bytes decoded."""

from .blocks_in_programs import kept, octets, values
from .case import Case, program

ENCODED = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "tq1_0", "tq2_0", "gguf_mxfp4")
UNKNOWN = ("q1_0", "q2_0", "q8_k")  # to version 0.19.0
TYPES = {"gguf_mxfp4": "MXFP4", "gguf_nvfp4": "NVFP4"}
"""Names in gguf.GGMLQuantizationType that are not those here in capitals."""


def with_gguf(case: Case) -> str:
    """The program; empty where gguf-py does not know the format."""
    stored = case.stored
    if stored is None or stored.fmt.library != "ggml" or stored.fmt.name in UNKNOWN:
        return ""
    name = stored.fmt.name
    kind = f"kind = GGMLQuantizationType.{TYPES.get(name, name.upper())}"
    head = ["import numpy as np", "from gguf import GGMLQuantizationType"]
    back = f"x_hat = dequantize(data, kind){kept(case)}"
    encodes = name in ENCODED and not case.is_dequantize and "importance" not in stored.options
    if encodes:
        numbers = [*values(case), kind]
        head = case.head(*head, "from gguf.quants import dequantize, quantize")
        return program(
            head,
            *case.origin.functions,
            numbers,
            ["data = quantize(x, kind)", back, "print(data.tobytes().hex(), x_hat)"],
        )
    head.append("from gguf.quants import dequantize")
    remark = [] if case.is_dequantize else ["# gguf-py only decodes this: here are the bytes that ggml writes"]
    rows = (*stored.shape[:-1], -1)
    data = f"data = np.frombuffer({octets(case)}, np.uint8).reshape({rows})"
    return program([*remark, *head], [kind, data], [back, "print(x_hat)"])
