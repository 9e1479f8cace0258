"""What the interface knows of an agent and of its node; without one it is empty, and costs no start anything."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.tui.money_page import NOTHING, Money
from netmind_tui.tui.same import Same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from netmind_tui.model.agent import Question
    from netmind_tui.model.agent import Status as AgentStatus
    from netmind_tui.model.contribution import Contribution
    from netmind_tui.model.decision import Decision, Decisions
    from netmind_tui.model.event import Event
    from netmind_tui.model.override import OverrideKind
    from netmind_tui.model.policy import PolicyDocument
    from netmind_tui.model.timeline import Timeline
    from netmind_tui.tui.history import Point
    from netmind_tui.tui.work_page import WorkLog

NO_AGENT = "no agent runs: start one with netmind agent run, or netmind agent install to have it always"
KEPT_EVENTS = 4000
"""So many of the newest events are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which machine this is: of several, its number; ``hostname`` as ssh knows it, nothing where it is this one."""

    hostname: str = ""
    number: int = 1
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """A date of the owner's calendar, and the seconds of all devices together in each state."""

    day: "date"
    seconds: "dict[Contribution, float]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An agent's node.

    ``status`` is its last word, ``silence`` why there is none any more, or was none ever; ``skew`` what follows from
    another version of the agent. ``terms`` are the owner's, in force. ``looked_at`` is when this interface was last
    left. ``barred`` is why none may run here, in a few words. ``log`` is that of a workload which was read last.
    ``money`` is what it tells beside its word: its worth of now is in ``status``.
    """

    place: Place = Place()
    status: "AgentStatus | None" = None
    silence: str = ""
    is_absent: bool = True
    barred: str = ""
    skew: str | None = None
    timeline: "Timeline | None" = None
    terms: "PolicyDocument | None" = None
    events: "tuple[Event, ...]" = ()
    days: tuple[DayState, ...] = ()
    past: "dict[str, dict[tuple[str, str], tuple[Point, ...]]]" = field(default_factory=dict)
    looked_at: "datetime | None" = None
    log: "WorkLog | None" = None
    money: Money = NOTHING

    @property
    def decisions(self) -> "Decisions | None":
        """What every device is to do, while an agent says so."""
        return self.status.decisions if self.status is not None and not self.silence else None

    @property
    def is_there(self) -> bool:
        """Whether an agent answers."""
        return self.status is not None and not self.silence

    @property
    def may_control(self) -> bool:
        """Whether this user may say what the devices do."""
        agent = self.status.agent if self.status is not None else None
        return self.is_there and agent is not None and agent.role in ("control", "policy") and self.skew is None

    @property
    def questions(self) -> "tuple[Question, ...]":
        """What only the owner can answer."""
        return self.status.questions if self.status is not None and not self.silence else ()

    def decision(self, device: str) -> "Decision | None":
        """What one device is to do."""
        found = self.decisions
        return None if found is None else next((each for each in found.devices if each.device == device), None)

    def held(self, device: str) -> "OverrideKind | None":
        """What the owner said of a device, as far as it holds."""
        overrides = self.status.overrides if self.status is not None else ()
        return next((each.kind for each in reversed(overrides) if each.covers(device)), None)


def spans(node: Node) -> "Sequence[str]":
    """The spans of time that can be shown: an agent remembers more than a screen does."""
    return ("2 m", "1 h", "24 h", "7 d") if node.is_there else ("2 m", "1 h")


ACTING = frozenset({"pause", "finish", "stop", "resume", "give back", "exclude", "work"})
"""The actions that say something to the agent."""


def is_of_use(node: Node, action: str, screen: str) -> bool:
    """Whether an action that speaks to the agent is offered now: there is one, this user may, and it would matter."""
    if action == "next rig":
        return node.place.count > 1
    if action not in ACTING:
        return True
    if not node.may_control or node.status is None or screen not in ("overview", "devices", "schedule", "activity"):
        return False
    if action == "work":
        return bool(node.status.workloads and node.status.workloads.workloads)
    return bool(node.status.overrides) if action == "resume" else True


def forbidden(node: Node) -> str | None:
    """Why nothing can be said to an agent that answers; ``None`` where it can."""
    if not node.is_there or node.may_control:
        return None
    return node.skew or "you may only look at this agent: its access.control names the users who may say what runs"


def questions_of(node: Node) -> tuple[Finding, ...]:
    """What an agent wants to know of the owner, and what keeps it from doing what they want."""
    return _questions(Same(node))


@lru_cache(maxsize=4)
def _questions(same: Same[Node]) -> tuple[Finding, ...]:
    node = same.value
    if node.silence and not (node.is_absent and not node.place.hostname):
        return (_gone(node),)
    if node.status is None or not node.is_there:
        return ()
    found = [
        Finding(
            id=f"question.{each.id}",
            title=each.sentence.removeprefix("needs your answer: "),
            status=Status.WARN,
            purpose="until it is answered, nothing runs there that depends on it",
            remediation=f"answer once: {each.command}",
            action=Action.ASK_OWNER,
            device=each.device,
        )
        for each in node.status.questions
    ]
    refused, path = node.status.policy.refused, node.status.policy.path
    if refused is not None:
        found.append(
            Finding(
                id="policy-refused",
                title=f"the policy is not in force: {refused}",
                status=Status.FAIL,
                purpose="the agent keeps to the last policy that was in order",
                remediation=f"mend it, then: netmind schedule check {path or ''}".rstrip(),
                action=Action.ASK_OWNER,
            )
        )
    told = node.status.workloads
    if told is not None and told.refused is not None:
        found.append(
            Finding(
                id="workloads-refused",
                title=f"the workloads are not in force: {told.refused}",
                status=Status.FAIL,
                purpose="the agent keeps to those that were last in order",
                remediation="mend the file, then: netmind workload check",
                action=Action.ASK_OWNER,
            )
        )
    if node.skew is not None:
        found.append(Finding(id="agent-version", title=node.skew, status=Status.WARN, action=Action.ASK_OWNER))
    return tuple(found)


def work_needs_of(node: Node) -> tuple[Finding, ...]:
    """What is wrong with the work itself."""
    return _of_work(Same(node)) if node.is_there else ()


@lru_cache(maxsize=4)
def _of_work(same: Same[Node]) -> tuple[Finding, ...]:
    told = same.value.status.workloads if same.value.status is not None else None
    if told is None:
        return ()
    from netmind_tui.tui.work_need import needs_of_work  # noqa: PLC0415 - only where an agent knows of work

    return needs_of_work(told)


def _gone(node: Node) -> Finding:
    """That nobody answers who should."""
    host = node.place.hostname
    if host:
        title = f"{host} does not answer: {node.silence.removeprefix(f'{host}: ')}"
        step = f"it is tried again by itself; ssh {host} netmind agent status tells more"
        return Finding(id="host-silent", title=title, status=Status.FAIL, remediation=step, action=Action.WAIT)
    return Finding(
        id="agent-silent",
        title=f"the agent does not answer: {node.silence}",
        status=Status.WARN,
        remediation="it is tried again by itself; netmind agent run starts one",
        action=Action.WAIT,
    )
