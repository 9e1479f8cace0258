"""What docker or podman is told so that it runs a container of ours, and what it means when it does not."""

import os
import re
from collections.abc import Mapping

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work import outside
from netmind_tui.node.work.call import Called
from netmind_tui.node.work.instance import Ended, Place
from netmind_tui.node.work.limit import usable_cpus
from netmind_tui.node.work.surroundings import environment_of, filled, filled_all
from netmind_tui.node.work.value import is_the_agents

GUARD = """\
runtime=$1 name=$2 grace=$3; shift 3
trap '"$runtime" stop -t "$grace" "$name"' TERM
"$runtime" run "$@" & wait $!; code=$?
trap '' TERM
"$runtime" rm --force "$name" >/dev/null 2>&1
exit $code"""
"""Runs it and gives its code; where the agent is gone, the keeper's SIGTERM has the container stopped in time."""
NAME = "NETMIND_CONTAINER"
"""The variable in which its owner's commands find what it is called."""
NOT_RUN = (125, 126, 127)
"""The codes of ``run`` when the runtime could not, or the command could not be run in it."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_OWN = frozenset({"PATH", "HOME", "LANG", "USER", "LOGNAME"})
_WEIGHT, _STEP, _LEAST_WEIGHT = 1024, 1.25, 2
_ALL_PCT = 100
_NO_IMAGE = re.compile(r"no such image|image not known|unable to find image", re.IGNORECASE)
_DENIED = re.compile(r"permission denied.*(socket|daemon|\.sock)", re.IGNORECASE)
_NO_DAEMON = re.compile(r"cannot connect to (the docker daemon|podman)|is the docker daemon running", re.IGNORECASE)


def name_of(place: Place) -> str:
    """What the container of one start is called."""
    return _UNSAFE.sub("-", f"netmind-{place.key}-{place.number}")


def refused_option(workload: Workload) -> str | None:
    """An option that would cut the container loose from its log and from whoever guards it."""
    return next((word for word in workload.options if is_the_agents(word)), None)


def environment_in(workload: Workload, place: Place) -> dict[str, str]:
    """What the container sees: as a program does, without what is of this machine."""
    everything = environment_of(workload, place)
    found = {name: value for name, value in everything.items() if name not in _OWN or name in workload.environment}
    cards = [each.uuid for each in place.devices if each.kind is not DeviceKind.CPU and each.uuid is not None]
    # Where NVIDIA's runtime is the default one, many images would be given every card.
    return found | {"NVIDIA_VISIBLE_DEVICES": ",".join(cards) or "void", NAME: name_of(place)}


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Those variables that the runtime's program hands on from its own, so that no list of processes shows them."""
    return {name: value for name, value in environment.items() if not _is_of_client(name)}


def run_words(workload: Workload, place: Place) -> tuple[list[str], tuple[str, ...]]:
    """What ``run`` is told, and which limits it is told."""
    labels = {
        "netmind.instance": place.number,
        "netmind.workload": workload.name,
        "netmind.home": outside.home_of(place.folder.parent),
    }
    # Gigabytes are not fetched by themselves in the middle of a window: its owner does that.
    words = ["--name", name_of(place), "--pull", "never", "--sig-proxy=false"]
    words += [f"--label={name}={value}" for name, value in labels.items()]
    limited = []
    if (cpus := cpus_in(place.limits)) is not None:
        words += ["--cpus", cpus]
        limited.append("cpu")
    if workload.memory_bytes is not None:
        words += ["--memory", f"{workload.memory_bytes}b"]
        limited.append("memory")
    words += ["--cpu-shares", str(max(_LEAST_WEIGHT, round(_WEIGHT / _STEP**workload.nice)))]
    for name, value in environment_in(workload, place).items():
        words += ["--env", f"{name}={value}" if _is_of_client(name) else name]
    if workload.folder is not None:
        words += ["--workdir", filled(workload.folder, place)]
    words += [*filled_all(workload.options, place), workload.image or "", *filled_all(workload.command, place)]
    return words, (*limited, "weight")


def cpus_in(limits: Limits) -> str | None:
    """The share of the processors as a number of them; ``None``: no limit."""
    share = limits.cpu_share_pct
    if share is None or share >= _ALL_PCT:
        return None
    return f"{max(0.01, len(usable_cpus()) * share / _ALL_PCT):.2f}"


def why_not_run(workload: Workload, ended: Ended) -> str:
    """Why the runtime could not run it, in a clause."""
    runtime, text = workload.runtime, "\n".join(ended.lines)
    if _DENIED.search(text):
        user = os.environ.get("USER", "USER")
        words = f"this user may not speak to {runtime}: sudo usermod --append --groups {runtime} {user}"
        return f"{words}, which makes them as mighty as root; or use podman"
    if _NO_DAEMON.search(text):
        return f"the daemon of {runtime} does not run: sudo systemctl start {runtime}"
    if _NO_IMAGE.search(text):
        return f"its image {workload.image} is not here: {runtime} pull {workload.image}"
    lines = [line for line in ended.lines if "--help" not in line]
    return f"{runtime} cannot run it: {Called(code=ended.code or 0, output='', errors=chr(10).join(lines)).complaint}"


def _is_of_client(name: str) -> bool:
    """Whether a variable would change what the runtime's program itself does."""
    return name in _OWN or name in outside.PASSED_ON or name.startswith("LD_")
