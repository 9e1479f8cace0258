"""What somebody requires of a machine, as data, and what holding a machine against it says.

Figures are in base units (bytes, FLOP/s, s, W); a share is a fraction, and 1 is the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from netmind_tui.model.certificate import Evidence
from netmind_tui.model.comparison import Compared, Difference
from netmind_tui.model.doctor import first_action
from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase

Value = float | str | bool
"""A number in its base unit, a word or a version, or a switch."""

BASELINE = "baseline"
"""The id of what ``--baseline`` judges, and the first part of that of each kernel (``baseline.gemm.fp32``)."""

DECLARED = "declared"
"""Stands behind what only the owner or an outsider can know: weaker than all evidence, and accepted only by name."""


class Operator(StrEnum):
    """How an actual value is held against the required one; ``between`` includes both ends."""

    AT_LEAST = ">="
    MORE = ">"
    AT_MOST = "<="
    LESS = "<"
    EQUAL = "=="
    OTHER = "!="
    IN = "in"
    BETWEEN = "between"


class Severity(StrEnum):
    """What it means that a requirement is not met."""

    FAIL = "fail"
    WARN = "warn"


class Relative(StrEnum):
    """What a rate is a share of: the median of equal devices, an earlier measurement, or the computed peak."""

    PEERS = "peers"
    BASELINE = "baseline"
    PEAK = "peak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The devices that a requirement is about: each of those that ``names`` means, or at least so many of them."""

    names: str
    at_least: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """A model in a published level: a pattern for its name, and the memory that it is sold with, if that matters."""

    name: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One published level and the devices that belong to it. A device that no level lists has none."""

    name: str
    devices: tuple[ListedDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that is required. ``required`` is in the metric's base unit, ``written`` as its author wrote it.

    ``argument`` is the kernel, or the finding, that the metric is about; ``version`` the kernel's.
    """

    id: str
    title: str
    metric: str
    argument: str | None = None
    version: int | None = None
    operator: Operator
    required: tuple[Value, ...]
    written: str
    unit: str
    devices: Devices | None = None
    severity: Severity = Severity.FAIL
    purpose: str | None = None
    remediation: str
    action: Action
    relative_to: Relative | None = None
    phase: Phase | None = None
    evidence: Evidence = Evidence.ASSERTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """A document of requirements. ``source`` is its file or the profile's name, ``sha256`` the digest of its bytes."""

    name: str
    title: str
    sources: tuple[str, ...]
    source: str
    sha256: str
    max_age_s: float | None = None
    accept_declared: bool = False
    levels: tuple[Level, ...] = ()
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of one requirement, of one device where it is about each of several.

    ``actual`` is missing where it could not be measured: the status is then ``error``, neither passed nor failed.
    ``interval`` is the range in which an unstable figure lies, or the 99 % interval of a share of the baseline;
    ``written`` is what is required in its author's words. ``evidence`` is the word for what stands behind the figure
    (``asserted``, ``measured``, ``challenged``, ``proven``, or ``declared``), ``source`` where it is from.
    """

    id: str
    title: str
    status: Status
    metric: str
    device: str | None = None
    actual: Value | None = None
    interval: tuple[float, float] | None = None
    required: Value | tuple[Value, ...] | None = None
    written: str | None = None
    operator: Operator | None = None
    unit: str | None = None
    severity: Severity = Severity.FAIL
    summary: str
    purpose: str | None = None
    remediation: str | None = None
    action: Action = Action.NONE
    evidence: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsShown:
    """The document that was asked for: ``source`` is its file or the profile's name."""

    name: str
    title: str
    source: str
    sha256: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What the requirements were held against, and why: a run made for them, one that was kept, or a certificate.

    ``suite_reason`` says which requirement needs a suite beyond ``preflight``.
    """

    kind: Literal["now", "run", "certificate"]
    name: str
    measured_at: str | None = None
    suite: str | None = None
    suite_reason: str | None = None
    node_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the rates of a run were held against: ``name`` as it was asked for, ``runs`` the ids of one run or several.

    ``threshold`` is a fraction; ``conditions`` are those that were not the same. ``again`` are the kernels that looked
    slower and were measured once more, in the run ``again_run``, with what both runs together say.
    """

    name: str
    runs: tuple[str, ...]
    measured_at: str
    threshold: float
    conditions: tuple[Difference, ...] = ()
    kernels: tuple[Compared, ...] = ()
    again: tuple[Compared, ...] = ()
    again_run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What ``netmind validate`` says: ``verdict`` is the worst status, ``action`` what the worst judgement asks for.

    ``requirements`` is missing where only a baseline was asked for, ``baseline`` where none was, or none was found.
    """

    schema: Literal["netmind.validation/1"] = "netmind.validation/1"
    validated_at: str
    tool: Tool
    requirements: RequirementsShown | None
    against: Against
    baseline: Baseline | None = None
    judgements: tuple[Judgement, ...]
    verdict: Status
    action: Action

    @property
    def name(self) -> str:
        """What was asked for, in short."""
        return self.requirements.name if self.requirements else BASELINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a kept run came to when it was validated; ``is_good`` whether later runs may be held against it."""

    schema: Literal["netmind.verdict/1"] = "netmind.verdict/1"
    run_id: str
    validated_at: str
    requirements: str
    verdict: Status
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProfile:
    """A profile that comes with this program. ``suite`` is what it has to be measured with."""

    name: str
    title: str
    suite: str
    requirements: int
    accept_declared: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesDocument:
    """What ``netmind validate --list`` says."""

    schema: Literal["netmind.profiles/1"] = "netmind.profiles/1"
    profiles: tuple[ListedProfile, ...]


def as_finding(judgement: Judgement) -> Finding:
    """A judgement as whoever shows findings takes it."""
    evidence = [part for part in (judgement.evidence, judgement.source) if part]
    return Finding(
        id=judgement.id,
        title=judgement.summary,
        status=judgement.status,
        evidence=": ".join(evidence) or None,
        purpose=judgement.purpose,
        remediation=judgement.remediation,
        action=judgement.action,
        device=judgement.device,
    )


def action_of(judgements: Iterable[Judgement]) -> Action:
    """What a scheduler does: what the worst judgement that asks for anything asks for."""
    return first_action(as_finding(each) for each in judgements)


def exit_code(judgements: Iterable[Judgement], *, strict: bool = False) -> ExitCode:
    """What to end with: 1 where something is not met, 3 where something could not be measured.

    With ``strict`` it is 1 also for what is only warned of.
    """
    codes = []
    for each in judgements:
        if each.status is Status.FAIL or (strict and each.status is Status.WARN):
            codes.append(ExitCode.FAILED)
        elif each.status is Status.ERROR:
            codes.append(ExitCode.UNMEASURED)
    return foremost(codes)
