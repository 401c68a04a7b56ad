"""Number formats with this project's own package."""

import quantcore as qc

from .blocks_in_programs import kept, octets, values
from .case import Case, listed, program
from .scales_in_programs import scale
from .with_quantcore import precision_of


def quantcore_formats(case: Case) -> str:
    """The program."""
    head = case.head("import numpy as np", "import quantcore as qc")
    show = ["print(x_hat)" if case.is_dequantize else "print(q, x_hat)"]
    if case.stored is None:
        return program(head, *case.origin.functions, [*case.numbers(), *scale(case), *_elements(case)], show)
    if case.is_dequantize:
        block, tail = _block(case.stored.fmt), kept(case)
        stored = f"stored = {block}.from_bytes({octets(case)}, {case.stored.shape})"
        return program(head, [stored, f"x_hat = qc.restore(stored){tail}"], show)
    return program(head, *case.origin.functions, values(case), _stored(case, case.stored), show)


def _elements(case: Case) -> list[str]:
    settings = case.result.settings
    more = precision_of(case.result)
    params = f'params = qc.QuantParams(scale, 0, qc.FORMATS["{settings.codes.name}"], qc.{case.granularity!r}{more})'
    back = f'x_hat = qc.dequantize(q, params, arithmetic="{case.result.arithmetic}")'
    if case.is_dequantize:
        return [params, back]
    rng = f", rng=np.random.default_rng({settings.seed})" if settings.rounding == "stochastic" else ""
    rules = f'rounding="{settings.rounding}", overflow="{settings.codes.overflow}"{rng}'
    return [params, f'q = qc.quantize(x, params, arithmetic="{case.result.arithmetic}", {rules})', back]


def _stored(case: Case, stored: qc.Stored) -> list[str]:
    lines, options = [], ""
    for name, value in stored.options.items():
        if name == "importance":
            lines.append(f"importance = {listed(case, value, 'importance')}")
        options += f", {name}={'importance' if name == 'importance' else repr(value)}"
    tail = kept(case)
    codes = f"stored.element_codes(){tail}"
    return [
        *lines,
        f"stored = qc.store(x, {_block(stored.fmt)}{options})",
        f"q, x_hat = {codes}, qc.restore(stored){tail}",
    ]


def _block(block: qc.BlockFormat) -> str:
    found = f'qc.BLOCK_FORMATS["{block.name}"]'
    is_usual = qc.BLOCK_FORMATS[block.name].block_size == block.block_size
    return found if is_usual else f"{found}.with_block_size({block.block_size})"
