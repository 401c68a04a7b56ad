"""Where a program has its numbers from: written out, made again by their generator, or out of a file."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..data.files import raw
from ..data.files.contents import Entry, Part
from ..data.generate import GENERATORS
from ..data.store import STORE
from ..models.reading.recognised import SHARD
from ..results.result import Result
from .generators_in_programs import Lines, generator

FEW = 64
"""More numbers than this are generated, or read out of a file, as the page did."""

MAX_WRITTEN = 1000
"""More numbers than this are not written out, even if they were typed."""

SAVED = "quantization-lab-table.npz"
"""A file that the page saves: all numbers of an answer, with its parameters."""

SAFETENSORS = {"F64": "np", "F32": "np", "F16": "np", "BF16": "pt"}
"""Types of safetensors whose numbers are read, and with which library: NumPy has no bfloat16."""

UNDECODED = ("Q1_0", "Q2_0", "Q8_K")
"""Types of GGUF that gguf-py 0.19.0 does not decode."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a program comes by its numbers.

    Attributes:
        is_written: whether they are written out; the others are empty then.
        lines: leave them as `x`, or codes as `q`, in NumPy, in their shape.
        functions: what the lines call.
        imports: what the lines need beside NumPy.
    """

    is_written: bool = False
    lines: tuple[str, ...] = ()
    functions: tuple[Lines, ...] = ()
    imports: tuple[str, ...] = ()


def saved(name: str) -> str:
    """An array of the file that the page saves, as an expression."""
    return f'np.load("{SAVED}")["{name}"]'


def origin_of(result: Result, given: NDArray[Any]) -> Origin:
    """Where the numbers of a request come from.

    Args:
        result: of the request.
        given: the values, or the codes when dequantizing, as the page computes with them.
    """
    settings = result.settings
    source = settings.texts["source"]
    is_typed = source == "values" or (settings.is_dequantize and source != "file")
    if given.size <= (MAX_WRITTEN if is_typed else FEW):
        return Origin(is_written=True)
    if settings.is_dequantize:
        return Origin(lines=(f"q = {saved('codes')}{_as(given)}",))
    found = _made_again(result, given, source)
    if found is None:
        return Origin(lines=(f"x = {saved('values')}",))
    imports, functions, lines = found
    if settings.precision.is_numpy_type:
        lines[-1] += _as(given)
    else:
        lines.append(f'x = qc.PRECISIONS["{settings.precision}"].keep(x)')
    return Origin(False, tuple(lines), tuple(functions), tuple(imports))


def _made_again(result: Result, given: NDArray[Any], source: str) -> tuple[Lines, list[Lines], Lines] | None:
    """Imports, functions and lines that leave `x` before it is rounded to its precision; None where it is saved."""
    settings = result.settings
    if source in GENERATORS:
        return [], *generator(source, settings.texts, given.shape, settings.seed)
    if source != "file":
        return None
    read = _of_file(result)
    return None if read is None else (read[0], [], read[1])


def _as(given: NDArray[Any]) -> str:
    return f".astype(np.{given.dtype})"


def _of_file(result: Result) -> tuple[Lines, Lines] | None:
    """Imports and lines that read a file as the page did; None where no usual library does."""
    texts = result.settings.texts
    name, tensor = texts["file"], texts["tensor"]
    about = [texts[field] for field in ("file", "file_sha256", "tensor", "file_shape", "commas", "rows")]
    _, entry, _, part = STORE.values(*about)
    ending = name.rpartition(".")[2].lower()
    read: tuple[Lines, Lines] | None = None
    if ending == "npy":
        read = [], [f"x = np.load({name!r})"]
    elif ending == "npz":
        read = [], [f"x = np.load({name!r})[{tensor!r}]"]
    elif ending in ("bin", "raw") and not entry.name.startswith("bfloat16"):
        kind, _, order = entry.name.partition(",")
        read = [], [f"x = np.fromfile({name!r}, {('>' if order else '<') + raw.TYPES[kind]!r})"]
    elif ending in ("safetensors", "gguf") and not SHARD.fullmatch(name):
        _, _, logical = STORE.tensor(name, texts["file_sha256"], tensor)
        if ending == "gguf":
            read = None if logical.label in UNDECODED else _gguf(name, tensor)
        elif logical.convention == "plain" and logical.made_of[0].dtype in SAFETENSORS:
            read = _safetensors(name, tensor, SAFETENSORS[logical.made_of[0].dtype])
    if read is None:
        return None
    imports, lines = read
    lines[-1] += _wide(entry) + _part(entry, part)
    if result.x.shape != _shape(entry, part):
        lines[-1] += f".reshape({result.x.shape})"
    return imports, lines


def _wide(entry: Entry) -> str:
    """Whole numbers of 64 bits are float64 before they become anything else."""
    return ".astype(np.float64)" if entry.dtype.endswith(("int64", "i8", "u8")) else ""


def _shape(entry: Entry, part: Part | None) -> tuple[int, ...]:
    if part is None:
        return entry.shape
    return part.rows[1] - part.rows[0], part.columns[1] - part.columns[0]


def _part(entry: Entry, part: Part | None) -> str:
    """The rows, and columns, that are taken."""
    if part is None:
        return ""
    columns = "" if part.columns == (0, entry.n_columns) else f", {part.columns[0]}:{part.columns[1]}"
    flat = "" if len(entry.shape) == 2 else f".reshape(-1, {entry.n_columns})"
    return f"{flat}[{part.rows[0]}:{part.rows[1]}{columns}]"


def _safetensors(name: str, tensor: str, library: str) -> tuple[Lines, Lines]:
    back = ".float().numpy()" if library == "pt" else ""
    return (
        ["from safetensors import safe_open"],
        [f'with safe_open({name!r}, "{library}") as file:', f"    x = file.get_tensor({tensor!r}){back}"],
    )


def _gguf(name: str, tensor: str) -> tuple[Lines, Lines]:
    return (
        ["from gguf import GGUFReader, dequantize"],
        [
            f"tensor = next(one for one in GGUFReader({name!r}).tensors if one.name == {tensor!r})",
            "x = dequantize(tensor.data, tensor.tensor_type)",
        ],
    )
