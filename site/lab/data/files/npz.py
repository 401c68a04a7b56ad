"""NumPy's ``.npz`` files: zip archives of ``.npy`` files, unpacked one array at a time and never beyond a limit."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from quantcore import QuantError

from ...parsing.places import quoted
from . import npy
from .contents import MAX_ARRAYS, MAX_VALUES, Entry, Floats, Skipped, refuse

MAGIC = b"PK\x03\x04"
EMPTY_MAGIC = b"PK\x05\x06"
DIRECTORY_MAGIC = b"PK\x01\x02"
MAX_UNPACKED = 8 * MAX_VALUES + npy.PREFIX + npy.MAX_HEADER
"""The most bytes that one array may unpack to."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,  # UnicodeDecodeError too
    NotImplementedError,
    RuntimeError,
    OSError,
    OverflowError,
    IndexError,
    KeyError,
)
"""What the standard library raises for a damaged archive, whatever the damage."""


def read_npz(data: bytes) -> Iterator[Entry | Skipped]:
    """The arrays of an archive.

    Raises:
        QuantError: if the archive is damaged, or more than an archive of arrays.
    """
    count = data.count(DIRECTORY_MAGIC)
    if count > MAX_ARRAYS:  # found out before the directory is read, for it takes many times its size in memory
        refuse(f"holds {count:,} files; at most {MAX_ARRAYS:,} are allowed. Save fewer arrays into it.")
    archive = _opened(data)
    members = archive.infolist()
    if sum(member.compress_size for member in members) > len(data):
        refuse("holds files that overlap, as a zip bomb's do. Save it again with numpy.savez.")
    for member in members:
        name = member.filename
        if name.endswith("data.pkl"):
            refuse(
                "holds pickled Python objects, which are never loaded because they can run programs. Save .safetensors."
            )
        if name.endswith(".npy"):
            yield _entry(archive, member)
        elif not member.is_dir():
            yield Skipped(name, "is no .npy file.")


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        refuse(f"cannot be opened as a zip archive ({error}). Copy or save it again.")


def _entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry | Skipped:
    """One array, its header read; what cannot be used is skipped, so that the others can."""
    name = member.filename.removesuffix(".npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Skipped(name, "is compressed by a method other than deflate. Save it with numpy.savez_compressed.")
    if member.flag_bits & 1:
        return Skipped(name, "is encrypted. Save it with numpy.savez.")
    if member.file_size > MAX_UNPACKED:
        return Skipped(
            name, f"unpacks to {member.file_size:,} bytes; at most {MAX_UNPACKED:,} are allowed. Save a part."
        )
    beginning = _unpacked(archive, member, npy.PREFIX + npy.MAX_HEADER)
    try:
        header = npy.read_header(beginning, member.file_size)
    except QuantError as error:
        return Skipped(name, error.message)

    def read() -> Floats:
        return npy.numbers(_unpacked(archive, member, member.file_size), header)

    return Entry(name, header.shape, header.dtype.name, read)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> bytes:
    """The first bytes of a member; never more than it declares, which the archive's checksum then holds it to."""
    try:
        with archive.open(member) as file:
            unpacked = file.read(min(size, member.file_size))
            if size >= member.file_size:
                file.read(1)  # the end is where the checksum is compared
    except BROKEN as error:
        refuse(f"is damaged in {quoted(member.filename)} ({error}). Copy or save it again.")
    if len(unpacked) < min(size, member.file_size):
        refuse(f"is damaged: {quoted(member.filename)} unpacks to less than it declares. Copy or save it again.")
    return unpacked
