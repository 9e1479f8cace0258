"""What GitHub Actions shows of a validation: annotations beside the log, and the summary of the job.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: a command is a line that begins
with two colons; what it holds is escaped by percent signs.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from netmind_tui.cli import diagnostics
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.requirement import Judgement, Validation

_MOST = 10  # GitHub shows ten errors and ten warnings of a step
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def is_github(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this runs as a step of a GitHub job."""
    return (os.environ if environment is None else environment).get("GITHUB_ACTIONS") == "true"


def annotations(validation: Validation) -> tuple[str, ...]:
    """A command for each requirement that is not met or could not be measured, the worst first."""
    errors = [each for each in validation.judgements if each.status in (Status.FAIL, Status.ERROR)]
    warnings = [each for each in validation.judgements if each.status in (Status.WARN, Status.UNSTABLE)]
    errors.sort(key=lambda each: each.status is Status.ERROR)
    shown = [*(("error", each) for each in errors[:_MOST]), *(("warning", each) for each in warnings[:_MOST])]
    return tuple(_command(level, each) for level, each in shown)


def tell(validation: Validation, summary: str) -> None:
    """Annotate the job on stderr, which GitHub reads too, and add to its summary where there is one."""
    if is_github():
        for line in annotations(validation):
            diagnostics.say(line)
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    try:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(summary)
    except OSError as error:
        diagnostics.warn(f"GITHUB_STEP_SUMMARY {place}: {(error.strerror or str(error)).lower()}; no summary was added")


def unheard(text: str) -> str:
    """Text for the log of a job, of which no line is a command: names in it come from files of others."""
    return _COMMAND.sub(r"\1: ", text).replace("##[", "## [") if is_github() else text


def _command(level: str, judgement: Judgement) -> str:
    title = f"{judgement.status}: {judgement.id}" + (f" on {judgement.device}" if judgement.device else "")
    parts = [judgement.summary]
    parts += [f"fix: {judgement.remediation}"] if judgement.remediation else []
    parts += [f"action: {judgement.action}"] if judgement.action is not Action.NONE else []
    return f"::{level} title={_property('netmind ' + title)}::{_escaped(chr(10).join(parts))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
