"""The same computation as a program to copy, one module for each way to write it.

Every program gives the page's codes. Many numbers are made by their generator, or read from their file or from one that
the page saves, which the program then says. Where a library cannot compute what the request asks for, the
program says so in a comment, or there is none. A new kind is a new module here and a line in this table.

Imports `results`, `data`, `data.files`, `models.reading`, `notation` and quantcore.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..results.result import Result
from .as_notebook import as_notebook
from .case import Case, case_of
from .formats_with_bitsandbytes import with_bitsandbytes
from .formats_with_gguf import with_gguf
from .formats_with_ml_dtypes import with_ml_dtypes
from .formats_with_numpy import numpy_formats
from .formats_with_onnx import onnx_cast
from .formats_with_quantcore import quantcore_formats
from .formats_with_torchao import with_torchao
from .origin import SAVED
from .with_numpy import numpy_alone
from .with_onnx import onnx_node
from .with_quantcore import quantcore
from .with_torch import torch_tensors


@dataclass(frozen=True, slots=True)
class Program:
    """One way to write the computation.

    Attributes:
        title: what stands above the program.
        of_integers: makes its text for integers; None where it has none.
        of_formats: makes it for other number formats, empty where it does not apply; None where it never does.
    """

    title: str
    of_integers: Callable[[Case], str] | None = None
    of_formats: Callable[[Case], str] | None = None


KINDS: dict[str, Program] = {
    "quantcore": Program("quantcore", quantcore, quantcore_formats),
    "numpy": Program("NumPy alone", numpy_alone, numpy_formats),
    "pytorch": Program("PyTorch", torch_tensors),
    "ml_dtypes": Program("ml_dtypes", None, with_ml_dtypes),
    "gguf": Program("gguf-py", None, with_gguf),
    "bitsandbytes": Program("bitsandbytes", None, with_bitsandbytes),
    "torchao": Program("torchao", None, with_torchao),
    "onnx": Program("ONNX", onnx_node, onnx_cast),
    "notebook": Program("The notebook’s style", as_notebook),
}


REMARK = f"# Reads {SAVED}: save it beside this program, under “Export”, “All numbers as .npz”."


def snippets(result: Result) -> dict[str, str]:
    """One program of each kind that applies, by its name.

    bfloat16 is what quantcore alone computes as the page does.
    """
    case = case_of(result)
    settings = result.settings
    found = {}
    for kind, program in KINDS.items():
        if result.stored is None and not settings.precision.is_numpy_type and kind != "quantcore":
            continue  # NumPy has no bfloat16
        write = program.of_integers if settings.are_integers else program.of_formats
        text = "" if write is None else write(case)
        if text:
            found[kind] = f"{REMARK}\n{text}" if SAVED in text else text
    return found
