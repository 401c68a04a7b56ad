"""Two tensors of codes added, each with a scale and a zero point of its own: part of the instrument *Requantize*."""

import quantcore as qc
from quantcore.compute.whole_sums import add_codes, exact_addition

from ..explanation.table import before_rounding, column, row, table
from ..notation import display
from ..request.options import Requantizing
from .instrument import Instrument

MAX_ROWS = 50
HALF = "half_away"
"""Of a number before it is rounded, as many digits are written as tell on which side of a half it is."""

RULES = {"exact": "exact", "float32": "ONNX Runtime, float32"}


def addition(asked: Requantizing, codes: tuple[int, int]) -> Instrument:
    """The codes of the sums, exactly and as ONNX Runtime computes them."""
    layer = asked.layer
    scales = layer.input_scale, layer.weight_scale, layer.output_scale
    zero_points = *asked.zero_points, asked.output_zero_point
    first: dict[str, str] = {}
    rows = []
    for i, (a, b) in enumerate(zip(asked.left[:MAX_ROWS], asked.right, strict=False)):
        found = {rule: _code(a, b, scales, zero_points, rule, codes) for rule in RULES}
        first = first or found
        steps = before_rounding(float(exact_addition(a, b, scales, zero_points)), HALF)
        rows.append(row(i, [a, b, steps, *found.values()]))
    columns = [
        column("a", "a", "the first code"),
        column("b", "b", "the second"),
        column("steps", "Sum", "what both stand for together, in steps of the output"),
        *(
            column(rule, f"Code q, {name}", "rounded, with the zero point, within the codes")
            for rule, name in RULES.items()
        ),
    ]
    return Instrument(
        "A code counts steps of its own scale from its own zero point. What both stand for, (a − z_a) · s_a + "
        "(b − z_b) · s_b, is divided by s_out, rounded, moved by the zero point and kept within "
        f"{display.shortest(codes[0])} to {display.shortest(codes[1])}. ONNX Runtime keeps s_a / s_out and s_b / s_out "
        "in float32 and puts the zero points together beforehand: near a tie that decides.",
        None,
        table(f"The codes of {display.plural(len(rows), 'sum')}", columns, rows),
        reply=_reply(first),
    )


def _code(
    a: int,
    b: int,
    scales: tuple[float, float, float],
    zero_points: tuple[int, int, int],
    rule: str,
    ends: tuple[int, int],
) -> str:
    """Clipped to the codes; nothing where the rule has none."""
    try:
        return display.shortest(min(max(add_codes(a, b, scales, zero_points, rule), ends[0]), ends[1]))
    except qc.QuantError:
        return display.NOTHING


def _reply(found: dict[str, str]) -> str:
    exact, other = found.values()
    if exact == other:
        return f"Both agree on the code {exact}."
    return f"Exactly, the first code is {exact}; ONNX Runtime computes {other}."
