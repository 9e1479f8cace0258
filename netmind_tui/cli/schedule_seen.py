"""The devices that a schedule is about: those that the agent has, or else those of this machine; and what holds now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netmind_tui.model.device import Device
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import Override
from netmind_tui.model.policy import Policy
from netmind_tui.model.problem import Problem
from netmind_tui.model.situation import DeviceFact, GuardFact

if TYPE_CHECKING:
    from netmind_tui.model.agent import Status
    from netmind_tui.node.control.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Devices, what is known of each now, what guards see, and what the owner said."""

    devices: tuple[Device, ...]
    states: tuple[DeviceFact, ...]
    facts: tuple[GuardFact, ...] = ()
    overrides: tuple[Override, ...] = ()

    def narrowed(self, names: Sequence[str]) -> "Seen":
        """Only the devices that were named; all of them without a name.

        Raises:
            Problem: one is not there.
        """
        if not names:
            return self
        from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases
        from netmind_tui.model.selector import select  # noqa: PLC0415 - see above

        chosen = select(names, self.devices, read_config().alias)
        if chosen.missing:
            raise Problem(f"{chosen.called(chosen.missing[0])}: there is no such device", ExitCode.UNMEASURED)
        ids = {each.id for each in chosen.devices}
        return replace(self, devices=chosen.devices, states=tuple(each for each in self.states if each.device in ids))

    def resolved(self, policy: Policy) -> Policy:
        """A policy with its devices by their ids.

        Raises:
            Problem: a name in it is the beginning of several UUIDs.
        """
        from netmind_tui.config import read_config  # noqa: PLC0415 - see above
        from netmind_tui.model.naming import resolve  # noqa: PLC0415 - see above

        return resolve(policy, self.devices, read_config().alias)


def seen(client: "Client | None") -> Seen:
    """What an agent has, or this machine."""
    if client is not None:
        return _of_status(client.status())
    devices = _own_devices()
    return Seen(devices=devices, states=tuple(DeviceFact(device=each.id, uuid=each.uuid) for each in devices))


def _of_status(status: "Status") -> Seen:
    from netmind_tui.model.seen import devices_in, facts_in  # noqa: PLC0415 - see above

    return Seen(devices=devices_in(status), states=facts_in(status), facts=status.facts, overrides=status.overrides)


def _own_devices() -> tuple[Device, ...]:
    from netmind_tui.cli.machine import open_gpus  # noqa: PLC0415 - NVML, and a child process
    from netmind_tui.probe.host import cpu_device, read_host  # noqa: PLC0415 - see above

    with open_gpus() as gpus:
        return (*(gpus.devices() if gpus is not None else ()), cpu_device(read_host()))
