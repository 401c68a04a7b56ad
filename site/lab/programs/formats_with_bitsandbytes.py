"""NF4 and FP4 with bitsandbytes."""

import quantcore as qc

from .blocks_in_programs import octets, values
from .case import Case, listed, program

SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4096)


def with_bitsandbytes(case: Case) -> str:
    """The program; empty where the format, or the size of its blocks, is not the library's."""
    stored = case.stored
    if stored is None or stored.fmt.library != "bitsandbytes" or stored.fmt.block_size not in SIZES:
        return ""
    size, kind = stored.fmt.block_size, "fp4" if stored.fmt.name == "fp4_bnb" else "nf4"
    is_double = stored.fmt.name == "nf4_double"
    head = case.head(
        "import numpy as np", "import torch", "from bitsandbytes.functional import dequantize_4bit, quantize_4bit"
    )
    if case.is_dequantize:
        return _decode(case, stored, kind)
    remark = ["# adds up the mean of the scales in another order: the last digits of x_hat may differ from the page's"]
    call = f'quantize_4bit(torch.from_numpy(x), blocksize={size}, compress_statistics={is_double}, quant_type="{kind}")'
    return program(
        head,
        *case.origin.functions,
        [*(remark if is_double else []), *values(case)],
        [
            f"packed, state = {call}",
            "high_and_low = np.stack([packed.numpy() >> 4, packed.numpy() & 15], axis=-1)",
            "q = high_and_low.reshape(-1)[: x.size].reshape(x.shape)",
            "x_hat = dequantize_4bit(packed, state).numpy()",
            "print(q, x_hat)",
        ],
    )


def _decode(case: Case, stored: qc.Stored, kind: str) -> str:
    """From codes and scales; those of double quantization have become numbers."""
    n_codes = -(-stored.layout.size // 2)
    state = f'blocksize={stored.fmt.block_size}, quant_type="{kind}", dtype=torch.float32'
    return program(
        ["import numpy as np", "import torch", "from bitsandbytes.functional import QuantState, dequantize_4bit"],
        [
            f"data = np.frombuffer({octets(case)}, np.uint8)",
            f"packed = torch.tensor(data[:{n_codes}]).reshape(-1, 1)  # the first code of a byte in its high bits",
            f"absmax = torch.from_numpy({listed(case, stored.scale, 'scale')}.reshape(-1))",
            f"state = QuantState(absmax, shape=torch.Size({list(stored.shape)}), {state})",
        ],
        ["x_hat = dequantize_4bit(packed, state).numpy()", "print(x_hat)"],
    )
