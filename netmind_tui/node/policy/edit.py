"""Changing one part of the owner's policy file: comments, order and layout stay as they are."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import Exception_, Guard, GuardKind, OnUnknown, Policy, Window
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.edit_window import windows_of, with_tables
from netmind_tui.node.policy.file import Origin, PolicySource, source_of
from netmind_tui.node.policy.limit import file_value, key_of
from netmind_tui.node.policy.render import exception_lines, render

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_HEAD = re.compile(r"\s*\[")
_EXCEPTION = re.compile(r"\s*\[\[\s*exception\s*\]\]")
_BOM = b"\xef\xbb\xbf"


def with_text(before: PolicySource, text: str) -> PolicySource:
    """Another policy in the same place.

    Raises:
        PolicyProblem: something in it cannot be.
    """
    data = text.encode()
    return before if data == before.data else source_of(before.path, data)


def with_answer(before: PolicySource, kind: GuardKind, answer: OnUnknown) -> PolicySource:
    """The owner's answer to what holds while a guard cannot see.

    Raises:
        Problem: there is no such guard, or the file is laid out so that it cannot be changed without loss.
    """
    if kind not in {each.kind for each in before.policy.guards}:
        raise Problem(f"{before.path}: there is no guard {kind}", ExitCode.USAGE)
    document, is_crlf = _document(before)
    document["guard"][kind.value]["on_unknown"] = answer.value
    guards = tuple(replace(each, on_unknown=answer) if each.kind is kind else each for each in before.policy.guards)
    return _checked(before, document, is_crlf, replace(before.policy, guards=guards), f"guard.{kind}.on_unknown")


def with_exceptions(before: PolicySource, source: str, exceptions: Sequence[Exception_]) -> PolicySource:
    """The exceptions that came from ``source`` are these, in place of those that came from there.

    Raises:
        Problem: there is no policy that they could be exceptions to, or see ``with_answer``.
    """
    kept = tuple(each for each in before.policy.exceptions if each.source != source)
    wanted = (*kept, *(replace(each, source=source) for each in exceptions))
    if wanted == before.policy.exceptions:
        return before
    text, is_crlf = _lines_of(before)
    gone = {number for number, each in enumerate(before.policy.exceptions) if each.source == source}
    blocks = ["\n".join(["[[exception]]", *exception_lines(each)]) for each in wanted[len(kept) :]]
    joined = "\n\n".join([_without(text, gone).rstrip("\n"), *blocks]) + "\n"
    return _checked(before, joined, is_crlf, replace(before.policy, exceptions=wanted), "exception")


def with_windows(before: PolicySource, windows: Sequence[Window]) -> PolicySource:
    """Other windows in place of those that there are, in whatever order.

    Raises:
        Problem: see ``with_answer``.
    """
    if set(windows) == set(before.policy.windows):
        return before
    text, is_crlf = _lines_of(before)
    written, order = with_tables(text, windows_of(before.table), windows)
    return _checked(before, written, is_crlf, replace(before.policy, windows=order), "window")


def with_limits(before: PolicySource, guards: Sequence[Guard]) -> PolicySource:
    """Guards with other limits in place of those of their kind.

    Raises:
        Problem: see ``with_answer``.
    """
    found = {each.kind: each for each in guards}
    wanted = tuple(found.get(each.kind, each) for each in before.policy.guards)
    if wanted == before.policy.guards:
        return before
    document, is_crlf = _document(before)
    for guard in guards:
        document["guard"][guard.kind.value][key_of(guard)] = file_value(guard)
    return _checked(before, document, is_crlf, replace(before.policy, guards=wanted), "guard")


def with_draft(before: PolicySource, draft: Policy) -> PolicySource:
    """The policy with a draft's windows, limits and exceptions; without a file one is made of all of it.

    Raises:
        PolicyProblem: something in the draft cannot be.
        Problem: see ``with_answer``.
    """
    if before.data is None:
        made = f"Made from schedule.preset = {before.preset}" if before.preset else "Made with netmind-tui"
        return source_of(before.path, render(draft, f"{made}; it is yours to change.").encode())
    if not draft.windows and not any(each.allows for each in draft.exceptions):
        words = "without a window nothing could ever run; paint one, or take the file away if nothing is to run"
        raise Problem(f"{before.path}: {words}", ExitCode.USAGE)
    steps = [_with_their_windows, _with_their_limits, _with_their_exceptions]
    after = before
    # Between the steps, too, there must be something that could run.
    for step in steps if draft.windows else reversed(steps):
        after = step(after, draft)
    return after


def _with_their_windows(before: PolicySource, draft: Policy) -> PolicySource:
    return with_windows(before, draft.windows)


def _with_their_limits(before: PolicySource, draft: Policy) -> PolicySource:
    found = {each.kind: each for each in draft.guards}
    return with_limits(
        before, [found[each.kind] for each in before.policy.guards if found.get(each.kind, each) != each]
    )


def _with_their_exceptions(before: PolicySource, draft: Policy) -> PolicySource:
    after = before
    for source in dict.fromkeys(each.source for each in (*before.policy.exceptions, *draft.exceptions)):
        own = [each for each in draft.exceptions if each.source == source]
        if own != [each for each in after.policy.exceptions if each.source == source]:
            after = with_exceptions(after, source, own)
    return after


def _without(text: str, numbers: AbstractSet[int]) -> str:
    """A file's text without some of its exceptions: their keys go, and what stands below them stays, comments too.

    What is laid out so that this goes wrong is found out by whoever reads the outcome.
    """
    kept: list[str] = []
    held: list[str] = []
    number, is_gone = -1, False
    for line in text.split("\n"):
        if _HEAD.match(line):
            number += bool(_EXCEPTION.match(line))
            is_gone = bool(_EXCEPTION.match(line)) and number in numbers
            while held and kept and not held[0].strip() and not kept[-1].strip():
                del held[0]
            kept += held
            held = []
            if not is_gone:
                kept.append(line)
        elif not is_gone:
            kept.append(line)
        elif not line.strip() or line.lstrip().startswith("#"):
            held.append(line)  # above the next key it is the exception's own, below the last it is not
        else:
            held = []
    return "\n".join([*kept, *held])


def starting_text(source: PolicySource) -> str:
    """The text that holds: the file's, or the preset as a file would have it.

    Raises:
        Problem: neither is there.
    """
    if source.data is not None:
        return source.data.removeprefix(_BOM).decode()
    if source.origin is Origin.NOWHERE:
        words = "there is no policy yet; write one and put it in force with: netmind schedule set FILE"
        raise Problem(f"{source.path}: {words}", ExitCode.USAGE)
    return render(source.policy, f"Made from schedule.preset = {source.preset}; it is yours to change.")


def _lines_of(before: PolicySource) -> tuple[str, bool]:
    """The text that holds, and whether its lines end as those of Windows do."""
    text = starting_text(before)
    is_crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n", "\n") if is_crlf else text, is_crlf


def _document(before: PolicySource) -> "tuple[TOMLDocument, bool]":
    import tomlkit  # noqa: PLC0415 - 50 ms, and only what writes needs it

    text, is_crlf = _lines_of(before)
    return tomlkit.parse(text), is_crlf


def _checked(
    before: PolicySource, document: "TOMLDocument | str", is_crlf: bool, expected: object, key: str
) -> PolicySource:
    import tomlkit  # noqa: PLC0415 - see above

    text = document if isinstance(document, str) else tomlkit.dumps(document)
    refusal = Problem(f"{before.path}: {key} cannot be changed as this file is laid out: edit it", ExitCode.USAGE)
    try:
        after = source_of(before.path, (text.replace("\n", "\r\n") if is_crlf else text).encode())
    except Problem as problem:
        raise refusal from problem
    if after.policy != expected:
        raise refusal
    return after
