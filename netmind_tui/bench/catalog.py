"""The kernel catalogue on disk: read, checked, and its graphs refused when their digest differs."""

import os
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import msgspec

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
        Problem: the file is not there, or is not a catalogue.
    """
    path = (folder or kernels_folder()) / "catalog.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Catalog)
    except OSError as error:
        raise Problem(f"cannot read the kernel catalogue {path}: {error.strerror}", ExitCode.USAGE) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not a kernel catalogue: {error}", ExitCode.USAGE) from error


def read_graph(variant: Variant, folder: Path | None = None) -> bytes:
    """The bytes of a kernel's graph.

    Raises:
        DigestMismatchError: the file cannot be read, or its SHA-256 is not the catalogue's.
    """
    path = (folder or kernels_folder()) / variant.file
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DigestMismatchError(f"{path} cannot be read: {error.strerror}") from error
    found = sha256(contents).hexdigest()
    if found != variant.sha256:
        raise DigestMismatchError(
            f"{path} is not the kernel that the catalogue names (sha256 {found[:12]}…, expected {variant.sha256[:12]}…)"
        )
    return contents
