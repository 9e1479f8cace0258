"""All that is written down of an event, in words."""

from datetime import datetime

from netmind_tui.model.event import EventKind
from netmind_tui.model.legible import legible
from netmind_tui.tui.node_word import length
from netmind_tui.tui.screen.event_line import Entry, sentence_of

_WORDS = {"code": "reason code", "until": "until at most", "when": "ends", "lasted_s": "before that"}
_LEFT_OUT = frozenset({"reason", "state", "devices"})
_LINES = "last"
"""The fact that is several lines: the last of what a workload wrote."""
_RAN = frozenset({EventKind.WORK_ENDED})
_MOMENTS = frozenset({"until", "from", "to"})


def facts(entry: Entry) -> list[tuple[str, str]]:
    """Names and values: what happened, when, how often, what it cost, what would have prevented it, and the rest."""
    event, events = entry.event, entry.events
    found = [("what", sentence_of(entry)), ("when", _moment(event.at))]
    if len(events) > 1 and entry.folds[0].count > 1:
        found.append(("how often", f"{entry.folds[0].count} times since {_moment(events[0].at)}"))
    if entry.cost_s >= 1:
        found.append(
            ("cost", f"{length(entry.cost_s)} in which {'it' if len(entry.devices) == 1 else 'they'} gave nothing")
        )
    prevention = next((each.prevention for each in events if each.prevention), None)
    if prevention is not None:
        found.append(("prevention", prevention))
    words = _WORDS | {"lasted_s": "after"} if event.kind in _RAN else _WORDS
    found += [
        (words.get(name, name.replace("_", " ")), _value(name, value))
        for name, value in event.data.items()
        if name not in _LEFT_OUT and name != _LINES and value not in (None, "")
    ]
    told = [each for each in str(event.data.get(_LINES) or "").splitlines() if each.strip()]
    found += [("" if place else "last lines", legible(each)) for place, each in enumerate(told)]
    found.append(("journal", f"event {event.id}" if event.id else "not written down yet"))
    return found


def _value(name: str, value: object) -> str:
    if name in _MOMENTS and isinstance(value, str):
        return _moment(value)
    if name.endswith("_s") and isinstance(value, int | float):
        return length(value)
    return str(value)


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone():%a %d %b %H:%M:%S}"
    except ValueError:
        return text
