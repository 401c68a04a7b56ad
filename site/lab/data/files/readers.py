"""What is in a file: its format found out from its name and its first bytes, its arrays listed."""

from collections.abc import Iterable

from . import npy, npz, raw, table_text, written
from .contents import Contents, Entry, Skipped, contents_of, refuse

TABLES = ("csv", "tsv", "tab", "dat")
RAW = ("bin", "raw")
TEXTS = ("txt", "text", "md", "py", "log", "h", "hpp", "c", "cc", "cpp", "")

ENDINGS = (".npy", ".npz", ".csv", ".tsv", ".json", ".bin", ".txt")
"""The endings of what is read whole; others of the tables and texts above are read, too. Models are read by parts."""

FORMATS = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"

UNREADABLE = {
    "pickle": ("pkl", "pickle", "pt", "pth", "ckpt", "joblib"),
    "HDF5": ("h5", "hdf5", "keras"),
    "Excel": ("xls", "xlsx"),
    "MATLAB": ("mat",),
    "Parquet": ("parquet", "arrow", "feather"),
}
"""Formats that people will try, and their endings."""


def read_contents(name: str, data: bytes) -> Contents:
    """The arrays of a file.

    Args:
        name: the file's name; its ending decides where the bytes leave a choice.
        data: all of it.

    Raises:
        QuantError: if it is damaged, dangerous, or of no readable format; the message is a sentence without subject.
    """
    if not data:
        refuse("is empty. Drop a file with numbers in it.")
    return contents_of(_found(name, data))


def _found(name: str, data: bytes) -> Iterable[Entry | Skipped]:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if data.startswith(b"version https://git-lfs"):
        refuse("is a pointer of Git LFS, not the file itself. Fetch the file with git lfs pull, then drop that.")
    if data.startswith(npy.MAGIC):
        return [npy.read_npy(data, _stem(name))]
    if data.startswith((npz.MAGIC, npz.EMPTY_MAGIC)):
        return npz.read_npz(data)
    if ending == "npy":
        npy.read_header(data[: npy.PREFIX], len(data))
    if ending == "npz":
        refuse(f"does not begin like a zip archive ({data[:4]!a} in place of {npz.MAGIC!a}). Save it with numpy.savez.")
    for kind, endings in UNREADABLE.items():
        if ending in endings or (kind == "pickle" and _is_pickle(data)):
            danger = ", and loading a pickle can run programs, so it is never done" if kind == "pickle" else ""
            refuse(f"is a file of {kind}{danger}. Save its numbers as {FORMATS}.")
    if ending in RAW:
        return raw.read_raw(data)
    if ending in TABLES:
        return table_text.read_table(data)
    if ending == "json" or (ending not in TEXTS and data.lstrip()[:1] == b"{"):
        return written.read_json_file(data, _stem(name))
    return written.read_text(data, _stem(name))


def _stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name


def _is_pickle(data: bytes) -> bool:
    r"""Whether bytes begin as pickles of protocol 2 and later do: \x80, the protocol, … and end in a full stop."""
    return data[:1] == b"\x80" and data[1:2] <= b"\x05" and data.endswith(b".")
