"""One step of quantcore's trace as a formula, with symbols or with numbers, and as sentences."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.explain.words import DIRECTED, TIES

from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer
from ...notation.operands import bare
from ...notation.terms import Term, whole
from ...results.result import Result
from .names import NAMES
from .operations import FORMULAS, formula
from .spelled import number_text

IDENTITIES = ("same", "clamp", "maximum", "minimum", "instead_of_zero")
LATER_NAMES = ("scale", "scale_exponent")
"""Whose name a step takes where they repeat its number."""

KINDS = {
    "given": "",
    "searched": "A search chose it: of many, the one with the smallest weighted error.",
    "stored": "Read from the bytes.",
    "table": "",
}
TIES_OF_CODES = {
    **TIES,
    "half_even": "ties go to the number whose code ends in 0",
    "lower": "ties go to the lower one",
    "upper": "ties go to the higher one",
}
BY_OPERATION = {
    ("absmax", "maximum"): "The end of the range that is farther from 0.",
    ("scale", "power_of_two"): "Two to that exponent. The scale is a power of two, so dividing by it loses nothing.",
    ("block_scale", "power_of_two"): "Two to that exponent.",
    (
        "block_scale",
        "instead_of_zero",
    ): "As it is stored. In place of 0, by which nothing can be divided, stands 0.125.",
    ("scale", "multiply"): "The product: what one unit of a code is worth.",
    ("scale", "divide"): "What one unit of a code is worth.",
    ("scale", "add"): "The mean is added again: what one unit of a code is worth.",
    ("quotient", "divide"): "The largest magnitude becomes the largest number of {element}.",
    ("rounded", "subtract"): "Codes are stored without a sign; the number counts from the middle one.",
    ("rounded", "minimum"): "No more than the highest code.",
    ("rounded", "sign"): "Only the sign of the value is kept.",
    ("minimum", "multiply"): "What is subtracted from every number of the sub-block.",
    ("reconstruction", "multiply"): "The number times the scale.",
    ("reconstruction", "divide"): "The number over the scale.",
    ("reconstruction", "add"): "The number times the scale, and the offset added.",
}


class Telling:
    """The steps of a trace, or of a scale, told for one result."""

    def __init__(self, result: Result, trace: qc.StoredTrace, steps: Sequence[qc.StoredStep]) -> None:
        """Finds out which steps repeat the number of an earlier one."""
        self.result, self.trace = result, trace
        self.steps = {one.name: one for one in steps}
        self.passed: dict[str, str] = {}  # name of a step that is left out: whose number it repeats
        self.renamed: dict[str, str] = {}
        for one in steps:
            first = one.operands[0] if one.operands else None
            repeats = one.operation in IDENTITIES and first is not None and first.value == one.value
            if (
                repeats
                and first is not None
                and first.name in self.steps
                and one.code is None
                and one.name not in ("rounded", "absmax")
            ):
                self.passed[one.name] = first.name
                if one.name in LATER_NAMES:
                    self.renamed[first.name] = one.name
        self.dtype = np.dtype(steps[-1].dtype if steps[-1].dtype in ("float16", "float64") else "float32")

    def is_passed_over(self, one: qc.StoredStep) -> bool:
        """Whether a step is told with the one that uses it, or says nothing new."""
        is_whole_leaf = one.operation in ("stored", "searched") and one.name in ("scales", "mins")
        return one.name in self.passed or self._is_inlined(one) or is_whole_leaf

    def _is_inlined(self, one: qc.StoredStep) -> bool:
        """Whether a step is told within the one that uses it."""
        return one.name not in NAMES or (one.operation == "negate" and one.name in ("offset", "below"))

    def called(self, one: qc.StoredStep) -> str:
        """The name that a step has on the page."""
        return self.renamed.get(one.name, one.name)

    def number(self, value: float, dtype: str = "exact") -> Any:
        """A number as it is written: floating-point of its precision, or a whole number."""
        if dtype in ("float32", "float64", "bfloat16", self.dtype.name):
            return qc.PRECISIONS[dtype].dtype.type(value)
        if float(value).is_integer() and abs(value) < 2**53:
            return int(value)
        with np.errstate(over="ignore", under="ignore"):
            narrow = self.dtype.type(value)
        return narrow if float(narrow) == value else np.float64(value)

    def formula(self, one: qc.StoredStep, write: Writer | None = None) -> Term:
        """A step's formula: with symbols, or with numbers where there is a writer."""
        terms = [self._term(operand, write) for operand in one.operands]
        if one.name == "rounded" and one.operation == "same" and "threshold" in self.steps:
            terms += [self._term(qc.Operand(name, self.steps[name].value), write) for name in ("below", "above")]
            return formula(_as_nearest(one), terms)
        last = self.steps.get(one.operands[-1].name)
        if one.operation == "add" and last is not None and last.operation == "negate" and self._is_inlined(last):
            subtrahend = self._term(last.operands[0], write)
            return FORMULAS["subtract"](terms[0], subtrahend)
        return formula(one, terms)

    def _term(self, operand: qc.Operand, write: Writer | None) -> Term:
        earlier = self.steps.get(operand.name)
        if earlier is None:
            if operand.name.startswith("x[") and write is None:
                return Term(m.index(m.X, m.number(self.at(operand.name))))
            return self.written(operand.value, "float32" if operand.name.startswith("x[") else "exact", write)
        if self._is_inlined(earlier):
            return self.formula(earlier, write)
        if write is None:
            return self._symbol(earlier)
        return self.written(earlier.value, earlier.dtype, write)

    def _symbol(self, one: qc.StoredStep) -> Term:
        while one.name in self.passed:
            one = self.steps[self.passed[one.name]]
        return NAMES[self.called(one)].symbol

    def written(self, value: float, dtype: str, write: Writer | None) -> Term:
        """A number as a term; one that is not finite has no value to compute with."""
        if not math.isfinite(value):
            return Term(m.number(number_text(value)))
        number = self.number(value, dtype)
        if write is None:
            return whole(number)
        return whole(number) if isinstance(number, int) else write.operand(number)

    def result_of(self, one: qc.StoredStep, write: Writer, computed: Term | None = None) -> Term:
        """What came of a step."""
        number = self.number(one.value, one.dtype) if math.isfinite(one.value) else None
        if number is None or isinstance(number, int) or computed is None or computed.value is None:
            return self.written(one.value, one.dtype, write)
        return write.result(number, computed)

    def at(self, operand: str) -> str:
        """Which number of the array "x[5]" of a block is, for people: its index, or its indices."""
        flat = int(self.trace.members[int(operand[2:-1])])
        stored = self.result.stored
        shape = self.result.x.shape if stored is None else stored.shape
        if len(shape) < 2:
            return str(flat)
        return f"[{', '.join(str(int(i)) for i in np.unravel_index(flat, shape))}]"

    @property
    def element(self) -> str:
        """The number format of a code, for people."""
        stored = self.result.stored
        return self.result.settings.fmt.label if stored is None else stored.fmt.element.label

    def sentences(self, one: qc.StoredStep) -> str:
        """A step in words."""
        own = self._own_sentence(one)
        levels = [self._level_words(operand.name) for operand in one.operands]
        parts = [own, *levels, KINDS.get(one.operation, ""), self._rounded_words(one)]
        if one.note and one.name not in ("rounded", "clamped", "number"):
            parts.append(f"{one.note[0].upper()}{one.note[1:]}.")
        return " ".join(part for part in parts if part)

    def _own_sentence(self, one: qc.StoredStep) -> str:
        text = BY_OPERATION.get((one.name, one.operation), NAMES[self.called(one)].text)
        first = next((operand.name for operand in one.operands if operand.name.startswith("x[")), "")
        if one.name == "scale" and one.operation == "given":
            text = "The scale that was given." if one.value != 1 else "The scale is 1: numbers are rounded as they are."
        return text.format(at=self.at(first) if first else "", block=self._block, element=self.element)

    @property
    def _block(self) -> str:
        """The block and how many numbers are in it, for people."""
        size, stored = self.trace.members.size, self.result.stored
        if stored is None:
            return f"the {display.plural(size, 'number')} that share a scale"
        last = np.unravel_index(self.trace.members, stored.shape)[-1] if stored.shape else np.zeros(1)
        n_added = int(np.count_nonzero(last >= self.result.x.shape[-1])) if self.result.x.ndim else size - 1
        filled = f", {n_added} of them zeros that fill it up" if n_added else ""
        return f"block {self.trace.block} ({display.plural(size, 'number')}{filled})"

    def _level_words(self, name: str) -> str:
        """What is said of a whole number of few bits where it is used."""
        one = self.steps.get(name)
        if one is None or name not in ("scales", "mins"):
            return self._level_inside(one)
        what = "scale" if name == "scales" else "minimum"
        how = "chosen by a search" if one.operation == "searched" else "read from the bytes"
        bits = qc.FORMATS[one.dtype].bits
        return f"The {what} of sub-block {self.trace.sub_block}, {bits} bits, is {number_text(one.value)}, {how}."

    def _level_inside(self, one: qc.StoredStep | None) -> str:
        if one is None or not self._is_inlined(one):
            return ""
        return " ".join(filter(None, (self._level_words(operand.name) for operand in one.operands)))

    def _rounded_words(self, one: qc.StoredStep) -> str:
        """Between which neighbours a value lies, and which it becomes."""
        if one.name == "threshold":
            value = self._text_of("scaled_limited" if "scaled_limited" in self.steps else "scaled")
            below, above = self._text_of("below"), self._text_of("above")
            return f"{value} lies between {below} and {above}{self._neighbours()}. The threshold is halfway."
        if one.name == "clamped":
            return f"{number_text(one.operands[0].value)} is beyond the numbers of {self.element}, and is clipped."
        if one.name != "rounded":
            return ""
        if one.operation in ("searched", "given"):
            return f"{one.note[0].upper()}{one.note[1:]}."
        if one.operation == "clamp":
            return f"That is beyond {number_text(one.value)}, the last number of {self.element}, and is clipped to it."
        if "threshold" not in self.steps:
            return f"It is a number of {self.element} already." if one.operation == "same" else ""
        if self.trace.is_tie:
            rule = TIES_OF_CODES.get(one.rounding, DIRECTED.get(one.rounding, ""))
            return f"Exactly on the threshold, this is a tie{f'; {rule}' if rule else ''}."
        if one.rounding == "stochastic":
            return "Chance decided; the nearer one is likelier."
        if one.rounding in DIRECTED:
            return f"{DIRECTED[one.rounding][0].upper()}{DIRECTED[one.rounding][1:]}."
        return "The nearer neighbour is taken." if one.operation in ("nearest", "same") else ""

    def _neighbours(self) -> str:
        """What the two numbers around a value are."""
        stored = self.result.stored
        fmt = self.result.settings.fmt if stored is None else stored.fmt.element
        if isinstance(fmt, qc.IntFormat):
            return ""
        if fmt.lowest <= self.steps["below"].value and self.steps["above"].value <= fmt.highest:
            return f", which are neighbours among the numbers of {fmt.label}"
        return f"; one of them would be the next number, if {fmt.label} went on"

    def _text_of(self, name: str) -> str:
        one = self.steps[name]
        number = self.number(one.value, one.dtype)
        return bare(display.shortest(number) if isinstance(number, int) else display.short(number, 6))


def _as_nearest(one: qc.StoredStep) -> qc.StoredStep:
    """Rounding to the nearest whole number, as a choice between neighbours."""
    return qc.StoredStep(one.name, one.level, "nearest", one.operands, one.value, one.exact, one.dtype, "half_away")
