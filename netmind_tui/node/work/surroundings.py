"""What an instance sees of the world: its variables, its folder, and the words of its command with its own in them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.instance import Place
from netmind_tui.node.work.limit import cpus_of

MARK = "NETMIND_INSTANCE"
"""The variable by which a later agent knows what an earlier one left behind."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def files_of(place: Place) -> Path:
    """The folder for an instance's own files, beside its logs: ``{folder}``, where it runs unless told otherwise."""
    return place.folder / "files"


def filled(text: str, place: Place) -> str:
    """A word with ``{uuid}``, ``{device}``, ``{index}`` and ``{folder}`` replaced by the instance's own.

    Of several devices they are separated by commas. Other braces stay as they are.
    """
    names = [each.device for each in place.devices]
    own = {
        "{uuid}": ",".join(each.uuid for each in place.devices if each.uuid is not None),
        "{device}": ",".join(names),
        "{index}": ",".join(name.partition(":")[2] or "0" for name in names),
        "{folder}": str(files_of(place)),
    }
    for name, value in own.items():
        text = text.replace(name, value)
    return text


def filled_all(words: Sequence[str], place: Place) -> list[str]:
    """The words of a command, filled in."""
    return [filled(each, place) for each in words]


def folder_of(workload: Workload, place: Place) -> Path:
    """Where it runs."""
    return files_of(place) if workload.folder is None else Path(filled(workload.folder, place))


def environment_of(workload: Workload, place: Place, agent: Mapping[str, str] | None = None) -> dict[str, str]:
    """All variables that it sees: a few that every program needs, ours, and before those the definition's."""
    around = os.environ if agent is None else agent
    cpus = cpus_of(place.limits)
    threads = {} if cpus is None else dict.fromkeys(_THREADS, str(len(cpus)))
    given = {name: filled(value, place) for name, value in workload.environment.items()}
    share = place.limits.gpu_memory_share_pct
    own = {
        MARK: place.number,
        "NETMIND_WORKLOAD": workload.name,
        "NETMIND_DEVICES": ",".join(each.device for each in place.devices),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        # Empty, and not missing: without it a program would see every card.
        "CUDA_VISIBLE_DEVICES": ",".join(
            each.uuid for each in place.devices if each.kind is not DeviceKind.CPU and each.uuid is not None
        ),
        **({} if share is None else {"NETMIND_GPU_MEMORY_SHARE_PCT": str(share)}),
    }
    return _common(around) | threads | given | own


def _common(around: Mapping[str, str]) -> dict[str, str]:
    import pwd  # noqa: PLC0415 - there is none on Windows, where programs do not run

    try:
        user = pwd.getpwuid(os.geteuid())
        home, name = user.pw_dir, user.pw_name
    except KeyError:
        home, name = "/", str(os.geteuid())
    return {
        "PATH": around.get("PATH") or _PATH,
        "HOME": around.get("HOME") or home,
        "LANG": around.get("LANG") or "C.UTF-8",
        "USER": name,
        "LOGNAME": name,
    }
