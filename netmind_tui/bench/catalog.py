"""The kernel catalogue on disk: read, checked, and its graphs refused when their digest differs."""

import os
import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from netmind_tui.bench.catalog_rule import VERSION, faults, unknown_keys
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog, Variant
from netmind_tui.model.problem import Problem


class DigestMismatchError(Exception):
    """A kernel's file is missing or is not the one that the catalogue names."""


def kernels_folder() -> Path:
    """Where the catalogue lies: ``NETMIND_KERNELS``, the installed package, or the source tree."""
    chosen = os.environ.get("NETMIND_KERNELS")
    if chosen:
        return Path(chosen)
    packaged = Path(str(files("netmind_tui"))) / "_kernels"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "kernels"


def open_catalog(folder: Path | None = None) -> Catalog:
    """Read ``catalog.toml``.

    Raises:
        Problem: the file is not there, is not a catalogue, or is one with a key or a value that cannot be meant;
            the sentence names the file, the kernel or suite, and the member.
    """
    path = (folder or kernels_folder()) / "catalog.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise Problem(f"cannot read the kernel catalogue {path}: {error.strerror}", ExitCode.USAGE) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not a kernel catalogue: {error}", ExitCode.USAGE) from error
    except RecursionError as error:
        raise Problem(f"{path} is not a kernel catalogue: it is nested too deeply", ExitCode.USAGE) from error
    return _checked(path, table)


def _checked(path: Path, table: dict[str, Any]) -> Catalog:
    version = table.get("version")
    if type(version) is int and version != VERSION:
        _refuse(path, f"written for another version of this program (version {version}, expected {VERSION})")
    for sentence in unknown_keys(table):
        _refuse(path, sentence)
    try:
        catalog = msgspec.convert(table, Catalog)
    except msgspec.ValidationError as error:
        raise Problem(f"{path} is not a kernel catalogue: {_named(str(error), table)}", ExitCode.USAGE) from error
    for sentence in faults(catalog):
        _refuse(path, sentence)
    return catalog


def _named(complaint: str, table: dict[str, Any]) -> str:
    """A complaint about ``$.kernels[2].unit`` as one about the unit of the kernel by its name."""

    def name(match: re.Match[str]) -> str:
        row = table[match[1]][int(match[2])]
        found = row.get("id" if match[1] == "kernels" else "name") if isinstance(row, dict) else None
        if not isinstance(found, str):
            return match[0]
        return f"{match[1].removesuffix('s')} {found!r}" + (": " if match[3] else "")

    return re.sub(r"\$\.(kernels|suites)\[(\d+)\](\.)?", name, complaint)


def _refuse(path: Path, sentence: str) -> NoReturn:
    raise Problem(f"{path}: {sentence}", ExitCode.USAGE)


def read_graph(variant: Variant, folder: Path | None = None) -> bytes:
    """The bytes of a kernel's graph; none where it has no graph.

    Raises:
        DigestMismatchError: the file cannot be read, or its SHA-256 is not the catalogue's.
    """
    if variant.file is None or variant.sha256 is None:
        return b""
    return _read((folder or kernels_folder()) / variant.file, variant.sha256)


class Weight(NamedTuple):
    """One weight of a network: uniform numbers in [-1, 1), times ``scale``, plus ``shift``."""

    name: str
    shape: tuple[int, ...]
    scale: float
    shift: float


def read_weights(variant: Variant, folder: Path | None = None) -> list[Weight]:
    """The weights of a network, in the order in which it uses them; none where the catalogue names no such file.

    Raises:
        DigestMismatchError: the file cannot be read, or its SHA-256 is not the catalogue's.
    """
    if variant.weights is None or variant.weights_sha256 is None:
        return []
    contents = _read((folder or kernels_folder()) / variant.weights, variant.weights_sha256)
    return msgspec.json.decode(contents, type=list[Weight])


def _read(path: Path, expected: str) -> bytes:
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DigestMismatchError(f"{path} cannot be read: {error.strerror}") from error
    found = sha256(contents).hexdigest()
    if found != expected:
        raise DigestMismatchError(
            f"{path} is not the kernel that the catalogue names (sha256 {found[:12]}…, expected {expected[:12]}…)"
        )
    return contents
