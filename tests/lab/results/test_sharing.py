"""Who shares a scale with whom, found without looking at all numbers."""

import numpy as np
import pytest
from lab.answer import computed
from lab.results.result import Result
from lab.results.sharing import first_elements, members

CASES = [
    {"format": "mxfp4", "shape": "3,40"},
    {"format": "mxfp4", "shape": "40,3", "axis": "0"},
    {"format": "q4_k", "shape": "3,40"},
    {"format": "q6_k", "shape": "2,2,300"},
    {"format": "nf4", "shape": "3,50"},
    {"format": "nvfp4", "shape": "100"},
    {"profile": "onnx", "granularity": "axis", "axis": "0", "shape": "3,4"},
    {"profile": "onnx", "granularity": "axis", "axis": "1", "shape": "2,3,4"},
    {"profile": "onnx", "granularity": "block", "axis": "1", "block_size": "4", "shape": "3,10"},
    {"profile": "onnx", "granularity": "block", "axis": "0", "block_size": "2", "shape": "5,3"},
]


@pytest.mark.parametrize("fields", CASES, ids=[" ".join(case.values()) for case in CASES])
def test_members_and_first_elements(fields: dict[str, str]) -> None:
    """They are those of which the parameters' index, asked for every element, says so."""
    result = computed({"source": "normal", "element": "1", **fields})
    assert isinstance(result, Result), result
    of_each = result.parameter_index(np.arange(result.size))
    np.testing.assert_array_equal(members(result), np.flatnonzero(of_each == of_each[1]))
    blocks = np.arange(result.scale.size)
    first = [np.flatnonzero(of_each == block)[:1].tolist() or [-1] for block in blocks.tolist()]
    np.testing.assert_array_equal(first_elements(result, blocks), np.concatenate(first))
