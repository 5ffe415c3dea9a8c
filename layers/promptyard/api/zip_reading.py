"""A ZIP archive that somebody sends, read line by line. Nothing of it is unpacked anywhere, and nothing is believed
that its directory says: not how large it is, nor where its files lie."""

import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import IO

from promptyard.domain.errors import InvalidRequest

MAX_FILES = 100
MAX_DIRECTORY_BYTES = 64 * 1024
"""zipfile keeps it whole, at many times its size."""
MAX_UNPACKED_BYTES = 4_000_000_000
MAX_LINE_BYTES = 32_000_000

_END = struct.Struct("<4s4H2LH")
"""The record that ends an archive (APPNOTE.TXT §4.3.16)."""
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR_SIGNATURE, _LOCATOR_BYTES = b"PK\x06\x07", 20
"""What stands before it where the directory is one of ZIP64 (§4.3.15)."""
_ENCRYPTED = 0x1
_HEADER_BYTES = 30
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What zipfile raises on what is none; the last ones for what it cannot do, and for places outside the file."""


def refused(message: str) -> InvalidRequest:
    """The archive is not taken. The message names the file in it, and the line."""
    return InvalidRequest(message, kind="archive")


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive in a file that can be sought in. Raises InvalidRequest for what is none, is cut or was changed, and
    for one that is too large when it is unpacked."""
    _check_end(file)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise refused(f"This is no ZIP archive: {error}") from None
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    ends = [entry.header_offset for entry in entries[1:]] + [archive.start_dir]
    for entry, end in zip(entries, ends, strict=True):
        name = entry.filename[:100]
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise refused(f"{name!r} is encrypted, or compressed in another way than archives are")
        if entry.header_offset + _HEADER_BYTES + entry.compress_size > end:
            raise refused(f"{name!r} overlaps with another file of the archive")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise refused(f"The archive is over {MAX_UNPACKED_BYTES // 10**9} GB when it is unpacked")
    return archive


def check_names(archive: zipfile.ZipFile, names: Collection[str]) -> None:
    """Raises InvalidRequest where there are other files, any of these twice, or not all of them."""
    found = archive.namelist()
    for name in found:
        if name not in names:
            raise refused(f"This is no archive of a tenant: there is a file {name[:100]!r} in it")
        if found.count(name) > 1:
            raise refused(f"{name} is in the archive more than once")
    for name in names:
        if name not in found:
            raise refused(f"{name} is not in the archive")


def _check_end(file: IO[bytes]) -> None:
    """Before zipfile reads the directory: that it is there, and small."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _LOCATOR_BYTES))
    tail = file.read()
    if len(tail) < _END.size or tail[-_END.size :][:4] != _END_SIGNATURE:
        raise refused("This is no ZIP archive, or its end is missing")
    _, disk, first_disk, here, files, directory, offset, comment = _END.unpack(tail[-_END.size :])
    if tail.startswith(_LOCATOR_SIGNATURE) or (disk, first_disk, here, comment) != (0, 0, files, 0):
        raise refused("This is no archive of a tenant: its end is one of another program's")
    if files > MAX_FILES or directory > MAX_DIRECTORY_BYTES:
        raise refused("This is no archive of a tenant: there are too many files in it")
    if offset + directory + _END.size != size:
        raise refused("The archive was cut or changed: its directory is not where its end says")


def whole_file(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A small file. Raises InvalidRequest where it is over `limit` bytes, or broken."""
    try:
        with archive.open(name) as file:
            text = file.read(limit + 1)
    except _BROKEN as error:
        raise refused(f"{name} is broken: {error}") from None
    if len(text) > limit:
        raise refused(f"{name} is over {limit:,} bytes")
    return text


def lines_of(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """As they are asked for, with their ends. Raises InvalidRequest at a line that is too long or has no end, and where
    the file is broken."""
    number = 0
    try:
        with archive.open(name) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if not line.endswith(b"\n"):
                    fault = "is over 32 MB" if len(line) > MAX_LINE_BYTES else "has no end"
                    raise refused(f"{name}, line {number}: it {fault}")
                yield line
    except _BROKEN as error:
        raise refused(f"{name} is broken after line {number}: {error}") from None
