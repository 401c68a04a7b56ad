"""What startup.mjs has Pyodide's own Python do: import all that the page needs, answer once, pack the result."""

import gc
import importlib
import importlib.machinery
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType


class Missing:
    """On sys.meta_path where the files of some modules are not there yet: gets them when one is first imported.

    Attributes:
        names: of the modules, and of packages with all that is in them.
        fetch: what gets the files, of JavaScript's global functions.
    """

    def __init__(self, names: Iterable[str], fetch: str) -> None:
        self.names, self.fetch = frozenset(names), fetch

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Finds nothing itself; when it returns, the finders after it can."""
        if name.partition(".")[0] in self.names:
            sys.meta_path.remove(self)
            getattr(importlib.import_module("js"), self.fetch)()
            importlib.invalidate_caches()


def warm_up() -> None:
    """Imports what the page needs and answers once, so that neither has to happen in the page."""
    importlib.invalidate_caches()
    lab = importlib.import_module("lab")
    package = Path(str(importlib.import_module("quantcore").__file__)).parent
    for path in sorted(package.rglob("*.py")):  # some formats import their codec when it is first used
        importlib.import_module(
            ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        )
    lab.respond({})
    place = sys.meta_path.index(importlib.machinery.PathFinder)
    sys.meta_path.insert(place, Missing(["lab", "quantcore"], "fetchLab"))
    sys.meta_path.insert(place, Missing([*sys.stdlib_module_names, "numpy"], "fetchLibrary"))
    gc.collect()


def pack(path: str, level: int) -> bytes:
    """Compresses a file with zstd, with a checksum."""
    zstd = importlib.import_module("compression.zstd")  # of Python 3.14, which not every checker of types knows
    parameter = zstd.CompressionParameter
    options = {parameter.compression_level: level, parameter.checksum_flag: 1}
    packed: bytes = zstd.compress(Path(path).read_bytes(), options=options)
    return packed
