"""Looking at this machine for the agent: a sample and its guards each second, its devices when they changed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from netmind_tui.model.agent import Question
from netmind_tui.model.device import Device, Driver
from netmind_tui.model.event import Event
from netmind_tui.model.policy import Guard
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.agent.looked import Looked, Told

DESCRIBE_S = 60.0


class Gpus(Protocol):
    """What reads the GPUs."""

    def driver(self) -> Driver:
        """The driver, or what keeps it from being used."""

    def devices(self) -> tuple[Device, ...]:
        """Each of them, described anew."""

    def sample(self) -> tuple[DeviceSample, ...]:
        """Each of them, now."""

    def close(self) -> None:
        """Let go of the driver."""


class Host(Protocol):
    """What reads the host."""

    def sample(self) -> HostSample:
        """The host, now."""


class Guards(Protocol):
    """What watches for the policy's guards (``node/sense/watch.py``)."""

    @property
    def known(self) -> tuple[str, ...]:
        """What this machine has been seen to have."""

    def follow(self, guards: Sequence[Guard]) -> None:
        """Watch for other guards from now on."""

    def look(self, sample: Sample, devices: Sequence[DeviceFact], at: datetime) -> tuple[GuardFact, ...]:
        """What every guard sees."""

    def questions(self) -> tuple[Question, ...]:
        """What the owner must answer."""

    def events(self) -> tuple[Event, ...]:
        """What became blind or sees again since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a look is for: the policy's guards, the devices as they stood, the moment."""

    at: datetime
    guards: tuple[Guard, ...] = ()
    devices: tuple[DeviceFact, ...] = ()


class Lookout:
    """Looks when it is asked to, in whatever thread that is; one look at a time.

    Args:
        host: reads the host.
        cpu: the host's processor as a device.
        gpus: reads the GPUs, where there is a driver to ask.
        watch: reads what the policy's guards watch.
        monotonic: seconds, for how old a description is.
    """

    def __init__(
        self,
        host: Host,
        cpu: Device,
        gpus: Gpus | None,
        watch: Guards,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._cpu = cpu
        self._gpus = gpus
        self._watch = watch
        self._monotonic = monotonic
        self._guards: tuple[Guard, ...] | None = None
        self._described_at: float | None = None
        self._shape: object = None
        self.devices: tuple[Device, ...] = (cpu,)

    def look(self, asked: Asked) -> Looked:
        """What there is to see now."""
        cards = self._gpus.sample() if self._gpus is not None else ()
        sample = Sample(at=stamp(asked.at), host=self._host.sample(), devices=cards)
        devices, driver = self._described(cards)
        if asked.guards != self._guards:
            self._guards = asked.guards
            self._watch.follow(asked.guards)
        known = asked.devices or tuple(
            DeviceFact(device=each.id, uuid=each.uuid, lost=each.lost) for each in self.devices
        )
        facts = self._watch.look(sample, known, asked.at)
        return Looked(
            sample=sample,
            facts=facts,
            devices=devices,
            driver=driver,
            sources=self._watch.known,
            questions=self._watch.questions(),
            told=tuple(
                Told(kind=each.kind, sentence=each.sentence, device=each.device, data=each.data)
                for each in self._watch.events()
            ),
        )

    def close(self) -> None:
        """Let go of everything."""
        if self._gpus is not None:
            self._gpus.close()

    def _described(self, cards: Sequence[DeviceSample]) -> tuple[tuple[Device, ...] | None, Driver | None]:
        shape = [(each.device, each.uuid, _is_lost(each), each.power_limit_w) for each in cards]
        now = self._monotonic()
        is_old = self._described_at is None or now - self._described_at >= DESCRIBE_S
        if not is_old and shape == self._shape:
            return None, None
        self._described_at, self._shape = now, shape
        gpus = self._gpus.devices() if self._gpus is not None else ()
        self.devices = (*gpus, self._cpu)
        return self.devices, self._gpus.driver() if self._gpus is not None else None


def _is_lost(sample: DeviceSample) -> bool:
    return Absence.LOST in sample.absent.values()
