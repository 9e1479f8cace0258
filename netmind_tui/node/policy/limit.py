"""The limit of a guard as its owner writes it, and another in its place: ``80``, ``3m``, ``1 GiB``, ``0.35 EUR``."""

import tomllib
from dataclasses import replace
from typing import Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy import value
from netmind_tui.node.policy.guard import EXAMPLES, KINDS, read_guards
from netmind_tui.node.policy.render import guard_lines


def key_of(guard: Guard) -> str:
    """The key in the file that has its limit; of a guard with several the first that is set."""
    table = _table(guard)
    needs = KINDS[guard.kind].needs
    return next((each for each in needs if each in table), needs[0])


def limit_text(guard: Guard) -> str:
    """Its limit as it is written, without the quotes of a file."""
    found = _table(guard)[key_of(guard)]
    return ", ".join(found) if isinstance(found, list) else str(found)


def limit_hint(guard: Guard) -> str:
    """How a limit of that kind is written."""
    key = key_of(guard)
    return f"{key} of [guard.{guard.kind}], such as {EXAMPLES[key]}".replace('"', "").replace("[steam]", "steam, game")


def file_value(guard: Guard) -> Any:  # noqa: ANN401 - whatever TOML has
    """Its limit as the value of a key in the file."""
    return _table(guard)[key_of(guard)]


def with_limit(guard: Guard, text: str) -> Guard:
    """The guard with another limit.

    Raises:
        Problem: that cannot be one.
    """
    table = _table(guard)
    key = key_of(guard)
    table[key] = _read(guard.kind, text.strip())
    faults: list[str] = []
    value.forget()
    found = list(read_guards({guard.kind.value: table}, lambda where, why: faults.append(f"{where}: {why}")))
    if faults:
        sentence = faults[0].removeprefix(f"guard.{guard.kind}.{key}: ").removeprefix(f"guard.{guard.kind}: ")
        raise Problem(sentence, ExitCode.USAGE)
    # What the file says otherwise is not said anew: it stays as it was read.
    return replace(
        guard,
        limit=found[0].limit,
        amount=found[0].amount,
        currency=found[0].currency,
        util_pct=found[0].util_pct,
        programs=found[0].programs,
    )


def _table(guard: Guard) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads("\n".join(guard_lines(guard)))["guard"][guard.kind.value]
    return found


def _read(kind: GuardKind, text: str) -> object:
    if kind is GuardKind.EXCLUSIVE:
        return [part.strip() for part in text.split(",") if part.strip()]
    bare = text.removesuffix("%").removesuffix("°C").removesuffix("kWh").strip()
    try:
        return float(bare) if "." in bare else int(bare)
    except ValueError:
        return text
