"""The first steps where scale and zero point are given: nothing leads to them."""

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ...answer_types import Step
from ...notation.equations import Writer, chain, step
from ...notation.operands import ALL, bare, shown, whole_text
from ...notation.terms import Term, whole, written
from ...results.result import Result
from .parameters import SCALE, SCALE_FACTOR, ZERO_POINT


def given(result: Result) -> list[Step]:
    """Scale and zero point as the request gives them."""
    scale, factor, zero_point = result.scale_of(result.element)
    told = [step("scale", "Scale", "The scale is given.", chain([SCALE], lambda _: [written(bare(shown(scale)))]))]
    if qc.ARITHMETICS[result.arithmetic].scaling is Scaling.FACTOR:

        def members(write: Writer) -> list[Term]:
            quotient = whole(1) / write.operand(scale)
            return [quotient, write.result(factor, quotient, ALL)]

        text = "Values are multiplied by its reciprocal, the number of codes per unit."
        told.append(step("scale_factor", "Scale factor", text, chain([SCALE_FACTOR, whole(1) / SCALE], members)))
    text = f"The zero point is given: the real 0 is {bare(whole_text(zero_point))}."
    return [*told, step("zero_point", "Zero point", text, chain([ZERO_POINT], lambda _: [whole(zero_point)]))]
