"""Which devices the overview shows, and in which order: those that need attention first, slices under their GPU."""

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.tui.screen.device_now import heed
from netmind_tui.tui.state import State

SORTS = ("attention", "slot")


def sort(state: State) -> str:
    """The order that was chosen."""
    return state.view.choice("sort", SORTS[0])


def whole(state: State) -> list[Device]:
    """The GPUs without their slices, in order."""
    found = [device for device in state.gpus if device.kind is DeviceKind.GPU]
    if sort(state) == SORTS[0]:
        found.sort(key=lambda device: heed(state, device))
    return found


def of_cards(state: State) -> tuple[Device, ...]:
    """The devices that have a card: the GPUs, or without any the processor."""
    return tuple(whole(state)) or ((state.cpu,) if state.cpu is not None else ())


def of_rows(state: State) -> tuple[Device, ...]:
    """The devices that have a row: the GPUs, those slices that are unfolded, and the processor last."""
    shown: list[Device] = []
    for device in whole(state):
        shown.append(device)
        if is_open(state, device):
            shown += slices(state, device)
    return (*shown, *([state.cpu] if state.cpu is not None else []))


def slices(state: State, device: Device) -> tuple[Device, ...]:
    """The slices of a GPU."""
    return tuple(each for each in state.gpus if each.parent == device.id)


def is_open(state: State, device: Device) -> bool:
    """Whether the slices of a GPU are shown."""
    return state.view.choice(f"slices {device.id}", "folded") == "open"


def is_folded(state: State, device: Device) -> bool:
    """Whether a GPU has slices that are not shown."""
    return bool(slices(state, device)) and not is_open(state, device)
