"""The same computation as a program to copy, one module for each way to write it.

Every program runs as it is and gives the page's codes; where a library cannot compute what the request asks for, the
program says so in a comment. A new kind is a new module here and a line in this table.

Imports `results`, `notation` and quantcore.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..results.result import Result
from .as_notebook import as_notebook
from .case import Case, case_of
from .with_numpy import numpy_alone
from .with_onnx import onnx_node
from .with_quantcore import quantcore
from .with_torch import torch_tensors


@dataclass(frozen=True, slots=True)
class Program:
    """One way to write the computation.

    Attributes:
        title: what stands above the program.
        write: makes its text.
    """

    title: str
    write: Callable[[Case], str]


KINDS: dict[str, Program] = {
    "quantcore": Program("quantcore", quantcore),
    "numpy": Program("NumPy alone", numpy_alone),
    "pytorch": Program("PyTorch", torch_tensors),
    "onnx": Program("ONNX", onnx_node),
    "notebook": Program("The notebook’s style", as_notebook),
}


def snippets(result: Result) -> dict[str, str]:
    """One program of each kind, by its name."""
    if not result.settings.are_integers:
        return {}
    case = case_of(result)
    return {kind: program.write(case) for kind, program in KINDS.items()}
