"""Reads whole files, plain, gzipped or archived, and names the one that is damaged."""

import gzip
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from fwexp.data.faults import DamagedFile

_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile)


def read_whole(file: Path) -> bytes:
    """The file's content, decompressed where its name ends with .gz."""
    try:
        raw = file.read_bytes()
        return gzip.decompress(raw) if file.suffix == ".gz" else raw
    except _BROKEN as error:
        raise DamagedFile(file, problem=f"cannot be read in full ({error})") from error


def unpack(archive: Path, *, directory: str, into: Path) -> Path:
    """Copy the files in one directory of a tar archive; gives back `into`.

    Only regular files, and only their base names, so nothing is written outside `into`.
    """
    wanted = PurePosixPath(directory)
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                inside = PurePosixPath(member.name)
                content = tar.extractfile(member) if inside.parent == wanted else None
                if content is not None:
                    with (into / inside.name).open("wb") as copy:
                        shutil.copyfileobj(content, copy)
    except _BROKEN as error:
        raise DamagedFile(archive, problem=f"cannot be unpacked ({error})") from error
    return into


def unzip(archive: Path, *, directory: str, into: Path) -> Path:
    """The same for a zip archive, such as a wheel."""
    wanted = PurePosixPath(directory)
    try:
        with zipfile.ZipFile(archive) as bundle:
            for member in bundle.infolist():
                inside = PurePosixPath(member.filename)
                if inside.parent == wanted and not member.is_dir():
                    (into / inside.name).write_bytes(bundle.read(member))
    except _BROKEN as error:
        raise DamagedFile(archive, problem=f"cannot be unpacked ({error})") from error
    return into
