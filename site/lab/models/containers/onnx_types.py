"""The types of ONNX tensors, by the number that stands for them.

Source: onnx 1.23.2, TensorProto.DataType. Codes below a byte: the first one in the lowest bits.
"""

from __future__ import annotations

from functools import cache

from ..reading.encoding import Encoding, coded, plain

PLAIN = {
    1: ("FLOAT", "<f4"), 6: ("INT32", "<i4"), 7: ("INT64", "<i8"), 9: ("BOOL", "?"), 11: ("DOUBLE", "<f8"),
    12: ("UINT32", "<u4"), 13: ("UINT64", "<u8"),
}  # fmt: skip
CODED = {
    2: ("UINT8", "uint8"), 3: ("INT8", "int8"), 4: ("UINT16", "uint16"), 5: ("INT16", "int16"),
    10: ("FLOAT16", "float16"), 16: ("BFLOAT16", "bfloat16"), 17: ("FLOAT8E4M3FN", "float8_e4m3fn"),
    18: ("FLOAT8E4M3FNUZ", "float8_e4m3fnuz"), 19: ("FLOAT8E5M2", "float8_e5m2"),
    20: ("FLOAT8E5M2FNUZ", "float8_e5m2fnuz"), 21: ("UINT4", "uint4"), 22: ("INT4", "int4"),
    23: ("FLOAT4E2M1", "float4_e2m1fn"), 24: ("FLOAT8E8M0", "float8_e8m0fnu"), 25: ("UINT2", "uint2"),
    26: ("INT2", "int2"), 27: ("FLOAT6E2M3", "float6_e2m3fn"), 28: ("FLOAT6E3M2", "float6_e3m2fn"),
}  # fmt: skip
OTHERS = {0: "undefined", 8: "STRING", 14: "COMPLEX64", 15: "COMPLEX128"}
IN_INT32 = {9, *CODED}
"""Types whose numbers are narrower than the list int32_data that may hold them."""


@cache
def encoding_of(number: int) -> Encoding | None:
    """What numbers a tensor of this type holds; None for a type that cannot be read."""
    if number in PLAIN:
        return plain(*PLAIN[number])
    if number in CODED:
        return coded(*CODED[number])
    return None


def label_of(number: int) -> str:
    """ONNX's name of a type."""
    known = PLAIN.get(number) or CODED.get(number)
    return known[0] if known else OTHERS.get(number, "which is not known")
