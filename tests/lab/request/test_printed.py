"""What pasted text says beside its numbers: how commas were read, scale and zero point of a print, a tool's formula."""

from typing import Any

import lab
import pytest

TENSOR = (
    "tensor([1.0, 2.5], size=(2,), dtype=torch.quint8,\n       "
    "quantization_scheme=torch.per_tensor_affine, scale=0.1, zero_point=2)"
)
CHANNELS = (
    "tensor([[1., 2.], [3., 4.]], size=(2, 2), dtype=torch.qint8, quantization_scheme=torch.per_channel_affine, "
    "scale=tensor([0.1, 0.2], dtype=torch.float64), zero_point=tensor([0, 1]), axis=0)"
)


def answer(**request: str) -> dict[str, Any]:
    """The answer to a request that is right."""
    found: dict[str, Any] = lab.answer(request)
    assert found["ok"], found
    return found


def offers(found: dict[str, Any]) -> list[dict[str, str]]:
    """The requests that notices offer."""
    return [offer["fields"] for notice in found["notices"] for offer in notice.get("offers", [])]


def test_a_print_gives_scale_and_zero_point() -> None:
    """A quantized tensor's own parameters and type are taken, and shown in their fields."""
    found = answer(values=TENSOR)
    assert (found["params"]["scale"], found["params"]["zero_point"]) == ([0.1], [2])
    assert found["codes"] == [12, 27]
    assert {name: found["request"][name] for name in ("calibration", "scale", "zero_point", "bits", "signed")} == {
        "calibration": "given", "scale": "0.1", "zero_point": "2", "bits": "8", "signed": "0",
    }  # fmt: skip
    assert offers(found) == [{"calibration": "minmax"}]


def test_a_print_by_channels_gives_one_for_each() -> None:
    """So are those of channels, with their axis."""
    found = answer(values=CHANNELS, profile="pytorch")
    assert found["params"]["scale"] == pytest.approx([0.1, 0.2])
    assert found["params"]["zero_point"] == [0, 1]
    assert found["codes"] == [10, 20, 16, 21]


def test_the_request_has_the_last_word() -> None:
    """What the request sets itself is not overwritten; another calibration leaves the print's parameters alone."""
    assert answer(values=TENSOR, scale="0.5")["params"]["scale"] == [0.5]
    found = answer(values=TENSOR, calibration="minmax")
    assert found["params"]["scale"] == [1.5 / 255]
    assert offers(found) == []


def test_commas_are_read_as_was_chosen() -> None:
    """The likeliest reading is taken and told, and each other one is an offer that leads to it."""
    found = answer(values="0,1\n-0,2\n0,3")
    assert found["values"] == [0.1, -0.2, 0.3]
    assert found["reading"] == "3 numbers, decimal commas"
    assert offers(found) == [{"commas": "separator"}]
    assert answer(values="0,1\n-0,2\n0,3", commas="separator")["values"] == [0, 1, 0, 2, 0, 3]
    codes = answer(direction="dequantize", codes="1,024 2,048", bits="16", scale="1", zero_point="0")
    assert codes["codes"] == [1024, 2048]
    assert {"commas": "separator"} in offers(codes)


@pytest.mark.parametrize(
    ("text", "values", "scale", "zero_point"),
    [
        ("0 ≤ 0.0102 * (q - -128) ≤ 2.62", [0, 2.62], 0.0102, -128),
        ("-1.5 <= 0.01 * (q - 28) <= 1.05", [-1.5, 1.05], 0.01, 28),
        ("-1.27 ≤ 0.01 * q ≤ 1.27", [-1.27, 1.27], 0.01, 0),
    ],
)
def test_netrons_formula(text: str, values: list[float], scale: float, zero_point: int) -> None:
    """The formula that Netron shows beside a tensor gives the ends of its range, its scale and its zero point."""
    found = answer(values=text, profile="onnx", precision="float64")
    assert found["values"] == values
    assert (found["params"]["scale"], found["params"]["zero_point"]) == ([scale], [zero_point])


def test_a_calibration_cache() -> None:
    """The lines of TensorRT's cache are scales, big-endian float32: 3c010a14 is 1/127 to seven digits."""
    found = answer(values="TRT-8601-EntropyCalibration2\ninput: 3c92aa10\nconv1: 3c010a14")
    assert found["values"] == pytest.approx([0.017903358, 0.007875938], rel=1e-7)
    assert found["reading"] == "2 numbers, the scales of a calibration cache"
