"""What one look at the machine hands to the agent, and what the agent hands to those who ask about other moments."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from netmind_tui.model.agent import Question
from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.device import Device, Driver
from netmind_tui.model.event import EventKind
from netmind_tui.model.override import Override
from netmind_tui.model.policy import Policy
from netmind_tui.model.sample import Sample
from netmind_tui.model.situation import GuardFact, Situation
from netmind_tui.node.agent.news import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that a look found out and the journal is to know."""

    kind: EventKind
    sentence: str
    device: str | None = None
    data: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look at the machine found.

    ``devices`` and ``driver`` where the machine was described anew. ``sources`` are what guards have seen here at some
    time; ``questions`` are theirs.
    """

    sample: Sample
    facts: tuple[GuardFact, ...] = ()
    devices: tuple[Device, ...] | None = None
    driver: Driver | None = None
    sources: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who says something: a user's name, and from where."""

    name: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """All that a decision follows from, at one moment; ``prices`` are those of power, in the price guard's currency."""

    at: datetime
    rules: Policy
    zone: tzinfo
    situation: Situation
    overrides: tuple[Override, ...]
    prices: PriceAt | None = None
