"""``netmind pause``, ``finish``, ``stop``, ``contribute`` and ``resume``: the owner's word, before every rule."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host, expanded, open_line
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.agent import Status

Devices = Annotated[list[str] | None, typer.Argument(help="gpu:0, gpu:0-3, cpu, a UUID …; all without one.")]
For = Annotated[str | None, typer.Option("--for", metavar="TIME", help="For so long: 2h, 90m.")]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Until then: 18:00 (this clock's), 18:00+01:00, tomorrow 07:00."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the status that follows.")]


_USUAL = {"for": "1h", "until": "18:00"}
_SHOWN = 80


def pause(
    devices: Devices = None, *, for_: For = None, until: Until = None, json: Json = False, host: Host = None
) -> int:
    """Hold what runs at once, until then or until you resume; its GPU memory stays held, netmind stop frees it."""
    return _say("pause", devices, for_, until, json=json, host=host)


def finish(
    devices: Devices = None, *, for_: For = None, until: Until = None, json: Json = False, host: Host = None
) -> int:
    """Let devices end what they do, and begin nothing new."""
    return _say("finish", devices, for_, until, json=json, host=host)


def contribute(
    devices: Devices = None, *, for_: For = None, until: Until = None, json: Json = False, host: Host = None
) -> int:
    """Let devices work now, whatever the schedule and its guards say, even heat and battery; status says which."""
    return _say("contribute", devices, for_, until, json=json, host=host)


def stop(devices: Devices = None, *, json: Json = False, host: Host = None) -> int:
    """Kill what runs on devices, free their memory, and keep them so until you resume."""
    return _say("stop", devices, None, None, json=json, host=host)


def resume(devices: Devices = None, *, json: Json = False, host: Host = None) -> int:
    """Take your word back: the policy decides again."""
    return _say("resume", devices, None, None, json=json, host=host)


def _say(
    kind: str, devices: list[str] | None, for_: str | None, until: str | None, *, json: bool, host: str | None
) -> ExitCode:
    from netmind_tui.cli.moment import read_length, read_moment  # noqa: PLC0415 - see above
    from netmind_tui.model.agent import OverrideRequest  # noqa: PLC0415 - see above
    from netmind_tui.model.override import OverrideKind  # noqa: PLC0415 - see above

    if for_ is not None and until is not None:
        raise Problem("--for and --until exclude each other: give one of them", ExitCode.USAGE)
    named = expanded(devices or ())
    if (meant := _meant(named, kind)) is not None:
        raise Problem(meant, ExitCode.USAGE)
    request = OverrideRequest(
        kind=OverrideKind(kind),
        devices=named,
        until=None if until is None else read_moment(until, datetime.now(UTC), option="--until"),
        for_s=None if for_ is None else read_length(for_, "--for"),
    )
    with open_line(host) as client:
        _print(client.override(request), json=json)
    return ExitCode.OK


def _meant(words: Sequence[str], kind: str) -> str | None:
    """What somebody meant who gave a time where devices are named; ``None`` where none is."""
    from netmind_tui.model.override import ENDLESS, OverrideKind  # noqa: PLC0415 - see above

    for place, word in enumerate(words):
        option, said = word.lower(), " ".join(words[place + 1 :])
        if option not in _USUAL:
            # A clock's time alone may be a PCI slot: 18:00 is one.
            if not _is_length(word):
                continue
            option, said = "for", word
        if OverrideKind(kind) in ENDLESS:
            return ENDLESS[OverrideKind(kind)]
        example = shlex.quote(said or _USUAL[option])[:_SHOWN]
        return f"{word[:_SHOWN]}: that names no device; did you mean --{option} {example}?"
    return None


def _is_length(word: str) -> bool:
    from netmind_tui.cli.moment import read_length  # noqa: PLC0415 - see above

    try:
        read_length(word, "--for")
    except Problem:
        return False
    return True


def _print(status: "Status", *, json: bool) -> None:
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(status))
        return
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - see above
    from netmind_tui.cli.state_word import headline, override_words  # noqa: PLC0415 - see above

    shown = harmless(status)
    output.line(headline(shown))
    for each in shown.overrides:
        output.line(f"  override  {override_words(each, shown.at)}")
    for sentence in shown.warnings:
        diagnostics.warn(sentence)
