"""Whether a file is a model, from its name and first bytes; the rest of `models` is imported when one is opened."""

import re

ENDINGS = (".gguf", ".safetensors", ".onnx", ".tflite")
GGUF = b"GGUF"
TFLITE = b"TFL3"

SHARD = re.compile(r"(.*)-(\d{1,9})-of-(\d{1,9})(\.\w+)")
"""The name of a file of several: what all have in common, number, number of files, ending."""

HEAD = 16
"""So many bytes at the beginning of a file are enough."""

POINTER = b"version https://"
"""How a pointer of Git LFS begins, which is text, whatever its name."""


def is_model(name: str, head: bytes) -> bool:
    """Whether a file of this name, which begins so, is read as a model, by parts.

    >>> is_model("tiny.Q4_K_M.gguf", b""), is_model("blob", b"GGUF"), is_model("weights.npy", b"")
    (True, True, False)
    """
    if head.startswith(POINTER):
        return False
    is_safetensors = len(head) >= 10 and head[6:8] == b"\0\0" and head[8:9] == b"{" and head[9:10] in b'"}\n '
    return name.lower().endswith(ENDINGS) or head.startswith(GGUF) or head[4:8] == TFLITE or is_safetensors
