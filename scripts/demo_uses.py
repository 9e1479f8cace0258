"""Who computes on the GPUs of the demo; no such process exists.

``memory_used_bytes`` is what each holds once it is at work; the recording says what the whole GPU holds by the second.
"""

from netmind_tui.model.info import DeviceProcess, DeviceUse

MIB = 2**20
PROCESSES = {
    "gpu:0": ((40211, "boinc", 22_200),),
    "gpu:1": ((40212, "boinc", 22_200),),
    "gpu:2": ((40213, "boinc", 22_000),),
    "gpu:3": ((51870, "llama-server", 22_200),),
    "gpu:4": ((40215, "boinc", 22_100),),
    "gpu:5": ((40216, "boinc", 22_200),),
    "gpu:6": ((40217, "boinc", 22_200),),
    "gpu:7": (),
}


def uses() -> tuple[DeviceUse, ...]:
    """The processes of each GPU."""
    return tuple(
        DeviceUse(
            device=device,
            processes=tuple(DeviceProcess(pid=pid, name=name, memory_used_bytes=held * MIB) for pid, name, held in own),
        )
        for device, own in PROCESSES.items()
    )
