"""Settings in a few words, and the fingerprint of the numbers: the same for the same, another for any other."""

import lab
import numpy as np
import pytest
from lab.explanation import label
from lab.request.settings import read

WORDS = {
    "int8 affine": {},
    "int4 symmetric": {"bits": "4", "scheme": "symmetric"},
    "uint8 affine, PyTorch": {"profile": "pytorch", "signed": "0"},
    "int8 affine by columns, ONNX": {
        "values": "[[1, 2], [3, 4]]",
        "profile": "onnx",
        "granularity": "axis",
        "axis": "1",
    },
    "int8 affine in 2s, ONNX": {"values": "1 2 3 4", "profile": "onnx", "granularity": "block", "block_size": "2"},
    "int8 affine, percentile 99.9": {"calibration": "percentile", "percentile": "99.9"},
    "int8 affine, least squared error": {"calibration": "mse"},
    "FP8 E4M3, cast": {"format": "float8_e4m3fn"},
    "FP8 E4M3": {"format": "float8_e4m3fn", "calibration": "minmax"},
    "Q4_K": {"format": "q4_k", "source": "normal", "shape": "256"},
}


@pytest.mark.parametrize("words", WORDS)
def test_settings_in_words(words: str) -> None:
    """What differs from the plainest is named."""
    assert lab.answer(WORDS[words])["label"] == words


def test_the_same_numbers_have_the_same_fingerprint() -> None:
    """Whatever is made of them, and however they are written; another number, order, shape or direction is told."""

    def of(**request: str) -> str:
        found: str = lab.answer(request)["fingerprint"]
        return found

    assert of() == of(bits="4", profile="onnx") == of(values="-3.0; 0.1; 3.2", format="nf4")
    others = [of(values="-3, 0.1, 3.3"), of(values="0.1, -3, 3.2"), of(values="[[-3, 0.1, 3.2]]")]
    codes = of(direction="dequantize", codes="1, 2, 3")
    assert len({of(), codes, *others}) == 5


def test_one_of_many_numbers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many, a number that no sample holds changes the sum."""
    monkeypatch.setattr(label, "WHOLE", 10)
    numbers = np.arange(100.0)
    found = []
    for value in (41.0, 41.5):
        numbers[41] = value
        found.append(label.fingerprint_of(read({"values": " ".join(map(str, numbers))})))
    assert found[0] != found[1]
