"""Who uses a device: the processes that compute and those that draw, and the share of its time that each took.

The compositor of a desktop is always one that draws. Where the driver cannot tell shares (MIG, WSL, vGPU) they are
missing, and the processes are not.
"""

from typing import Any

from netmind_tui.probe import trouble
from netmind_tui.probe.reader import Handle, NvmlCall, Refused

_COMPUTE = ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2")
_GRAPHICS = ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2")
_NOTHING_NEW = frozenset({0, trouble.NOT_FOUND})
"""Where there are no samples, old drivers answer success, newer ones not found; the binding raises both."""

User = tuple[int, int | None, float | None]


def users(call: NvmlCall, handle: Handle, since_us: int) -> tuple[list[User], int]:
    """Each user's number, memory in bytes and share in per cent since ``since_us``, and the newest sample's moment.

    Raises:
        Refused: the driver does not list processes here.
    """
    memory: dict[int, int | None] = {}
    for symbols in (_COMPUTE, _GRAPHICS):
        for process in _running(call, handle, symbols):
            used, before = getattr(process, "usedGpuMemory", None), memory.get(process.pid, 0)
            # One that computes and draws is in both lists with all of its memory.
            memory[process.pid] = None if used is None or before is None else max(used, before)
    shares, newest_us = _shares(call, handle, since_us)
    found = [(pid, used, None if shares is None else shares.get(pid, 0.0)) for pid, used in memory.items()]
    return found, newest_us


def _running(call: NvmlCall, handle: Handle, symbols: tuple[str, ...]) -> list[Any]:
    newest, *older = symbols
    try:
        return list(call(newest, handle))
    except Refused as refusal:
        if refusal.code != trouble.FUNCTION_NOT_FOUND or not older:
            raise
        return _running(call, handle, tuple(older))


def _shares(call: NvmlCall, handle: Handle, since_us: int) -> tuple[dict[int, float] | None, int]:
    """The mean share of each process over the samples since then; ``None`` where they are not told."""
    try:
        samples = list(call("nvmlDeviceGetProcessUtilization", handle, since_us))
    except Refused as refusal:
        return ({} if refusal.code in _NOTHING_NEW else None), since_us
    newest_us = max((sample.timeStamp for sample in samples), default=since_us)
    # The first answer holds all that the driver remembers, in part of long ago.
    fresh = [sample for sample in samples if sample.timeStamp > max(since_us, newest_us - 2_000_000)]
    taken: dict[int, list[int]] = {}
    for sample in fresh:
        taken.setdefault(sample.pid, []).append(sample.smUtil)
    return {pid: sum(values) / len(values) for pid, values in taken.items()}, max(since_us, newest_us)
