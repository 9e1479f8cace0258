"""A card's power limit: how NVML is asked to read or set it, and what its answer means.

Source: NVIDIA, "NVML API Reference", nvmlDeviceSetPowerManagementLimit: in milliwatts, within the constraints of the
card, for administrators; not for the slices of a partitioned card, which share what the whole card draws.
"""

from collections.abc import Mapping
from typing import Any

from netmind_tui.model.power_limit import LimitOutcome, PowerLimit
from netmind_tui.probe import trouble
from netmind_tui.probe.reader import Handle, NvmlCall, Refused, Reply

_UNSUPPORTED = frozenset({trouble.NOT_SUPPORTED, trouble.FUNCTION_NOT_FOUND})
_NO_PERMISSION = "does not let this user set its power limit, which only an administrator may"
_NOT_SUPPORTED = "has no power limit that can be set"


def read_or_set(call: NvmlCall, handle: Handle, milliwatts: int | None, slice_number: int | None) -> Reply:
    """Set it, within what the card allows, and read back what is in force; without a number only the latter.

    Raises:
        Refused: the card is lost.
    """
    if slice_number is not None:
        return {"refused": trouble.NOT_SUPPORTED}
    before = _ask(call, "nvmlDeviceGetPowerManagementLimit", handle)
    bounds = _ask(call, "nvmlDeviceGetPowerManagementLimitConstraints", handle)
    least, most = bounds if isinstance(bounds, list | tuple) else (None, None)
    reply: Reply = {"least": least, "most": most, "previous": before, "now": before}
    if milliwatts is None:
        return reply if before is not None else reply | {"refused": trouble.NOT_SUPPORTED}
    asked = milliwatts if least is None or most is None else min(max(milliwatts, least), most)
    try:
        call("nvmlDeviceSetPowerManagementLimit", handle, asked)
    except Refused as refusal:
        if refusal.code in trouble.LOST:
            raise
        return reply | {"asked": asked, "refused": refusal.code}
    return reply | {"asked": asked, "now": _ask(call, "nvmlDeviceGetPowerManagementLimit", handle)}


def outcome_of(answer: Mapping[str, Any], watts: float | None) -> PowerLimit:
    """The answer to ``read_or_set`` as a value."""
    outcome, why = _outcome(answer.get("refused"), watts)
    asked = answer.get("asked")
    return PowerLimit(
        outcome=outcome,
        asked_w=watts if asked is None else asked / 1000,
        previous_w=_watts(answer.get("previous")),
        power_limit_w=_watts(answer.get("now")),
        least_w=_watts(answer.get("least")),
        most_w=_watts(answer.get("most")),
        why=why,
    )


def _outcome(code: int | None, watts: float | None) -> tuple[LimitOutcome, str | None]:
    if code is None:
        return LimitOutcome.READ if watts is None else LimitOutcome.SET, None
    if code == trouble.NO_PERMISSION:
        return LimitOutcome.NO_PERMISSION, _NO_PERMISSION
    if code in _UNSUPPORTED:
        return LimitOutcome.NOT_SUPPORTED, _NOT_SUPPORTED
    return LimitOutcome.UNANSWERED, f"refuses that power limit (NVML error {code})"


def _ask(call: NvmlCall, symbol: str, handle: Handle) -> Any:  # noqa: ANN401 - NVML's answer, as everywhere
    try:
        return call(symbol, handle)
    except Refused as refusal:
        if refusal.code in trouble.LOST:
            raise
        return None


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000
