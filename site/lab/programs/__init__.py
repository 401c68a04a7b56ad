"""The same computation as a program to copy, one module for each way to write it.

Every program runs as it is and gives the page's codes; where a library cannot compute what the request asks for, the
program says so in a comment.
"""

from collections.abc import Callable

from ..results.result import Result
from .as_notebook import as_notebook
from .case import Case, case_of
from .with_numpy import numpy_alone
from .with_onnx import onnx_node
from .with_quantcore import quantcore
from .with_torch import torch_tensors

KINDS: dict[str, Callable[[Case], str]] = {
    "quantcore": quantcore,
    "numpy": numpy_alone,
    "pytorch": torch_tensors,
    "onnx": onnx_node,
    "notebook": as_notebook,
}


def snippets(result: Result) -> dict[str, str]:
    """One program of each kind, by its name."""
    case = case_of(result)
    return {kind: write(case) for kind, write in KINDS.items()}
