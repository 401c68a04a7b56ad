"""Requests worth looking at: each one click and one link, with the one thing to see in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A named request.

    Attributes:
        name: for the address and the tests.
        title: for the button.
        lesson: what to see, in one sentence.
        request: the fields that differ from the defaults of their profile.
    """

    name: str
    title: str
    lesson: str
    request: dict[str, str]


PER_CHANNEL = """[[0.011, -0.008, 0.003, -0.012, 0.006, 0.001],
 [0.12, -0.31, 0.27, 0.05, -0.18, 0.09],
 [1.4, -0.9, 2.2, -2.6, 0.7, -1.1],
 [31, -18, 24, -27, 9, -12]]"""

RAMP = ", ".join([*map(str, range(1, 32)), "127.99999"])

TABLE: tuple[Preset, ...] = (
    Preset(
        "notebook",
        "The notebook’s vector",
        "Three numbers, a scale factor and a zero point: the example that everything here grew from.",
        {},
    ),
    Preset(
        "normal_weights",
        "Normal weights",
        "The weights of a layer crowd around zero, so most values share the codes in the middle.",
        {"profile": "onnx", "source": "normal", "shape": "64,64", "spread": "0.02", "scheme": "symmetric"},
    ),
    Preset(
        "one_outlier",
        "One outlier",
        "A single large value stretches the scale for all, and the small ones are left with a few codes.",
        {
            "profile": "onnx",
            "bits": "4",
            "values": "0.31, -0.42, 0.17, -0.08, 0.55, -0.63, 0.24, -0.29, 0.48, -0.11, 0.37, -0.52, 0.06, 0.6, 12",
            "element": "14",
        },
    ),
    Preset(
        "all_positive",
        "All positive",
        "The zero point sits on the lowest code, so that none is spent on negative numbers that never come.",
        {"profile": "onnx", "signed": "0", "values": "0.2, 0.9, 1.7, 2.4, 3.1, 3.3, 4.8, 5.6"},
    ),
    Preset(
        "constant",
        "All the same",
        "Equal values have a range of no width; widened to zero, it gives them its last code, and no error.",
        {"profile": "onnx", "values": "0.75, 0.75, 0.75, 0.75"},
    ),
    Preset(
        "ties",
        "Ties",
        "The step is exactly 1 and these values lie in the middle between two codes: only the rounding rule decides.",
        {
            "profile": "custom",
            "calibration": "manual",
            "range_min": "-128",
            "range_max": "127",
            "values": "-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5",
        },
    ),
    Preset(
        "without_zero",
        "A range that excludes zero",
        "Zero needs a code of its own, so the range is widened to it, and most codes stand for values that never come.",
        {"profile": "onnx", "bits": "4", "values": "5.1, 5.3, 5.4, 5.8, 5.9, 6.2, 6.5, 6.8"},
    ),
    Preset(
        "relu",
        "After ReLU",
        "Half of the activations are exactly zero, and zero comes back as exactly zero.",
        {"profile": "onnx", "source": "relu", "shape": "32,32", "signed": "0"},
    ),
    Preset(
        "per_channel",
        "Channels that differ",
        "With a scale for each row the small rows keep their digits; with one for the tensor they vanish.",
        {
            "profile": "onnx",
            "scheme": "symmetric",
            "granularity": "axis",
            "values": PER_CHANNEL,
        },
    ),
    Preset(
        "subnormals",
        "Tiny subnormals",
        "Below 1.2e-38 float32 has fewer and fewer digits, and the scale itself is rounded to what is left.",
        {"profile": "onnx", "scheme": "symmetric", "values": "4e-42, -1.3e-41, 9e-42, -2.5e-41, 1.7e-41"},
    ),
    Preset(
        "huge",
        "Huge values",
        "Near the largest float32 the scale is huge too, and an error of half a step is more than most numbers.",
        {"profile": "onnx", "scheme": "symmetric", "values": "1.2e38, -2.9e38, 0.4e38, 3.1e38, -0.7e38"},
    ),
    Preset(
        "outliers",
        "Weights with outliers",
        "One value in a hundred sets the range for all of them; one scale for each block of 16 keeps the damage local.",
        {
            "profile": "onnx",
            "source": "outliers",
            "shape": "64,64",
            "scheme": "symmetric",
            "bits": "4",
            "granularity": "block",
            "axis": "1",
            "block_size": "16",
        },
    ),
    Preset(
        "picture",
        "A picture",
        "Three bits leave eight greys: the smooth sky breaks into bands, and the ripples hide it.",
        {"profile": "onnx", "source": "picture", "bits": "3", "signed": "0"},
    ),
    Preset(
        "e4m3_limit",
        "Beyond 448",
        "E4M3 ends at 448 and has no infinity: 464 still rounds to 448, 465 becomes NaN, or 448 where values saturate.",
        {"format": "float8_e4m3fn", "values": "1000, 448, 464, 465, -1000", "overflow": "overflow"},
    ),
    Preset(
        "e2m1_ties",
        "Ties of FP4",
        "Each value lies in the middle between two numbers of FP4, and goes to the one whose code ends in 0.",
        {"format": "float4_e2m1fn", "values": "0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5"},
    ),
    Preset(
        "mx_floor",
        "MX that clips",
        "The scale is rounded down to a power of two, so 127.99999 is beyond the largest code and comes back as 112.",
        {"format": "mxfp8_e5m2", "values": RAMP, "element": "31"},
    ),
    Preset(
        "mx_modes",
        "Modes of MX",
        "The largest magnitude is 150: ceil takes the scale 1, and 0.0009 is lost; floor and rceil keep it with 1/2.",
        {
            "format": "mxfp8_e4m3",
            "scale_mode": "ceil",
            "values": "150, -75, 37, 12, 3, 1, 0.02, 0.0009",
            "element": "7",
        },
    ),
    Preset(
        "nf4_block",
        "NF4",
        "The levels are quantiles of a normal distribution, uneven on both sides of 0: −1 moves by 0.05, 1 by 0.12.",
        {"format": "nf4", "values": "-2, -1, 0, 1, 2", "element": "1"},
    ),
    Preset(
        "q4_k_weights",
        "Q4_K",
        "Each 32 weights have a scale and a minimum of 6 bits, each 256 share two float16 numbers: 4.5 bits a weight.",
        {"format": "q4_k", "source": "normal", "shape": "16,256", "spread": "0.02"},
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in TABLE}
