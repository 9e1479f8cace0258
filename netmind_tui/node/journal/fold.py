"""What happens again and again, told once: ``cpu busy, 14 times in 22 min``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.event import Event, EventKind

_APART = timedelta(minutes=15)
_FEWEST = 3
_BACK = frozenset({Contribution.CONTRIBUTING, Contribution.IDLE})


@dataclass(slots=True)
class Fold:
    """Events that are one story; ``count`` is how often it happened, the way back not counted."""

    events: list[Event]
    count: int = 1

    @property
    def first(self) -> Event:
        """The one that stands for them."""
        return self.events[0]

    @property
    def last(self) -> Event:
        """The newest of them."""
        return self.events[-1]

    @property
    def sentence(self) -> str:
        """All of them in one sentence."""
        if self.count == 1:
            return self.first.sentence
        lasted = datetime.fromisoformat(self.last.at) - datetime.fromisoformat(self.first.at)
        return f"{self.first.sentence}, {self.count} times in {_length(lasted)}"


def fold(events: Iterable[Event]) -> tuple[Fold, ...]:
    """Events in their order, those that came at least three times with less than a quarter of an hour between as one.

    The same is: the same kind, of the same device, with the same sentence, and for a decision the same state and
    reason. That a device came back in between belongs to it, unless it came back for good.
    """
    found: list[Fold] = []
    open_: dict[tuple[object, ...], Fold] = {}
    denied: dict[str | None, Fold] = {}
    for event in events:
        key = _key(event)
        at = datetime.fromisoformat(event.at)
        own = denied.pop(event.device, None) if _is_back(event) else None
        if own is not None:
            own.events.append(event)
            continue
        fold_ = open_.get(key)
        if fold_ is not None and at - datetime.fromisoformat(fold_.last.at) <= _APART:
            fold_.events.append(event)
            fold_.count += 1
        else:
            fold_ = open_[key] = Fold([event])
            found.append(fold_)
        if event.kind is EventKind.DECISION_CHANGED and not _is_back(event):
            denied[event.device] = fold_
    return tuple(sorted((part for each in found for part in _parted(each)), key=lambda each: each.first.id))


def _parted(whole: Fold) -> list[Fold]:
    if whole.count < _FEWEST:
        return [Fold([event]) for event in whole.events]
    if _is_back(whole.last) and not _is_back(whole.first):
        # The last way back is how it is now: that is news of its own.
        back = whole.events.pop()
        return [whole, Fold([back])]
    return [whole]


def _key(event: Event) -> tuple[object, ...]:
    if event.kind is EventKind.DECISION_CHANGED:
        return event.kind, event.device, event.data.get("state"), event.data.get("code")
    return event.kind, event.device, event.sentence


def _is_back(event: Event) -> bool:
    return event.kind is EventKind.DECISION_CHANGED and event.data.get("state") in _BACK


def _length(lasted: timedelta) -> str:
    minutes = round(lasted / timedelta(minutes=1))
    if minutes < 1:
        return f"{round(lasted.total_seconds())} s"
    return f"{minutes} min" if minutes < 180 else f"{round(minutes / 60)} h"  # noqa: PLR2004 - three hours are still told apart by minutes
