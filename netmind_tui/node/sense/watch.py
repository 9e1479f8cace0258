"""What the owner's guards see, second by second: readings with their hysteresis, what is blind, what must be asked."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from netmind_tui.model.agent import Question
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.hysteresis import GuardState, lifts_in, settle
from netmind_tui.model.naming import covers
from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.sample import Sample
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.node.sense import battery, cpu_busy, disk, exclusive, money, temperature, user_active
from netmind_tui.node.sense.sensed import Sensed, none_here
from netmind_tui.node.sense.sources import Sources
from netmind_tui.node.sense.words import limit_words

BLIND_AFTER_S = 2.0
"""One missed reading keeps the last value; a guard that has not seen for so long is blind."""
_BY_PROCESSES = frozenset({GuardKind.CPU_BUSY, GuardKind.GPU_IN_USE, GuardKind.EXCLUSIVE, GuardKind.USER_ACTIVE})
_Key = tuple[GuardKind, str | None, str]


@dataclass(slots=True)
class _Line:
    """One value of one guard from look to look."""

    state: GuardState
    since: datetime | None = None
    last: Sensed | None = None
    seen_s: float = 0.0


class Watch:
    """Looks through the guards of a policy, in the reading thread: sources may take parts of a second.

    Args:
        guards: the owner's, their devices resolved (``model/naming.py``); ``follow`` takes others, without forgetting
            what the same kinds have seen.
        sources: what is read besides the sample.
        known: what this machine is known to have, as ``known`` told it at the end of an earlier life.
        clock: monotonic seconds, suspended time not needed.
    """

    def __init__(
        self,
        guards: Iterable[Guard],
        sources: Sources,
        *,
        known: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guards = tuple(guards)
        self._sources = sources
        self._known = set(known)
        self._clock = clock
        self._lines: dict[_Key, _Line] = {}
        self._blind: dict[tuple[GuardKind, str | None], str] = {}
        self._questions: dict[GuardKind, Question] = {}
        self._events: list[Event] = []

    @property
    def known(self) -> tuple[str, ...]:
        """What this machine has been seen to have, for the agent to remember."""
        return tuple(sorted(self._known))

    def follow(self, guards: Iterable[Guard]) -> None:
        """Watch for other guards from now on."""
        self._guards = tuple(guards)
        kinds = {guard.kind for guard in self._guards}
        self._lines = {key: line for key, line in self._lines.items() if key[0] in kinds}
        self._blind = {key: why for key, why in self._blind.items() if key[0] in kinds}

    def look(self, sample: Sample, devices: Sequence[DeviceFact], at: datetime) -> tuple[GuardFact, ...]:
        """What every guard sees of every device that it is about, or of the machine (``device`` is ``None``)."""
        now_s = self._clock()
        if any(guard.kind in _BY_PROCESSES for guard in self._guards):
            # A launcher becomes the program that is waited for without a new process.
            waits = any(guard.kind is GuardKind.EXCLUSIVE for guard in self._guards)
            self._sources.processes.look(self._sources.own_pids(), keenly=waits)
        self._questions = {}
        facts: list[GuardFact] = []
        for guard in self._guards:
            parts: dict[str | None, list[Sensed]] = {}
            for sensed in self._sense(guard, sample, self._covered(guard, devices), at, now_s):
                parts.setdefault(sensed.device, []).append(sensed)
            facts += [self._fact(guard, found, at, now_s) for found in parts.values()]
        return tuple(facts)

    def questions(self) -> tuple[Question, ...]:
        """What the owner must answer: guards that this machine never had a source for, and no word on what then."""
        return tuple(self._questions.values())

    def events(self) -> tuple[Event, ...]:
        """The guards that became blind or see again since the last call."""
        events, self._events = tuple(self._events), []
        return events

    def _sense(  # noqa: C901 - one line a kind
        self, guard: Guard, sample: Sample, devices: Sequence[DeviceFact], at: datetime, now_s: float
    ) -> tuple[Sensed, ...]:
        sources = self._sources
        match guard.kind:
            case GuardKind.BATTERY:
                return (battery.sense(guard, sample.host),)
            case GuardKind.TEMPERATURE:
                return temperature.sense(guard, sample, [each.device for each in devices])
            case GuardKind.USER_ACTIVE:
                idle = sources.seat.idle(counts_remote=guard.counts_remote_logins, known=frozenset(self._known))
                return (user_active.sense(guard, idle),)
            case GuardKind.GPU_IN_USE:
                samples = {each.device: each for each in sample.devices}
                gpus = [(each, samples.get(each.device)) for each in devices if each.device != "cpu"]
                return sources.gpu_use.sense(guard, gpus, now_s) if gpus else (none_here(guard.kind, "nvml"),)
            case GuardKind.EXCLUSIVE:
                return (exclusive.sense(guard, sources.processes),)
            case GuardKind.CPU_BUSY:
                return (cpu_busy.sense(guard, sample.host, sources.own_pct()),)
            case GuardKind.DISK:
                return (disk.sense(guard, sources.folder),)
            case GuardKind.PRICE:
                return (money.price(guard, sources.price, at),)
            case GuardKind.PROFIT:
                return money.profit(guard, sources.profit, [each.device for each in devices], at)
            case GuardKind.ENERGY:
                return (money.energy(guard, sources.energy, at),)

    def _covered(self, guard: Guard, devices: Sequence[DeviceFact]) -> list[DeviceFact]:
        """The devices that a guard is about; those that are lost have nothing to read."""
        return [each for each in devices if each.lost is None and covers(guard.devices, each.device)]

    def _fact(self, guard: Guard, parts: Sequence[Sensed], at: datetime, now_s: float) -> GuardFact:
        """What a guard sees of one device: the part that denies, or the first."""
        facts = [self._settled(guard, sensed, at, now_s) for sensed in parts]
        fact = next((each for each in facts if each.denies), None)
        if fact is None:
            fact = next((each for each in facts if each.unknown is not None), facts[0])
        self._tell(guard, fact, at)
        return fact

    def _settled(self, guard: Guard, sensed: Sensed, at: datetime, now_s: float) -> GuardFact:
        key = (guard.kind, sensed.device, sensed.part)
        line = self._lines.setdefault(key, _Line(GuardState()))
        name = _name(guard.kind, sensed.device)
        if sensed.is_seen:
            line.last, line.seen_s = sensed, now_s
            self._known.update((name, *sensed.learnt))
        elif sensed.unknown is not None and line.last is not None and now_s - line.seen_s < BLIND_AFTER_S:
            sensed = line.last
        # The margin is in the unit of the guard's own limit.
        limited = replace(guard, margin=0.0) if sensed.part and guard.margin else guard
        line.state = settle(limited, line.state, sensed.value, now_s, sensed.limit)
        denies = line.state.denies and sensed.is_seen
        if sensed.is_seen:
            line.since = (line.since or at) if denies else None
        left_s = lifts_in(limited, line.state, sensed.value, now_s) if denies else None
        return GuardFact(
            kind=guard.kind,
            device=sensed.device,
            denies=denies,
            since=line.since if denies else None,
            lifts_at=None if left_s is None else at + timedelta(seconds=left_s),
            value=sensed.words,
            limit=limit_words(guard, sensed.part),
            source=sensed.source,
            unknown=sensed.unknown,
            # What has only not been read yet is nothing to ask the owner about.
            was_known=name in self._known or sensed.is_passing,
        )

    def _tell(self, guard: Guard, fact: GuardFact, at: datetime) -> None:
        """Note what changed: a guard that was blind sees, one that saw is blind, or one must be asked about."""
        key = (guard.kind, fact.device)
        about = guard.kind.value if fact.device is None else f"{guard.kind.value} of {fact.device}"
        if fact.unknown is None:
            if self._blind.pop(key, None) is not None:
                sentence = f"the guard {about} sees again, by {fact.source}: {fact.value}"
                self._event(EventKind.GUARD_SIGHTED, fact, sentence, at)
        elif fact.was_known:
            if key not in self._blind and _name(*key) in self._known:
                self._event(EventKind.GUARD_BLIND, fact, f"the guard {about} cannot see: {fact.unknown}", at)
                self._blind[key] = fact.unknown
        elif guard.on_unknown is None and guard.kind not in self._questions:
            self._questions[guard.kind] = Question(
                id=f"guard.{guard.kind.value}",
                sentence=f"the guard {about} cannot see: {fact.unknown}; may work run all the same, or shall it pause?",
                command="netmind schedule check",
            )

    def _event(self, kind: EventKind, fact: GuardFact, sentence: str, at: datetime) -> None:
        data: dict[str, str | int | float | bool | None] = {
            "guard": fact.kind.value,
            "source": fact.source,
            "value": fact.value,
            "unknown": fact.unknown,
        }
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._events.append(Event(at=stamp, kind=kind, device=fact.device, sentence=sentence, data=data))


def _name(kind: GuardKind, device: str | None) -> str:
    return kind.value if device is None else f"{kind.value} {device}"
