"""The id by which every entry names its node."""

import subprocess
import sys
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_LIMIT_S = 30.0


class NodeId:
    """Asked for once, and again where the key is another one; it blocks.

    Args:
        folder: the node's identity.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shape: object = None
        self._id = ""

    def __call__(self) -> str:
        """The node's public key, ``ed25519:…``.

        Raises:
            Problem: it cannot be read, or be made.
        """
        shape = self._shape_now()
        if not self._id or shape != self._shape:
            self._id = _asked(self._folder)
            self._shape = self._shape_now()
        return self._id

    def _shape_now(self) -> object:
        """What changes when the key does."""
        try:
            found = (self._folder / "node.pem").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def _asked(folder: Path) -> str:
    command = [sys.executable, "-P", "-m", "netmind_tui.node.money.node_child", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Problem(f"the node's key in {folder} could not be asked for: {error}", ExitCode.UNMEASURED) from error
    if done.returncode or not done.stdout.strip():
        said = done.stderr.strip().splitlines()
        why = said[-1] if said else f"it ended with {done.returncode}"
        raise Problem(f"the node's key cannot be used: {why}", ExitCode.UNMEASURED)
    return done.stdout.strip()
