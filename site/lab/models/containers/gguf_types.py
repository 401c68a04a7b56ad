"""The types of tensors in GGUF files, by the number that stands for them.

Source: ggml 0.20.2, ggml.h (enum ggml_type); the blocks are those of quantcore.
"""

from __future__ import annotations

from functools import cache

from ..reading.encoding import Encoding, blocked, coded, plain

PLAIN = {0: ("F32", "f4"), 24: ("I8", "i1"), 26: ("I32", "i4"), 27: ("I64", "i8"), 28: ("F64", "f8")}
CODED = {1: ("F16", "float16"), 25: ("I16", "int16"), 30: ("BF16", "bfloat16")}
BLOCKED = {
    2: "q4_0", 3: "q4_1", 6: "q5_0", 7: "q5_1", 8: "q8_0", 10: "q2_k", 11: "q3_k", 12: "q4_k", 13: "q5_k", 14: "q6_k",
    15: "q8_k", 16: "iq2_xxs", 17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl", 21: "iq3_s", 22: "iq2_s",
    23: "iq4_xs", 29: "iq1_m", 34: "tq1_0", 35: "tq2_0", 39: "gguf_mxfp4", 40: "gguf_nvfp4", 41: "q1_0", 42: "q2_0",
}  # fmt: skip
REMOVED = {
    4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8",
    38: "IQ4_NL_8_8",
}  # fmt: skip
UNREAD = {9: ("Q8_1", 32, 36)}
"""Label, elements and bytes of a block that is no format of files: ggml makes it of activations and never stores it."""


@cache
def encoding_of(number: int, is_big_endian: bool) -> Encoding | None:
    """What numbers a tensor of this type holds; None for a type that cannot be read."""
    if number in PLAIN:
        label, dtype = PLAIN[number]
        return plain(label, (">" if is_big_endian else "<") + dtype)
    if number in CODED:
        label, name = CODED[number]
        return coded(label, name, is_big_endian=is_big_endian)
    if number in BLOCKED:
        name = BLOCKED[number]
        return blocked(name.removeprefix("gguf_").upper(), name, is_big_endian)
    return None


@cache
def label_of(number: int) -> str:
    """The name of a type."""
    if number in UNREAD:
        return UNREAD[number][0]
    if number in REMOVED:
        return REMOVED[number]
    found = encoding_of(number, False)
    return f"type {number}" if found is None else found.label


@cache
def fault_of(number: int) -> str:
    """Why a type cannot be read, as the end of a sentence that begins with the tensor's name; empty if it can."""
    if encoding_of(number, False) is not None:
        return ""
    if number in UNREAD:
        return (
            f"has type {number}, {label_of(number)}, which is for products and not for files; convert the model again."
        )
    if number in REMOVED:
        return (
            f"has type {number}, {label_of(number)}, which was removed from ggml; its values cannot be shown. "
            "Convert the model again."
        )
    return f"has type {number}, which is not known; its values cannot be shown. A newer ggml may have added it."
