"""The child that talks to NVML: ``python -m netmind_tui.probe.nvml``, JSON Lines on stdin and stdout.

A driver hung in the kernel takes the process that asked along, so this one asks and ``gpu.py`` watches it. Each
request names one device and is answered alone: ``{"op": "sample", "index": 0, "slot": "0000:81:00.0"}`` gives
``{"values": {…}, "absent": {…}, "slices": […]}``, with ``"lost": code`` where the device was lost meanwhile, or
``{"error": code}`` (NVML's numbers) where nothing could be read at all. The end of stdin ends the process, also in
the middle of a call. Processes are listed only by the ops ``processes`` and ``users``: no other calls cost
as much. ``limit`` alone changes anything: the power limit, of which ``power_limit.py`` knows the rules.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

import pynvml

from netmind_tui.probe import device_user, power_limit, trouble
from netmind_tui.probe.metric import (
    DESCRIPTION,
    HEALTH,
    IDENTITY,
    SAMPLE,
    SLICE_DESCRIPTION,
    SLICE_SAMPLE,
    Answer,
    Metric,
)
from netmind_tui.probe.reader import Handle, MetricReader, Refused, Reply


def call(symbol: str, *arguments: Answer) -> Answer:
    """Call NVML by name.

    Raises:
        Refused: with NVML's number; a function that the driver or the binding lacks is ``FUNCTION_NOT_FOUND``.
    """
    function = getattr(pynvml, symbol, None)
    if function is None:
        raise Refused(trouble.FUNCTION_NOT_FOUND)
    try:
        return function(*arguments)
    except pynvml.NVMLError as error:
        raise Refused(error.value) from error
    except UnicodeDecodeError as error:
        raise Refused(trouble.UNKNOWN) from error


def text(value: str | bytes) -> str:
    """A string from NVML, which older bindings give as bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


