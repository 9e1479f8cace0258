"""What a kernel may take, and why it is not tried: memory, room on a disk, and what a card can."""

from pathlib import Path

from netmind_tui.bench.room import room_refusal
from netmind_tui.model.device import Device
from netmind_tui.model.kernel import Kernel, Provider, Variant
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.quantity import gibibytes

_KEEP_FREE_BYTES = 512 * 2**20
_KEEP_FREE_SHARE = 0.05
_GROWING_SHARE = 8
_HOST_SHARE = 4


def refusal(
    kernel: Kernel,
    variant: Variant | None,
    device: Device,
    provider: Provider,
    *,
    limit_bytes: int,
    host_free_bytes: int,
) -> Because | None:
    """Why a kernel is not even tried on a device, if so: no form for it, too old a card, or not enough memory."""
    if variant is None:
        return Because(Reason.NOT_PLACEABLE, f"{kernel.id} has no form that the {provider} provider runs natively")
    least, found = variant.compute_capability_min, device.compute_capability
    if least is not None and found is not None and _generation(found) < _generation(least):
        detail = f"{kernel.id} needs compute capability {least}; {device.id} has {found}"
        return Because(Reason.NOT_PLACEABLE, detail)
    needs = [(variant.memory_bytes(variant.shape), limit_bytes, device.id)]
    if provider is not Provider.CPU:
        needs.append((variant.host_memory_bytes(variant.shape), takeable(host_free_bytes), "the host"))
    for needed, allowed, where in needs:
        if needed > allowed:
            detail = f"{kernel.id} needs {gibibytes(needed)}; {gibibytes(allowed)} may be taken on {where}"
            return Because(Reason.NOT_ENOUGH_MEMORY, detail)
    return None


def _generation(compute_capability: str) -> tuple[int, ...]:
    return tuple(int(part) for part in compute_capability.split("."))


def folder_refusal(kernel: Kernel, variant: Variant | None, folder: Path | None) -> Because | None:
    """Why a kernel that measures a disk is not tried in that folder, if so."""
    if kernel.family != "disk" or variant is None:
        return None
    if folder is None:
        return Because(Reason.NOT_WRITABLE, f"{kernel.id} needs a folder to measure in (--disk-folder)")
    return room_refusal(folder, variant.shape[kernel.sized or "bytes"])


def takeable(free: int) -> int:
    """What may be taken of free memory: never the last 512 MiB or 5 %."""
    return max(0, free - max(_KEEP_FREE_BYTES, int(_KEEP_FREE_SHARE * free)))


def memory_limit_bytes(kernel: Kernel, free: int, host_free: int) -> int:
    """What a kernel may take on the device; a growing one an eighth of what is free, and what its host can hold."""
    limit = takeable(free)
    if kernel.grows:
        limit = min(limit, free // _GROWING_SHARE, host_free // _HOST_SHARE)
    return limit


def memory_refusal(free_bytes: int, total_bytes: int) -> Because | None:
    """Refuse to load a machine that has nearly no memory left: below 1 GiB or a tenth."""
    least = max(2**30, total_bytes // 10)
    if free_bytes >= least:
        return None
    return Because(
        Reason.UNSAFE,
        f"only {gibibytes(free_bytes)} of memory are free, {gibibytes(least)} are required; close programs, or --force",
    )
