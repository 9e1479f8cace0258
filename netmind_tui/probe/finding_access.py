"""Whether this user may open the files through which NVIDIA's driver is used."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from netmind_tui.model.finding import Action, Finding, Status

_ROOT = Path("/")
_NEEDED = re.compile(r"nvidia([0-9]+|ctl|-uvm)")
_UVM = "nvidia-uvm"
_MAKER = "usr/bin/nvidia-modprobe"


def may_use(path: Path) -> bool:
    """Whether this user may read and write a file."""
    return os.access(path, os.R_OK | os.W_OK)


def device_file_findings(root: Path = _ROOT, may_use: Callable[[Path], bool] = may_use) -> tuple[Finding, ...]:
    """The files in /dev that are missing or closed to this user; nothing where there are none (WSL, no driver)."""
    try:
        files = sorted(path for path in (root / "dev").iterdir() if _NEEDED.fullmatch(path.name))
    except OSError:
        return ()
    closed = [f"/dev/{path.name}" for path in files if not may_use(path)]
    if not files:
        return ()
    if all(path.name != _UVM for path in files) and not (root / _MAKER).exists():
        return (_uvm_missing(),)
    if not closed:
        return (Finding(id="device-files", title="This user may open NVIDIA's files in /dev", status=Status.PASS),)
    return (
        Finding(
            id="device-files-closed",
            title=f"This user may not open {', '.join(closed)}, so no program of theirs can use these GPUs",
            status=Status.ERROR,
            actual=", ".join(closed),
            required="readable and writable",
            remediation=(
                f"`ls -l {closed[0]}` names the group to join: `sudo usermod -aG GROUP $USER`, then log in again; "
                "in a container, pass the GPUs in (--gpus all)"
            ),
            action=Action.ASK_OWNER,
        ),
    )


def _uvm_missing() -> Finding:
    """CUDA programs open this file first; where NVIDIA's helper is installed, it makes the file when it is needed."""
    return Finding(
        id="device-file-missing",
        title=f"There is no /dev/{_UVM}, so CUDA programs cannot start although the driver runs",
        status=Status.ERROR,
        actual="missing",
        required=f"/dev/{_UVM}",
        remediation=(
            "`sudo modprobe nvidia_uvm && sudo nvidia-modprobe -u -c=0` (package nvidia-modprobe); "
            "in a container, pass the GPUs in (--gpus all)"
        ),
        action=Action.ASK_OWNER,
    )
