"""The published format says what the program does: its tables are held against the types."""

import dataclasses
import re
import types
import typing
from enum import Enum
from pathlib import Path

import pytest

from netmind_tui.certify.canonical import DEEPEST, LARGEST_BYTES
from netmind_tui.certify.claim import _FACTS, _HOST_FACTS
from netmind_tui.certify.plausibility import OUTLIER_SCORE, PLAUSIBLE
from netmind_tui.certify.verify import SKEW
from netmind_tui.model.certificate import (
    LIFETIME_DAYS,
    PAYLOAD_TYPE,
    STATEMENT_TYPE,
    Certificate,
    Evidence,
    Initiator,
    Revocation,
    Rotation,
    Subject,
)
from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.result import Result
from netmind_tui.model.sample import Sample
from netmind_tui.model.verification import Check

TEXT = (Path(__file__).parents[2] / "assets/certificate-format.md").read_text()
ROWS = dict(re.findall(r"^\| (\S[^|]*?) \| (.*) \|$", TEXT, re.MULTILINE))
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def word(kind):
    """A type as the format writes it."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (one,) = (each for each in inner if each is not type(None))
        return "null" if one is Sample else f"{word(one)}?"
    if origin is typing.Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return "word"
    if origin is tuple:
        return f"[{word(inner[0])}]" if inner[-1] is Ellipsis else f"[{', '.join(map(word, inner))}]"
    if origin is dict:
        return f"{{{word(inner[1])}}}"
    return PLAIN.get(kind) or kind.__name__


def reached(kind, found=None):
    """A type and those of its members, each once."""
    found = {} if found is None else found
    if dataclasses.is_dataclass(kind) and kind is not Sample and kind.__name__ not in found:
        found[kind.__name__] = kind
        for each in typing.get_type_hints(kind).values():
            reached(each, found)
    for each in typing.get_args(kind):
        reached(each, found)
    return found


KINDS = {
    name: kind for top in (Subject, Certificate, Rotation, Revocation, Result) for name, kind in reached(top).items()
}


@pytest.mark.parametrize("name", KINDS)
def test_the_members_of_a_type_are_those_in_its_row(name):
    kinds = typing.get_type_hints(KINDS[name])
    members = ", ".join(f"`{each.name}` {word(kinds[each.name])}" for each in dataclasses.fields(KINDS[name]))
    assert ROWS[name] == members


def test_no_type_is_described_that_does_not_exist():
    described = {name for name, members in ROWS.items() if re.fullmatch(r"[A-Z][A-Za-z]+", name) and "`" in members}
    assert described == set(KINDS)


def test_the_checks_are_those_of_the_program_in_their_order():
    named = re.findall(r"^\| `([a-z]+)` \| .* \|$", TEXT.split("## Checks")[1], re.MULTILINE)
    assert named == [check.value for check in Check]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("`evidence`", Evidence),
        ("`initiated_by`", Initiator),
        ("`status`, `verdict`", Status),
        ("`phase`", Phase),
        ("`provider`", Provider),
        ("names in `boundaries`", Boundary),
    ],
)
def test_the_words_are_those_of_the_program(row, kind):
    assert re.findall(r"`([a-z-]+)`", ROWS[row]) == [each.value for each in kind]


def test_the_facts_are_those_of_the_program_with_their_units():
    facts = " ".join(TEXT.split()).split("- `facts`:")[1].split("- `run`")[0]
    found = re.findall(r"`([a-z_0-9]+)`(?: \(([A-Za-z]+)\))?", facts.split("A text goes")[0])
    expected = [*_HOST_FACTS.items(), ("driver", None), *_FACTS.items()]
    assert found == [(name, unit or "") for name, unit in expected]


@pytest.mark.parametrize(
    "words",
    [
        PAYLOAD_TYPE,
        STATEMENT_TYPE,
        f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} LEN",
        f"more than {LARGEST_BYTES >> 20} MiB",
        f"more than {DEEPEST} levels",
        f"more than {LIFETIME_DAYS} days after",
        f"more than {SKEW.seconds // 60} minutes from now",
        f"beyond {OUTLIER_SCORE} `mad`",
        f"more than {round(100 * PLAUSIBLE - 100)} %",
    ],
)
def test_a_limit_is_the_programs(words):
    assert words in " ".join(TEXT.split())