class Session:
    """NVML, opened once, and the handles of the devices that were asked about."""

    def __init__(self, *, under_wsl: bool) -> None:
        self._under_wsl = under_wsl
        self._handles: dict[int | str, Handle] = {}
        self._seen_us: dict[tuple[str, int | None], int] = {}

    def answer(self, request: dict[str, Any]) -> Reply:
        """The reply to one request; NVML's refusal of the whole request is a reply too."""
        op = request["op"]
        try:
            if op == "open":
                return self._open()
            handle = self._handle(request["index"], request["slot"])
            if op == "identify":
                return self._identify(handle)
            if op == "describe":
                return self._read(handle, DESCRIPTION, SLICE_DESCRIPTION, links=True)
            if op == "sample":
                return self._read(handle, SAMPLE, SLICE_SAMPLE)
            if op == "health":
                return self._read_whole(handle)
            if op == "processes":
                return self._processes(handle, request.get("slice"))
            if op == "users":
                return self._users(handle, request.get("slice"))
            if op == "limit":
                return power_limit.read_or_set(call, handle, request["milliwatts"], request.get("slice"))
        except Refused as refusal:
            return {"error": refusal.code}
        return {"error": pynvml.NVML_ERROR_INVALID_ARGUMENT}

    def _open(self) -> Reply:
        call("nvmlInit")
        versions: dict[str, str | None] = {}
        for name, symbol in (
            ("version", "nvmlSystemGetDriverVersion"),
            ("nvml_version", "nvmlSystemGetNVMLVersion"),
            ("cuda_version", "nvmlSystemGetCudaDriverVersion"),
        ):
            try:
                versions[name] = _version(call(symbol))
            except Refused:
                versions[name] = None
        return {"driver": versions, "count": call("nvmlDeviceGetCount")}

    def _handle(self, index: int, slot: str | None) -> Handle:
        """The device in this PCI slot, or of this index while its slot is not known."""
        key = slot or index
        if key not in self._handles:
            opened = call("nvmlDeviceGetHandleByPciBusId", slot) if slot else call("nvmlDeviceGetHandleByIndex", index)
            self._handles[key] = opened
        return self._handles[key]

    def _identify(self, handle: Handle) -> Reply:
        reader = MetricReader(call, handle)
        reader.read(IDENTITY)
        if slot := reader.values.get("pci_slot"):
            self._handles[slot] = handle
        return reader.reply()

    def _read(
        self, handle: Handle, whole: tuple[Metric, ...], part: tuple[Metric, ...], *, links: bool = False
    ) -> Reply:
        partitioned = _is_partitioned(handle)
        reader = MetricReader(call, handle, under_mig=partitioned, under_wsl=self._under_wsl)
        reader.read(whole)
        if links:
            reader.count_links()
        slices = []
        for number, slice_handle in _slices(handle) if partitioned and reader.lost is None else ():
            of_slice = MetricReader(call, slice_handle)
            of_slice.read(part)
            slices.append({"number": number, **of_slice.reply()})
        return reader.reply() | {"slices": slices}

    def _read_whole(self, handle: Handle) -> Reply:
        """The card's state of repair, which its slices share."""
        reader = MetricReader(call, handle, under_mig=_is_partitioned(handle), under_wsl=self._under_wsl)
        reader.read(HEALTH)
        return reader.reply()

    def _processes(self, handle: Handle, number: int | None) -> Reply:
        asked = handle if number is None else call("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        try:
            running = _running(asked)
        except Refused as refusal:
            reader = MetricReader(call, asked, under_wsl=self._under_wsl)
            reader.refuse("processes", refusal.code)
            return reader.reply()
        used = [(process.pid, getattr(process, "usedGpuMemory", None)) for process in running]
        return {"values": {"processes": used}, "absent": {}}

    def _users(self, handle: Handle, number: int | None) -> Reply:
        asked = handle if number is None else call("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        key = (str(handle), number)
        try:
            found, self._seen_us[key] = device_user.users(call, asked, self._seen_us.get(key, 0))
        except Refused as refusal:
            reader = MetricReader(call, asked, under_wsl=self._under_wsl)
            reader.refuse("users", refusal.code)
            return reader.reply()
        return {"values": {"users": found}, "absent": {}}


def _running(handle: Handle) -> list[Any]:
    try:
        return list(call("nvmlDeviceGetComputeRunningProcesses_v3", handle))
    except Refused as refusal:
        if refusal.code != trouble.FUNCTION_NOT_FOUND:
            raise
        return list(call("nvmlDeviceGetComputeRunningProcesses_v2", handle))


def _is_partitioned(handle: Handle) -> bool:
    try:
        return bool(call("nvmlDeviceGetMigMode", handle)[0])
    except Refused:
        return False


def _slices(handle: Handle) -> Iterator[tuple[int, Handle]]:
    """The MIG slices of a card with NVML's numbers, which may have gaps."""
    try:
        most = call("nvmlDeviceGetMaxMigDeviceCount", handle)
    except Refused:
        return
    for number in range(most):
        try:
            yield number, call("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        except Refused:
            continue


def _version(value: str | bytes | int) -> str:
    """A version as text; CUDA's comes as 13020 for 13.2."""
    return f"{value // 1000}.{value % 1000 // 10}" if isinstance(value, int) else text(value)


def serve(requests: "queue.SimpleQueue[str]", replies: TextIO, *, under_wsl: bool) -> None:
    """Answer requests for ever; the end of stdin ends the process from its own thread."""
    session = Session(under_wsl=under_wsl)
    while True:
        replies.write(json.dumps(session.answer(json.loads(requests.get()))) + "\n")
        replies.flush()


def main() -> None:
    """Keep stdout for the protocol alone, then serve until stdin ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            requests.put(line)
        # Not sys.exit: the main thread may sit in a driver call that never returns.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    serve(requests, replies, under_wsl="--wsl" in sys.argv[1:])


if __name__ == "__main__":
    main()
