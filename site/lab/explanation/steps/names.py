"""What quantcore's steps are called on the page: a symbol, a title and a sentence for each name, whatever the format.

A step that has no name here is told within the one that uses it.

In a sentence, {at} is the number that the step begins with, {block} the block, {element} the number format of a code.
"""

from dataclasses import dataclass

from ...notation import mathml as m
from ...notation.terms import Term
from .parameters import ABSMAX, SCALE, SCALE_FACTOR, XMAX, XMIN, X


@dataclass(frozen=True, slots=True)
class Name:
    """How a step is presented."""

    symbol: Term
    title: str
    text: str = ""


def letter(name: str, subscript: str = "") -> Term:
    """A letter, or one with a word below it."""
    base = m.identifier(name)
    return Term(m.index(base, m.words(subscript)) if subscript else base)


X_LARGEST = letter("x", "largest")
LARGEST = "The largest magnitude of {block} is that of number {at}."
EXPONENT = "The whole number below the base-2 logarithm: the exponent of the largest power of two that is not above it."
CLIPPED = "Held to the scales that the format can store."

NAMES: dict[str, Name] = {
    # of the tensor
    "tensor_absmax": Name(
        letter("a", "tensor"), "Largest magnitude of all", "Of all values, before blocks are formed."
    ),
    "tensor_reciprocal": Name(letter("r", "tensor"), "Reciprocal of the tensor", "Computed once, to multiply with."),
    "tensor_scale": Name(
        letter("s", "tensor"),
        "Tensor scale",
        "One float32 for all blocks, such that the largest block scale is used to the full.",
    ),
    "tensor_divisor": Name(
        letter("S", "tensor"),
        "Divisor of the tensor",
        "One float32 for all blocks, by which block scales are divided on the way back.",
    ),
    "offset": Name(letter("o"), "Offset"),
    "nested_absmax": Name(letter("a", "nested"), "Scale of the scales"),
    # the largest magnitude, and the range
    "absmax": Name(ABSMAX, "Largest magnitude", LARGEST),
    "signed_absmax": Name(X_LARGEST, "Largest magnitude", f"{LARGEST} Its sign is kept."),
    "low": Name(XMIN, "Smallest"),
    "high": Name(XMAX, "Largest"),
    "below_zero": Name(-XMIN, "The lower end"),
    "width": Name(letter("w"), "Range", "From the smallest to the largest number of {block}."),
    "sum": Name(letter("a", "sum"), "Sum of magnitudes"),
    "mean": Name(letter("a", "mean"), "Mean magnitude", "The sum over the numbers of the block."),
    "scale_factor_wanted": Name(SCALE_FACTOR, "Scale factor"),
    "scale_factor": Name(SCALE_FACTOR, "Scale factor"),
    # a power of two
    "absmax_rounded": Name(
        letter("a", "rounded"),
        "Rounded first",
        "Rounded to the mantissa of {element}, so that rounding cannot overflow.",
    ),
    "quotient": Name(letter("r"), "Ratio", "The largest magnitude over the largest number of {element}."),
    "exponent": Name(letter("e"), "Exponent", EXPONENT),
    "exponent_unclamped": Name(
        letter("e", "wanted"), "Exponent of the scale", "Less the exponent of the largest power of two of {element}."
    ),
    "scale_exponent": Name(
        letter("e", "scale"), "Exponent of the scale", "Less the exponent of the largest power of two of {element}."
    ),
    # the scale of a block
    "block_scale_wanted": Name(
        letter("s", "wanted"), "Scale wanted", "With it, the largest magnitude becomes the largest number of {element}."
    ),
    "greatest_of_block": Name(
        letter("g"), "Largest with scale 1", "What the largest number of {element} is worth under the tensor’s scale."
    ),
    "block_scale_relative": Name(
        letter("s", "relative"), "Relative to the tensor", "What is left of the scale for the block to store."
    ),
    "block_scale_not_zero": Name(letter("s", "relative"), "Not zero", "A block of zeros has the scale 1."),
    "block_scale_clamped": Name(letter("s", "clipped"), "Within the format", CLIPPED),
    "block_scale_rounded": Name(letter("s", "rounded"), "Rounded", "Rounded to what the scale is stored in."),
    "block_scale": Name(letter("s", "block"), "Scale of the block", "As it is stored, rounded to its own format."),
    "scale_wanted": Name(
        letter("s", "wanted"), "Scale wanted", "With it, the range is covered by the codes from end to end."
    ),
    "scale_limited": Name(letter("s", "limited"), "Not too small", "At least the smallest scale that is allowed."),
    "signed_scale": Name(letter("s", "signed"), "With a sign", "The extreme of larger magnitude decides on the sign."),
    "edge": Name(letter("x", "edge"), "Edge"),
    "edge_in_steps": Name(letter("n"), "Edge in steps", "How many steps the edge is from 0."),
    "edge_code": Name(letter("n", "whole"), "Whole steps", "To the nearest whole number, so that 0 is kept exactly."),
    "scale": Name(SCALE, "Scale", "The step between neighbouring whole numbers."),
    "minimum": Name(letter("m"), "Minimum", "What the code 0 stands for."),
    "absmax_without_mean": Name(letter("a", "centred"), "Less the mean", "Scales are centred before they are stored."),
    "nested_reciprocal": Name(letter("r", "nested"), "Reciprocal", "Of the scale of the scales."),
    "absmax_scaled": Name(letter("a", "scaled"), "Scaled", "The centred scale as a share of the largest of 256."),
    "absmax_number": Name(letter("a", "stored"), "Scale, as stored", "An 8-bit code of the dynamic map."),
    "absmax_times_nested": Name(letter("p"), "Times the scale of the scales", "From a share to a number."),
    "scale_in_arithmetic": Name(letter("s"), "Scale", "In the precision of the computation."),
    # GGUF
    "d_unrounded": Name(letter("d", "exact"), "Scale", "Before it is stored; codes are chosen with this one."),
    "divisor": Name(letter("d", "exact"), "Scale", "Before it is stored; codes are chosen with this one."),
    "d": Name(letter("d"), "Scale d", "The scale of the block, a float16."),
    "m": Name(letter("m"), "Minimum m", "What the code 0 stands for, a float16."),
    "m_unrounded": Name(letter("m", "exact"), "Minimum", "Before it is stored."),
    "dmin": Name(letter("d", "min"), "Scale of the minimums", "A second float16 of the block, for the minimums."),
    "scales": Name(letter("c", "scale"), "Scale of the sub-block", "A whole number of few bits."),
    "mins": Name(letter("c", "min"), "Minimum of the sub-block", "A whole number of few bits."),
    "inverse": Name(letter("r"), "Reciprocal", "ggml multiplies by the reciprocal of the scale."),
    # the element
    "reciprocal": Name(letter("r"), "Reciprocal", "Values are multiplied by the reciprocal of the scale."),
    "factor": Name(letter("r"), "Reciprocal", "Values are multiplied by the reciprocal of the scale."),
    "x": Name(X, "Value"),
    "above_minimum": Name(letter("x", "above"), "Above the minimum", "The value minus the minimum."),
    "scaled": Name(letter("u"), "Scaled", "The value in units of the scale."),
    "scaled_limited": Name(
        letter("u"), "Scaled", "Too large for the precision, it counts as the largest number there."
    ),
    "below": Name(letter("v", "below"), "Neighbour below"),
    "above": Name(letter("v", "above"), "Neighbour above"),
    "threshold": Name(letter("t"), "Neighbours"),
    "shifted": Name(letter("u", "shifted"), "Shifted", "Moved up, so that cutting off the fraction rounds to nearest."),
    "truncated": Name(letter("u", "whole"), "Cut off", "The fraction is cut off."),
    "stored_code": Name(letter("c"), "Stored", "No more than the highest code."),
    "rounded": Name(letter("v"), "Rounded"),
    "clamped": Name(letter("v", "clipped"), "Clipped"),
    "number": Name(letter("v"), "Number"),
    "scaled_number": Name(letter("p"), "Times the largest magnitude"),
    "share": Name(letter("r"), "Share"),
    "reconstruction": Name(Term(m.X_HAT), "Dequantized"),
}
