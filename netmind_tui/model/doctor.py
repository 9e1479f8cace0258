"""What a look at a machine's health comes to: findings, worst first, and what to install."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.finding import Action, Finding, Status, worst
from netmind_tui.model.info import Tool

WORST_FIRST = (Status.FAIL, Status.ERROR, Status.UNSTABLE, Status.WARN, Status.PASS, Status.SKIP)
"""The order in which findings are told."""

# What can be done at once before what must be waited for, and what asks for nothing last.
_MOST_ACTIONABLE_FIRST = (
    Action.REPLACE,
    Action.REBOOT,
    Action.RESET,
    Action.DRAIN,
    Action.ASK_OWNER,
    Action.RETRY,
    Action.WAIT,
    Action.NONE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What to install so that this machine can measure all that it has.

    ``command`` is null where nothing has to be, or nothing can be. Sizes are of an empty environment on Linux
    x86-64, so the most that it can take; null where they were not measured.
    """

    reason: str
    command: str | None = None
    extra: str | None = None
    download_bytes: int | None = None
    disk_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What ``netmind doctor`` says; ``findings`` are ranked, ``verdict`` is the worst of them.

    ``action`` is what the first finding that asks for anything asks for.
    """

    schema: Literal["netmind.doctor/1"] = "netmind.doctor/1"
    generated_at: str
    tool: Tool
    findings: tuple[Finding, ...]
    verdict: Status
    action: Action
    setup: Setup


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, among equals the one that asks for most; causes stay before their effects."""
    return tuple(sorted(findings, key=lambda each: (WORST_FIRST.index(each.status), _rank(each.action))))


def verdict(findings: Iterable[Finding]) -> Status:
    """The worst status."""
    return worst([each.status for each in findings])


def first_action(findings: Iterable[Finding]) -> Action:
    """What a scheduler does about the machine: what its first finding, once they are ranked, asks for."""
    return next((each.action for each in ranked(findings) if each.action is not Action.NONE), Action.NONE)


def exit_code(findings: Iterable[Finding], *, strict: bool = False) -> ExitCode:
    """What the command ends with: a failure beats what could not be looked at."""
    doubtful = {Status.WARN, Status.UNSTABLE}
    codes = []
    for finding in findings:
        if finding.status is Status.FAIL or (strict and finding.status in doubtful):
            codes.append(ExitCode.FAILED)
        elif finding.status is Status.ERROR:
            codes.append(ExitCode.UNMEASURED)
    return foremost(codes)


def _rank(action: Action) -> int:
    return _MOST_ACTIONABLE_FIRST.index(action)
