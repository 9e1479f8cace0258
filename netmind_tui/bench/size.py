"""How large a kernel is made whose size the suite, the owner and the free memory decide, and how long that takes."""

from dataclasses import replace

from netmind_tui.model.kernel import Kernel, Provider, Suite, Variant

PIECE_BYTES = 64 * 2**20
"""Memory is examined in such pieces: small enough to say something every second on the slowest machine."""

_TRANSFER_LEAST_BYTES = 16 * 2**20
_SURVEY_BYTES_PER_S = 0.5e9
_DISK_BYTES_PER_S = 0.5e9


def sized(
    kernel: Kernel,
    variant: Variant,
    suite: Suite,
    *,
    memory_share: float | None,
    total_bytes: int,
    free_bytes: int,
    limit_bytes: int,
    host_limit_bytes: int,
) -> Variant:
    """The variant at the size that it shall have; one whose size nobody decides stays as it is.

    ``memory_share`` is the part of the device's memory that the owner asked to have examined; the suite's unless
    given. No share goes beyond half of what is free. ``limit_bytes`` and ``host_limit_bytes`` are what may be taken on
    the device and on the host; a copy's buffers halve until they fit.
    """
    if kernel.sized is None:
        return variant
    size = suite.sizes.get(kernel.id, variant.shape[kernel.sized])
    if kernel.family == "memory":
        share = memory_share if memory_share is not None else suite.memory_part
        if share is not None:
            size = min(int(share * total_bytes), free_bytes // 2)
        size = max(PIECE_BYTES, min(size, limit_bytes) // PIECE_BYTES * PIECE_BYTES)
    made = replace(variant, shape={**variant.shape, kernel.sized: size})
    while kernel.family == "transfer" and size > _TRANSFER_LEAST_BYTES:
        on_host = variant.host_memory_bytes(made.shape)
        if variant.memory_bytes(made.shape) <= limit_bytes and on_host <= host_limit_bytes:
            break
        size //= 2
        made = replace(variant, shape={**variant.shape, kernel.sized: size})
    return made


def size_s(kernel: Kernel, variant: Variant) -> float | None:
    """Seconds around what is timed, for kernels whose size says it better than their memory; else ``None``."""
    size = variant.shape.get(kernel.sized or "", 0)
    if kernel.family == "memory":
        return size / _SURVEY_BYTES_PER_S * (2 if variant.provider is Provider.CUDA else 1)
    if kernel.family == "disk":
        return 4 * size / _DISK_BYTES_PER_S  # written and read back before, and read back after
    return None
