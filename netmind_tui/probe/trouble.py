"""NVML's error numbers in words: for the driver as a whole, and for one device."""

from netmind_tui.model.device import Trouble
from netmind_tui.model.reading import Absence

NOT_SUPPORTED = 3
NO_PERMISSION = 4
NOT_FOUND = 6
DRIVER_NOT_LOADED = 9
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
RESET_REQUIRED = 16
VERSION_MISMATCH = 18
GPU_NOT_FOUND = 28
UNKNOWN = 999

# The device is not there any more, whatever it is asked.
LOST = frozenset({DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED, GPU_NOT_FOUND})

_OF_THE_DRIVER = {
    NO_PERMISSION: (Trouble.NO_PERMISSION, "this user may not use the NVIDIA driver"),
    DRIVER_NOT_LOADED: (Trouble.NOT_LOADED, "the NVIDIA library is installed, but its kernel module is not loaded"),
    LIBRARY_NOT_FOUND: (Trouble.FAILED, "the NVIDIA library libnvidia-ml is there, but cannot be loaded"),
    FUNCTION_NOT_FOUND: (Trouble.TOO_OLD, "the NVIDIA driver is too old: its library lacks what is needed to read it"),
    VERSION_MISMATCH: (
        Trouble.VERSION_MISMATCH,
        "the NVIDIA library and the loaded kernel module have different versions",
    ),
}
_OF_A_DEVICE = {
    NO_PERMISSION: (Trouble.NO_PERMISSION, "may not be opened by this user"),
    NOT_FOUND: (Trouble.GONE, "is no longer listed by the driver"),
    DRIVER_NOT_LOADED: (Trouble.NOT_LOADED, "lost its driver, which was unloaded"),
    GPU_IS_LOST: (Trouble.FALLEN_OFF, "has fallen off the bus"),
    RESET_REQUIRED: (Trouble.RESET_REQUIRED, "needs a reset before it works again"),
    GPU_NOT_FOUND: (Trouble.GONE, "is no longer listed by the driver"),
    UNKNOWN: (Trouble.FAILED, "answers every question with an unknown error"),
}


def of_the_driver(code: int, loaded_version: str | None = None) -> tuple[Trouble, str]:
    """What an error while opening NVML means; ``loaded_version`` is the kernel module's, where known."""
    unknown = (Trouble.FAILED, f"the NVIDIA driver could not be opened (NVML error {code})")
    trouble, sentence = _OF_THE_DRIVER.get(code, unknown)
    if trouble is Trouble.VERSION_MISMATCH and loaded_version is not None:
        sentence += f" (the kernel module is {loaded_version})"
    return trouble, sentence


def of_a_device(code: int) -> tuple[Trouble, str]:
    """What an error that took one whole device means."""
    return _OF_A_DEVICE.get(code, (Trouble.FAILED, f"cannot be read (NVML error {code})"))


def absence(trouble: Trouble) -> Absence:
    """Why the metrics of a device in this trouble are missing."""
    return Absence.NO_PERMISSION if trouble is Trouble.NO_PERMISSION else Absence.LOST
