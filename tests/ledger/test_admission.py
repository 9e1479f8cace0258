"""What may be booked at all: each fault of a draft is a sentence, and nothing of it is booked."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from netmind_tui.ledger.admission import MOVES, admit
from netmind_tui.ledger.fault import Refused
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Account, Draft, EntryKind, Move


@pytest.fixture
def draft(booked):
    """A metered quarter of an hour, as it should be."""
    return Draft(
        id="w-1",
        kind=EntryKind.METERED,
        at=booked.START,
        until=booked.START + booked.QUARTER,
        subject=booked.subject(),
        moves=(booked.claim("0.05"), booked.energy("0.02")),
        usage=booked.usage(),
        note={"card": "manual 1"},
    )


def refusal(draft):
    """The sentence that a draft is refused with."""
    with pytest.raises(Refused) as told:
        admit(draft)
    assert told.value.code is ExitCode.USAGE
    assert told.value.sentence.endswith("; nothing was booked")
    return told.value.sentence


def test_work_as_it_should_be_is_admitted(draft):
    admit(draft)
    admit(replace(draft, until=draft.at, usage=None, moves=(), note={}))


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "\x1b[31m", 7, None])
def test_an_id_is_a_text_that_can_be_printed(draft, name):
    assert "an id is a text of 1 to 200 characters" in refusal(replace(draft, id=name))


def test_a_time_says_its_zone_and_does_not_run_backwards(draft, booked):
    assert "do not say their zone" in refusal(replace(draft, at=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the fault
    assert "was the clock set back?" in refusal(replace(draft, until=draft.at - booked.QUARTER))
    early = datetime(1969, 12, 31, 23, 59, tzinfo=UTC)
    assert "before 1970: was the clock lost?" in refusal(replace(draft, at=early, until=early + booked.QUARTER))


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "x" * 4001, 3, None, 0.5])
def test_what_is_no_text_stands_nowhere(draft, text):
    for wrong in (
        replace(draft, note={"card": text}),
        replace(draft, note={text: "card"}),
        replace(draft, subject=replace(draft.subject, device=text)),
    ):
        assert "text" in refusal(wrong)


@pytest.mark.parametrize("exact", [0.05, float("nan"), float("inf"), 1, "0.05", None])
def test_money_is_never_a_float(draft, booked, exact):
    move = replace(booked.claim("0.05"), exact=exact)
    assert "is no exact amount: money is never a float" in refusal(replace(draft, moves=(move,)))


@pytest.mark.parametrize(
    ("exact", "words"),
    [
        (Fraction(10**40), "more than 999999999999999999999999999 minor units of EUR"),
        (Fraction(10**61), "more than 60 digits"),
        (Fraction(1, 10**61), "more than 60 digits"),
        (Fraction(-1, 100), "the amount of EUR is negative"),
    ],
)
def test_an_amount_has_its_bounds(draft, booked, exact, words):
    assert words in refusal(replace(draft, moves=(booked.claim(exact),)))


def test_power_may_cost_less_than_nothing(draft, booked):
    admit(replace(draft, moves=(booked.energy("-0.02"),)))


@pytest.mark.parametrize("value", [-1, 0.5, True, 2**40, float("nan"), "7", None])
@pytest.mark.parametrize("name", ["duration_ms", "energy_mj", "uncertain_mj"])
def test_what_was_used_is_a_whole_number(draft, name, value):
    usage = replace(draft.usage, **{name: value})
    assert f"{name} is {value!r}, and must be a whole number from 0 on" in refusal(replace(draft, usage=usage))


def test_energy_is_known_for_no_longer_than_the_work_took(draft):
    usage = replace(draft.usage, duration_ms=10, energy_ms=11)
    assert "its energy is known for 11 ms of 10 ms" in refusal(replace(draft, usage=usage))


def test_every_entry_but_a_metered_one_is_about_another(draft):
    assert "about no other one" in refusal(replace(draft, about="w-0"))
    assert "about a metered one" in refusal(replace(draft, kind=EntryKind.EXPIRED, moves=(), usage=None))


@pytest.mark.parametrize("kind", sorted(MOVES))
def test_an_entry_moves_only_what_it_says(draft, booked, kind):
    for debit in Account:
        for credit in Account:
            move = Move(debit=debit, credit=credit, asset=booked.EUR, exact=Fraction(1))
            wrong = replace(draft, kind=kind, moves=(move,), about=None if kind is EntryKind.METERED else "w-1")
            if (debit, credit) in MOVES[kind]:
                admit(wrong)
            else:
                assert f"what is {kind} does not move from {credit} to {debit}" in refusal(wrong)


def test_no_claim_becomes_income_and_no_income_comes_of_metering():
    """Three figures stand side by side and are never part of one another."""
    claims = {each for each in Account if each.startswith("claims:")}
    for pairs in MOVES.values():
        for debit, credit in pairs:
            assert (debit in claims) == (credit in claims)
    earned = {kind for kind, pairs in MOVES.items() if any(Account.INCOME in pair for pair in pairs)}
    assert earned == {EntryKind.ACCEPTED}


def test_a_correction_moves_anything_from_one_account_to_another(draft, booked):
    made = replace(draft, kind=EntryKind.CORRECTION, about="w-1", usage=None)
    other = Move(debit=Account.INCOME, credit=Account.SETTLED, asset=booked.EUR, exact=Fraction(-1))
    admit(replace(made, moves=(other,)))
    same = replace(other, credit=Account.INCOME)
    assert "from one account to another" in refusal(replace(made, moves=(same,)))
