"""How long a kernel should take, and how windows shrink where a suite would take longer than it may."""

from dataclasses import replace

from netmind_tui.bench.size import size_s
from netmind_tui.bench.timing import Rules
from netmind_tui.model.kernel import Kernel, Provider, Variant, Window

_OPERANDS_BYTES_PER_S = 0.4e9
_VERIFY_BYTES_PER_S = 0.25e9
_OF_THE_WAY = {Provider.CPU: 0.5, Provider.CUDA: 0.2}
_LONG_OF_THE_WAY = 0.15
"""How far from the least to the most a window gets: short ones of a CPU are noisy, long ones seldom need more."""

_HOST_OF_A_GPU = 0.6
"""What prepares and checks the work of a GPU is assumed to be faster than the two slow cores of the other figures."""

LEAST_SHARE = 0.25


def untimed_s(kernel: Kernel, variant: Variant | None, rules: Rules, memory_bytes: int) -> float:
    """Seconds of preparing and checking: as the catalogue says, by size, or by the bytes that are touched."""
    if variant is not None and variant.prepare_s is not None:
        return variant.prepare_s
    by_size = size_s(kernel, variant) if variant is not None else None
    if by_size is not None:
        return by_size
    setup = min(memory_bytes / _OPERANDS_BYTES_PER_S, rules.setup_cap_s)
    seconds = setup + min(2 * memory_bytes / _VERIFY_BYTES_PER_S, rules.setup_cap_s)
    return seconds * (_HOST_OF_A_GPU if variant is not None and variant.provider is Provider.CUDA else 1.0)


def timed_s(kernel: Kernel, rules: Rules, provider: Provider) -> float:
    """Seconds of warm-up and of the windows; none for what is done once and is no rate."""
    if kernel.metric == "capacity":
        return 0.0
    way = _OF_THE_WAY[provider]
    seconds = way * rules.warm_up_cap_s + _within(rules.burst, way)
    return seconds + (_within(rules.sustained, _LONG_OF_THE_WAY) if rules.sustained else 0.0)


def _within(window: Window, way: float) -> float:
    return window.min_s + way * (window.cap_s - window.min_s)


def shortened(rules: Rules, share: float) -> Rules:
    """The rules with every time scaled."""

    def scaled(window: Window) -> Window:
        return Window(min_s=window.min_s * share, cap_s=window.cap_s * share)

    return replace(
        rules,
        warm_up_cap_s=rules.warm_up_cap_s * share,
        burst=scaled(rules.burst),
        sustained=scaled(rules.sustained) if rules.sustained else None,
    )
