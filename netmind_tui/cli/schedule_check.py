"""``netmind schedule check`` and ``answer``: whether a policy is in order, what its guards see, and what they ask."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.cli.schedule_place import InForce
    from netmind_tui.model.agent import Question
    from netmind_tui.model.policy import Guard, Policy
    from netmind_tui.model.situation import GuardFact

_GUARD = "guard."
_ANSWERS = {"p": "pause", "pause": "pause", "r": "run", "run": "run"}
_TRIES = 3


def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A draft; - reads stdin; without it the policy in force.")
    ] = None,
) -> int:
    """Check a policy to the last key, and print what each guard sees now; asks what only you can answer."""
    from netmind_tui.cli.schedule_place import all_faults, draft, in_force  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        stack.enter_context(all_faults())
        if file is not None:
            policy = draft(file).policy
            facts, questions = _looked(policy)
            found = None
        else:
            found = stack.enter_context(in_force())
            policy = found.document.policy
            if found.client is not None:
                status = found.client.status()
                facts, questions = status.facts, status.questions
            else:
                facts, questions = _looked(policy)
            if found.refused is not None:
                diagnostics.fail(found.refused)
                return ExitCode.USAGE
            if found.is_nothing:
                diagnostics.warn(f"{found.path} is not there: nothing ever runs")
        for line in _lines(policy, facts):
            output.line(line)
        for line in _absent(policy, found):
            diagnostics.warn(line)
        output.line("valid")
        return _settle(found, questions)


def answer(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What is asked, as check and status name it.")],
    word: Annotated[str, typer.Argument(metavar="ANSWER", help="pause or run of a guard; yes or no of a device.")],
) -> None:
    """Answer a question of the schedule: whether to run while a guard cannot see, whether a new card may work."""
    from netmind_tui.cli.schedule_place import all_faults, in_force  # noqa: PLC0415 - see above
    from netmind_tui.model.policy import GuardKind  # noqa: PLC0415 - see above

    with all_faults(), in_force() as found:
        kind = question.removeprefix(_GUARD)
        guards = [each.kind.value for each in found.document.policy.guards]
        if kind in guards:
            _answer_guards(found, {kind: _read_answer(word)})
        elif kind in list(GuardKind):
            raise Problem(f"{kind}: the policy has no such guard", ExitCode.USAGE)
        elif found.client is None:
            raise Problem(f"{question}: no guard of the policy; {nearest(kind, guards)}", ExitCode.USAGE)
        else:
            if word.lower() not in ("yes", "no", "y", "n"):
                raise Problem(f"{word[:40]!r}: yes or no is expected", ExitCode.USAGE)
            found.client.answer(question, word)
        output.line("answered")


def _looked(policy: "Policy") -> "tuple[tuple[GuardFact, ...], tuple[Question, ...]]":
    """What the guards see on this machine now."""
    if not policy.guards:
        return (), ()
    from netmind_tui.cli.schedule_seen import seen  # noqa: PLC0415 - see above
    from netmind_tui.node.sense.survey import survey  # noqa: PLC0415 - see above

    terms = seen(None).resolved(policy)
    found = survey(terms.guards, Path.home())
    return found.facts, found.questions


def _absent(policy: "Policy", found: "InForce | None") -> Iterator[str]:
    """The names of devices in the policy that none has here: their rules hold for nothing."""
    named = [(f"profile.{each.name}", each.limits.devices) for each in policy.profiles]
    named += [(f"exception {each.name!r}", each.devices) for each in policy.exceptions]
    named += [(f"guard.{each.kind}", each.devices) for each in policy.guards]
    if not any(names for _, names in named):
        return
    from netmind_tui.cli.schedule_seen import seen  # noqa: PLC0415 - see above
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.model.selector import ranges, select  # noqa: PLC0415 - see above

    devices, aliases = seen(found.client if found is not None else None).devices, read_config().alias
    said: set[str] = set()
    for key, names in named:
        missing = [name for name in select(names, devices, aliases).missing if name not in said] if names else []
        said.update(missing)
        if missing:
            yield f"{key}.devices: {ranges(missing)} is not here now, so that this is about no device by that name"


def _lines(policy: "Policy", facts: "Sequence[GuardFact]") -> Iterator[str]:
    from netmind_tui.cli.schedule_view import guard_words  # noqa: PLC0415 - see above

    for guard in policy.guards:
        yield f"{guard.kind}: {guard_words(guard)}"
        mine = [fact for fact in facts if fact.kind is guard.kind]
        alike: dict[GuardFact, list[str]] = {}
        for fact in mine:
            alike.setdefault(replace(fact, device=None, since=None, lifts_at=None), []).append(fact.device or "")
        for fact, names in alike.items():
            yield f"  {_fact_words(guard, fact, names)}"
        if not mine:
            yield "  not read yet"


def _fact_words(guard: "Guard", fact: "GuardFact", names: Sequence[str]) -> str:
    from netmind_tui.model.selector import ranges  # noqa: PLC0415 - see above

    about = ranges([name for name in names if name])
    source = f", read from {fact.source}" if fact.source not in (None, "none") else ""
    if fact.unknown is not None:
        answered = {"run": "runs all the same", "pause": "pauses"}.get(guard.on_unknown or "", "waits for your answer")
        then = "pauses: it could be seen here before" if fact.was_known else answered
        return f"{about + ': ' if about else ''}cannot be seen ({fact.unknown}{source}): {then}"
    words = "denies now" if fact.denies else "allows now"
    limit = f", limit {fact.limit}" if fact.limit else ""
    return f"{about + ': ' if about else ''}{words}: {fact.value or 'nothing to see'}{limit}{source}"


def _settle(found: "InForce | None", questions: "Sequence[Question]") -> int:
    """Ask what is open where somebody is there to answer; 3 where something stays open."""
    open_ones = list(questions)
    if found is not None and open_ones and _is_asked():
        said: dict[str, str] = {}
        for question in tuple(open_ones):
            word = _ask(question)
            if word is None:
                continue
            open_ones.remove(question)
            if question.id.startswith(_GUARD):
                said[question.id.removeprefix(_GUARD)] = word
            elif found.client is not None:
                found.client.answer(question.id, word)
        if said:
            _answer_guards(found, said)
    for question in open_ones:
        is_guard = question.id.startswith(_GUARD)
        words = "pause|run" if is_guard else "yes|no"
        key = f', or on_unknown = "pause" (or "run") in [{question.id}]' if is_guard else ""
        diagnostics.fail(f"{question.sentence} answer with: netmind schedule answer {question.id} {words}{key}")
    return ExitCode.UNMEASURED if open_ones else ExitCode.OK


def _is_asked() -> bool:
    """Whether somebody is there to answer."""
    return diagnostics.is_terminal() and sys.stdin is not None and sys.stdin.isatty()


def _ask(question: "Question") -> str | None:
    """The owner's word; nothing where they give none."""
    is_guard = question.id.startswith(_GUARD)
    choices = "pause or run" if is_guard else "yes or no"
    diagnostics.say(question.sentence)
    for _ in range(_TRIES):
        diagnostics.say(f"{choices}? (Enter leaves it open)")
        word = sys.stdin.readline().strip().lower()
        if not word:
            return None
        known = _ANSWERS.get(word) if is_guard else {"y": "yes", "yes": "yes", "n": "no", "no": "no"}.get(word)
        if known is not None:
            return known
    return None


def _read_answer(word: str) -> str:
    found = _ANSWERS.get(word.lower())
    if found is None:
        raise Problem(f"{word[:40]!r}: pause or run is expected", ExitCode.USAGE)
    return found


def _answer_guards(found: "InForce", said: dict[str, str]) -> None:
    """Write the owner's answers into the policy."""
    from netmind_tui.cli.schedule_place import commit  # noqa: PLC0415 - see above
    from netmind_tui.model.policy import GuardKind, OnUnknown  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.edit import with_answer  # noqa: PLC0415 - see above

    before = after = found.source()
    for kind, word in said.items():
        after = with_answer(after, GuardKind(kind), OnUnknown(word))
    if after is not before:
        commit(found, before, after)
        diagnostics.say(f"{found.path}: " + ", ".join(f"{kind}: {word}" for kind, word in said.items()))
