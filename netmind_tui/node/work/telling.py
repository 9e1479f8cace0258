"""The sentences of work's events, and the facts behind them: one for each device that it is about."""

from collections.abc import Sequence

from netmind_tui.model.event import EventKind
from netmind_tui.model.workload import Workload
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.agent.news import Fact, News
from netmind_tui.node.agent.told import length
from netmind_tui.node.work.definitions import Changed, Refused
from netmind_tui.node.work.instance import Ended, Left, Place, Placed

_LAST_LINES, _LINE = 10, 300
_LIMITS = ("cpu_share_pct", "gpu_memory_share_pct", "power_cap_w")


def started(news: News, name: str, place: Place, limited_by: str, at: Moment) -> None:
    """It runs now."""
    given = {each: getattr(place.limits, each) for each in _LIMITS}
    limits: dict[str, Fact] = {each: value for each, value in given.items() if value is not None}
    data: dict[str, Fact] = {**_facts(name, place), "limited_by": limited_by, **limits}
    for each in place.devices:
        words = f"{name} was started on {each.device}"
        news.tell(EventKind.WORK_STARTED, words, device=each.device, data=data, at=at)


def turned(news: News, kind: EventKind, name: str, place: Place, at: Moment) -> None:
    """It stands still, or goes on."""
    word = "suspended" if kind is EventKind.WORK_SUSPENDED else "resumed"
    for each in place.devices:
        words = f"{name} was {word} on {each.device}"
        news.tell(kind, words, device=each.device, data=_facts(name, place), at=at)


def ended(news: News, name: str, place: Place, how: Ended, then: str, at: Moment) -> None:
    """None of it is left; ``then`` says what follows."""
    data: dict[str, Fact] = {**_facts(name, place), "how": how.how, "lasted_s": round(how.lasted_s, 1)}
    more: dict[str, Fact] = {"exit": how.code, "signal": how.signal, "why": how.why, "last": _last(how)}
    data |= {key: value for key, value in more.items() if value not in (None, "")}
    for each in place.devices:
        words = f"{name} {_ended(how)} on {each.device}{_after(how)}{said_of(how)}"
        news.tell(EventKind.WORK_ENDED, f"{words}; {then}" if then else words, device=each.device, data=data, at=at)


def freed(news: News, name: str, device: str, seconds: float) -> None:
    """The memory that it held is free."""
    data: dict[str, Fact] = {"workload": name, "seconds": round(seconds, 1)}
    words = f"the memory of {device} is yours again, {seconds:.1f} s after {name} was to give it back"
    news.tell(EventKind.MEMORY_FREED, words, device=device, data=data)


def unhealthy(news: News, name: str, place: Place, why: str) -> None:
    """Its health command failed too often."""
    for each in place.devices:
        words = f"{name} is not well on {each.device} and is started anew: {why}"
        data = _facts(name, place) | {"why": why}
        news.tell(EventKind.WORK_UNHEALTHY, words, device=each.device, data=data)


def held(news: News, name: str, speaker: Speaker, *, is_held: bool) -> None:
    """The owner stopped a workload, or let it start."""
    kind = EventKind.WORK_HELD if is_held else EventKind.WORK_RELEASED
    words = f"{name} stays stopped" if is_held else f"{name} may start"
    data: dict[str, Fact] = {"workload": name, "by": speaker.name, "via": speaker.via}
    news.tell(kind, f"{words}, says {speaker.name} ({speaker.via})", data=data)


def definitions(news: News, found: Changed | Refused, path: str) -> None:
    """Other workloads are in force, or cannot be."""
    if isinstance(found, Refused):
        words = f"the workloads of the file are not in force: {found.sentence}"
        prevention = "netmind workload check says whether a file is in order"
        news.tell(EventKind.WORKLOADS_REFUSED, words, data={"path": path}, prevention=prevention)
        return
    parts = (("new", found.added), ("gone", found.removed), ("changed", found.changed))
    said = "; ".join(f"{', '.join(names)} {word}" for word, names in parts if names)
    data: dict[str, Fact] = {"path": path, **{word: ", ".join(names) for word, names in parts if names}}
    words = f"other workloads are in force: {said}" if said else "the workloads of the file are in force again"
    news.tell(EventKind.WORKLOADS_CHANGED, words, data=data)


def left(news: News, found: Left) -> None:
    """Work of an agent before this one was found, and has ended."""
    name, _, device = found.key.partition("@")
    data: dict[str, Fact] = {"workload": name, "key": found.key, "instance": found.number, "how": found.ended.how}
    words = f"{found.key}, which the agent before this one left behind, has ended"
    news.tell(EventKind.WORK_ENDED, words, device=device or None, data=data)


def described(workload: Workload) -> str:
    """What it runs, in a line."""
    if workload.unit is not None:
        return workload.unit
    words = (*((workload.runtime, workload.image) if workload.image is not None else ()), *workload.command)
    return " ".join(words)


def named(devices: Sequence[Placed]) -> str:
    """Devices in words."""
    return " ".join(each.device for each in devices)


def said_of(how: Ended) -> str:
    """What is known of why it ended, as the rest of a sentence."""
    if how.how == "not-started":
        return f": {how.why}" if how.why else ""
    if how.how != "crashed":
        return ""
    last = next((line.strip() for line in reversed(how.lines) if line.strip()), "")
    return f" ({cause_of(how)})" + (f": {last[:_LINE]}" if last else "")


def cause_of(how: Ended) -> str:
    """How it failed, in two words."""
    if how.how == "not-started":
        return how.why or "not started"
    return f"signal {how.signal}" if how.signal is not None else f"exit {how.code}"


def _facts(name: str, place: Place) -> dict[str, Fact]:
    return {"workload": name, "key": place.key, "instance": place.number, "devices": named(place.devices)}


def _ended(how: Ended) -> str:
    said = {
        "exited": "ended by itself",
        "crashed": "crashed",
        "stopped": "was stopped",
        "killed": "was killed",
        "not-started": "could not be started",
    }
    return said.get(how.how, "ended")


def _after(how: Ended) -> str:
    return "" if how.how == "not-started" else f" after {length(how.lasted_s)}"


def _last(how: Ended) -> str:
    return "\n".join(line[:_LINE] for line in how.lines[-_LAST_LINES:]) if how.how in ("crashed", "not-started") else ""
