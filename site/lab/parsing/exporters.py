"""What tools for models print of a quantized tensor: Netron's formula, and the calibration cache of TensorRT."""

import re
import struct

NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NETRON = re.compile(
    rf"\s*(?:(?P<low>{NUMBER})\s*(?:≤|<=)\s*)?(?P<scale>{NUMBER})\s*\*\s*"
    rf"(?:\(\s*q\s*(?P<sign>[+-])\s*(?P<zero_point>{NUMBER})\s*\)|q)\s*(?:(?:≤|<=)\s*(?P<high>{NUMBER}))?\s*\Z"
)
CACHE_HEAD = re.compile(r"\s*TRT-[0-9]+-\w+[^\n]*\n")
CACHE_LINE = re.compile(r"(?m)^[ \t]*(?P<name>\S[^\n]*?):[ \t]*(?P<bits>[0-9a-fA-F]{8})[ \t]*$")


def netron(text: str) -> tuple[str, dict[str, str]] | None:
    """The ends of the range as numbers, and scale and zero point; None for anything else.

    >>> netron("0 ≤ 0.0102 * (q - -128) ≤ 2.62")
    ('0 2.62', {'scale': '0.0102', 'zero_point': '-128'})
    """
    found = NETRON.match(text)
    if not found:
        return None
    zero_point = found["zero_point"] or "0"
    if found["sign"] == "+":
        zero_point = zero_point.removeprefix("-") if zero_point.startswith("-") else f"-{zero_point}"
    ends = [end for end in (found["low"], found["high"]) if end is not None]
    return " ".join(ends), {"scale": found["scale"], "zero_point": zero_point}


def calibration_cache(text: str) -> list[float] | None:
    r"""The scales of a cache of lines such as "name: 3c92aa10", big-endian float32; None for anything else.

    >>> calibration_cache("TRT-8601-EntropyCalibration2\ninput: 3c92aa10\n")
    [0.01790335774421692]
    """
    head = CACHE_HEAD.match(text)
    body = text[head.end() :] if head else text
    lines = [line for line in body.splitlines() if line.strip()]
    found = [CACHE_LINE.match(line) for line in lines]
    if not lines or not all(found):
        return None
    return [float(struct.unpack(">f", bytes.fromhex(line["bits"]))[0]) for line in found if line]
