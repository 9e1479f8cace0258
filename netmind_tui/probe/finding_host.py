"""What the machine around the devices has that spoils measurements or ends work, with the next step."""

import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.host import Boundary, Host
from netmind_tui.model.sample import HostSample
from netmind_tui.probe.kernelfile import children, read_text

_ROOT = Path("/")
_PACKAGE = Path(__file__).parents[1]
_GIB = 1 << 30
_LEAST_SHARE_OF_MEMORY = 0.1
_MOST_STALLED_PCT = 10.0
_FIRST_YEAR = 2025
_CLOCK_SLACK_S = 300.0
_POLICY = Path("sys/devices/system/cpu/cpufreq/policy0")
# These drivers of the processor call their usual, self-adjusting mode "powersave"; the preference beside it decides.
_SELF_ADJUSTING = {"intel_pstate", "amd-pstate-epp", "amd_pstate_epp"}
_TIME_ERROR = 5  # what adjtimex returns while no time server has set the clock
_TIMEX_BYTES = 512  # struct timex takes 208; room for a kernel that adds to it


def host_findings(
    host: Host,
    now: HostSample,
    state_folder: Path,
    root: Path = _ROOT,
    *,
    is_synchronised: bool | None = None,
    clock_s: float | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with the host; if nothing is, one finding that says so.

    ``is_synchronised`` says whether a time server keeps its clock right, where that is known; ``clock_s`` is what
    the clock says, in Unix seconds, if not now.
    """
    findings = (
        *_clock(time.time() if clock_s is None else clock_s),
        *_drift(is_synchronised),
        *_disk(state_folder),
        *_memory(host, now, root),
        *_battery(now),
        *_governor(host, root),
        *_wsl(host, root),
    )
    return findings or (
        Finding(
            id="host",
            title="The host is in order: clock, disk, memory, power and processor governor",
            status=Status.PASS,
        ),
    )


def synchronised() -> bool | None:
    """Whether a time server keeps this machine's clock right; ``None`` where the kernel does not say."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - milliseconds that only this question needs

    try:
        # All zero asks and sets nothing.
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else answer != _TIME_ERROR


def _drift(is_synchronised: bool | None) -> Iterator[Finding]:
    if is_synchronised is False:
        yield Finding(
            id="clock-unsynchronised",
            title="No time server keeps this machine's clock right, so the times of its records drift",
            status=Status.WARN,
            remediation="`sudo timedatectl set-ntp true`, or install chrony; in a container, on its host",
            action=Action.ASK_OWNER,
        )


def _clock(clock_s: float) -> Iterator[Finding]:
    newest_s = max((path.stat().st_mtime for path in _PACKAGE.rglob("*.py")), default=0.0)
    now = datetime.fromtimestamp(clock_s, UTC)
    if now.year >= _FIRST_YEAR and clock_s >= newest_s - _CLOCK_SLACK_S:
        return
    installed = datetime.fromtimestamp(newest_s, UTC)
    yield Finding(
        id="clock-wrong",
        title=f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before this program was installed",
        status=Status.ERROR,
        actual=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        required=f"{installed:%Y-%m-%dT%H:%M:%SZ} or later",
        operator=">=",
        purpose="records with a wrong time prove nothing, and connections are refused",
        remediation="`sudo timedatectl set-ntp true`, or set it with `sudo date -s`",
        action=Action.ASK_OWNER,
    )


def _disk(folder: Path) -> Iterator[Finding]:
    import shutil  # noqa: PLC0415 - milliseconds that only this question needs

    there = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if there is None:
        return
    try:
        space = shutil.disk_usage(there)
    except OSError:
        return
    if space.free < _GIB:
        yield Finding(
            id="disk-full",
            title=f"The disk that holds {folder} has {space.free >> 20} MiB left: runs and records may be lost",
            status=Status.WARN,
            actual=str(space.free),
            required=str(_GIB),
            operator=">=",
            unit="bytes",
            remediation=f"free some space there, or name another folder with XDG_STATE_HOME (now {folder})",
            action=Action.ASK_OWNER,
        )


def _memory(host: Host, now: HostSample, root: Path) -> Iterator[Finding]:
    total, available = host.memory_total_bytes, now.memory_available_bytes
    if total is not None and available is not None and available < (least := _least_memory(total)):
        yield Finding(
            id="memory-low",
            title=f"Only {available >> 20} MiB of {total >> 20} MiB of memory are free, so nothing is measured here",
            status=Status.WARN,
            actual=str(available),
            required=str(least),
            operator=">=",
            unit="bytes",
            remediation="end what takes it: `ps --sort=-rss -eo rss,pid,comm | head` names the largest",
            action=Action.WAIT,
        )
    pressure = read_text(root / "proc/pressure/memory").value or ""
    stalled = re.search(r"^full avg10=\S+ avg60=([0-9.]{1,8})", pressure, re.MULTILINE)
    if stalled is not None and float(stalled[1]) > _MOST_STALLED_PCT:
        yield Finding(
            id="memory-thrashing",
            title=f"Everything on this machine waited for memory {stalled[1]} % of the last minute: it swaps",
            status=Status.WARN,
            actual=stalled[1],
            required=f"{_MOST_STALLED_PCT:g}",
            operator="<=",
            unit="%",
            evidence="/proc/pressure/memory",
            remediation="end what takes the memory: `ps --sort=-rss -eo rss,pid,comm | head` names the largest",
            action=Action.WAIT,
        )


def _least_memory(total: int) -> int:
    return max(_GIB, round(total * _LEAST_SHARE_OF_MEMORY))


def _battery(now: HostSample) -> Iterator[Finding]:
    if now.on_battery:
        charge = "" if now.battery_pct is None else f" ({now.battery_pct:.0f} % left)"
        yield Finding(
            id="on-battery",
            title=f"This machine runs on battery{charge}: it is slower so, and soon off",
            status=Status.WARN,
            remediation="plug it in",
            action=Action.WAIT,
        )


def _governor(host: Host, root: Path) -> Iterator[Finding]:
    if "powersave" not in (host.cpu.governor or "").split("+"):
        return
    driver = read_text(root / _POLICY / "scaling_driver").value
    preference = read_text(root / _POLICY / "energy_performance_preference").value
    if driver in _SELF_ADJUSTING and preference != "power":
        return
    setting = (
        "echo balance_performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/energy_performance_preference"
        if driver in _SELF_ADJUSTING
        else "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"
    )
    yield Finding(
        id="cpu-governor",
        title="The processor is set to save power, so it computes far below its rate",
        status=Status.WARN,
        actual=preference if driver in _SELF_ADJUSTING else host.cpu.governor,
        required="performance, schedutil or balance_performance",
        evidence=f"driver {driver}, governor {host.cpu.governor}" if driver else f"governor {host.cpu.governor}",
        remediation=f"until the next boot: `{setting}`",
        action=Action.NONE,
    )


def _wsl(host: Host, root: Path) -> Iterator[Finding]:
    if Boundary.WSL not in host.boundaries:
        return
    settings = [read_text(home / ".wslconfig").value or "" for home in children(root / "mnt/c/Users")]
    if any(re.search(r"(?im)^\s*vmIdleTimeout\s*=\s*-1\s*$", text) for text in settings):
        return
    yield Finding(
        id="wsl-idle-timeout",
        title="Windows ends WSL, and all that runs in it, a minute after its last terminal is closed",
        status=Status.WARN,
        evidence="no vmIdleTimeout=-1 in a .wslconfig below /mnt/c/Users",
        remediation=(
            "in Windows, write the two lines `[wsl2]` and `vmIdleTimeout=-1` into %UserProfile%\\.wslconfig, run "
            "`wsl --shutdown` once, and keep a terminal open or a service running in WSL"
        ),
        action=Action.ASK_OWNER,
    )
