"""What becomes of work: one answer, one payment, and the claim closed whole."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger import life
from netmind_tui.ledger.fault import Refused
from netmind_tui.ledger.life import Story
from netmind_tui.model.ledger import Account, Draft, EntryKind, Move, State
from netmind_tui.model.money import Amount


def stands(books, entry):
    """What is in each account because of a piece of work, in minor units."""
    story = books.ledger.story(entry.id)
    found = {account: [each.minor for each in story.standing(account)] for account in Account}
    return {account: amounts for account, amounts in found.items() if amounts}


def test_metered_work_is_an_open_claim_and_no_income(books):
    entry = books.work()
    assert books.ledger.story(entry.id).state is State.METERED
    assert stands(books, entry) == {
        Account.CLAIM_OPEN: [5],
        Account.CLAIM_METERED: [-5],
        Account.ENERGY_MARGINAL: [2],
        Account.ENERGY_OWED: [-2],
    }


def test_what_is_accepted_closes_the_claim_and_is_income_less_its_fees(books, booked):
    entry = books.work()
    amount = Amount(minor=40, asset=booked.EUR)
    story = books.ledger.story(entry.id)
    (answer,) = books.put(life.accepted(story, "a", amount, fee=3, burnt=2, payer="network", job="j-1"))
    assert (answer.subject.payer, answer.subject.job, answer.at) == ("network", "j-1", entry.at)
    assert books.ledger.story(entry.id).state is State.ACCEPTED
    assert stands(books, entry) == {
        Account.CLAIM_METERED: [-5],
        Account.CLAIM_ACCEPTED: [5],
        Account.INCOME: [-40],
        Account.RECEIVABLE: [35],
        Account.FEES: [3],
        Account.BURNT: [2],
        Account.ENERGY_MARGINAL: [2],
        Account.ENERGY_OWED: [-2],
    }


def test_what_is_settled_is_what_was_due(books):
    entry = books.work()
    books.accept(entry, 40, fee=4)
    paid = books.settle(entry)
    assert paid.subject.payer == "p"
    assert books.ledger.story(entry.id).state is State.SETTLED
    found = stands(books, entry)
    assert found[Account.SETTLED] == [36]
    assert Account.RECEIVABLE not in found


@pytest.mark.parametrize(
    ("answer", "account", "state"),
    [("reject", Account.CLAIM_REJECTED, State.REJECTED), ("expire", Account.CLAIM_EXPIRED, State.EXPIRED)],
)
def test_what_nobody_pays_closes_the_claim_and_is_no_income(books, answer, account, state):
    entry = books.work()
    getattr(books, answer)(entry)
    found = stands(books, entry)
    assert (found[account], Account.CLAIM_OPEN in found, Account.INCOME in found) == ([5], False, False)
    assert books.ledger.story(entry.id).state is state


def test_work_that_nobody_can_rate_is_answered_too(books, booked):
    entry = books.work(moves=(booked.energy("0.02"),))
    assert books.reject(entry).postings == ()


def test_work_may_be_paid_in_another_asset_than_it_was_claimed_in(books, booked):
    entry = books.work(moves=(booked.claim(Fraction(1, 3), booked.NMT),))
    books.accept(entry, 12)
    assert stands(books, entry)[Account.RECEIVABLE] == [12]


@pytest.mark.parametrize(("first", "second"), list(product(["accepted", "rejected", "expired"], repeat=2)))
def test_work_is_answered_once(books, booked, first, second):
    entry = books.work()
    story = books.ledger.story(entry.id)
    makes = {
        "accepted": lambda name: life.accepted(story, name, Amount(minor=5, asset=booked.EUR)),
        "rejected": lambda name: life.rejected(story, name, reason="wrong result"),
        "expired": lambda name: life.expired(story, name),
    }
    books.put(makes[first]("one"))
    with pytest.raises(Refused, match=f"entry two: w-1 is {first} already, and cannot be {second}"):
        books.put(makes[second]("two"))
    assert books.ledger.story(entry.id).state == first


@pytest.mark.parametrize("before", ["nothing", "reject", "expire", "settle"])
def test_only_what_was_accepted_is_settled_and_once(books, before):
    entry = books.work()
    if before == "settle":
        books.accept(entry, 5)
        books.settle(entry)
    elif before != "nothing":
        getattr(books, before)(entry)
    again = life.settled(books.ledger.story(entry.id), "another-payment")
    with pytest.raises(Refused, match="only what is accepted and not settled yet can be settled"):
        books.put(again)


def test_a_retry_of_an_answer_is_no_second_one(books, booked):
    entry = books.work()
    made = life.accepted(books.ledger.story(entry.id), "a", Amount(minor=5, asset=booked.EUR))
    assert books.put(made) == books.put(made)


def test_an_answer_in_the_same_batch_as_its_work_is_booked(books, booked):
    known = {"at": booked.START, "until": booked.START, "subject": booked.subject()}
    books.put(Draft(id="w", kind=EntryKind.METERED, **known), Draft(id="e", kind=EntryKind.EXPIRED, about="w", **known))
    assert books.ledger.story("w").state is State.EXPIRED


def test_a_claim_is_closed_whole_or_not_at_all(books, booked):
    entry = books.work()
    part = Move(debit=Account.CLAIM_REJECTED, credit=Account.CLAIM_OPEN, asset=booked.EUR, exact=Fraction(4, 100))
    made = Draft(
        id="r",
        kind=EntryKind.REJECTED,
        at=entry.at,
        until=entry.until,
        subject=entry.subject,
        moves=(part,),
        about=entry.id,
    )
    with pytest.raises(Refused, match=r"it leaves 0\.01 EUR of w-1 in claims:open"):
        books.put(made)


def test_an_answer_to_work_that_is_not_booked_is_refused(books):
    entry = books.work()
    made = life.expired(Story((entry,)), "e")
    about_answer = books.put(made)[0]
    for about in ("nothing", about_answer.id):
        with pytest.raises(Refused, match=f"it is about {about}, and no metered entry has that id"):
            books.put(
                Draft(
                    id="x", kind=EntryKind.EXPIRED, at=entry.at, until=entry.until, subject=entry.subject, about=about
                )
            )


def test_an_answer_is_of_the_time_and_the_device_of_the_work(books, booked):
    entry = books.work()
    known = {"id": "e", "kind": EntryKind.EXPIRED, "until": entry.until, "about": entry.id}
    for wrong in (
        Draft(at=entry.at + booked.QUARTER / 2, subject=entry.subject, **known),
        Draft(at=entry.at, subject=booked.subject("gpu:1"), **known),
    ):
        with pytest.raises(Refused, match="which is of another time, node or device"):
            books.put(wrong)


def test_a_correction_is_a_new_entry_and_an_answer_closes_what_it_left(books, booked):
    entry = books.work()
    less = (booked.claim("-0.02"),)
    (made,) = books.put(life.corrected(books.ledger.story(entry.id), "c", less, reason="counted twice"))
    assert (made.kind, made.note) == (EntryKind.CORRECTION, {"reason": "counted twice"})
    assert books.ledger.story(entry.id).state is State.METERED
    books.reject(entry)
    assert stands(books, entry)[Account.CLAIM_REJECTED] == [3]


@pytest.mark.parametrize(("fee", "burnt"), [(-1, 0), (0, -1), (41, 0), (30, 11)])
def test_fees_fit_into_what_was_accepted(books, booked, fee, burnt):
    entry = books.work()
    with pytest.raises(ValueError, match="do not fit into 40 minor units"):
        life.accepted(books.ledger.story(entry.id), "a", Amount(minor=40, asset=booked.EUR), fee=fee, burnt=burnt)


@settings(max_examples=25, deadline=None)
@given(
    claims=st.lists(st.integers(0, 10**20), min_size=1, max_size=4),
    amount=st.integers(0, 10**20),
    shares=st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_whatever_was_claimed_and_accepted_every_account_comes_out_even(
    booked, tmp_path_factory, claims, amount, shares
):
    books = booked.opened(tmp_path_factory.mktemp("books") / "ledger.db")
    try:
        entry = books.work(moves=[booked.claim(Fraction(claim, 10**18), booked.NMT) for claim in claims])
        fee = amount * shares[0] // 200
        burnt = (amount - fee) * shares[1] // 100
        story = books.ledger.story(entry.id)
        books.put(life.accepted(story, "a", Amount(minor=amount, asset=booked.NMT), fee=fee, burnt=burnt))
        books.settle(entry)
        found = {account: sum(amounts) for account, amounts in stands(books, entry).items()}
        assert found.get(Account.CLAIM_ACCEPTED, 0) == -found.get(Account.CLAIM_METERED, 0) == sum(claims)
        assert found.get(Account.INCOME, 0) == -amount
        parts = (Account.SETTLED, Account.FEES, Account.BURNT)
        assert [found.get(each, 0) for each in parts] == [amount - fee - burnt, fee, burnt]
        assert not {Account.CLAIM_OPEN, Account.RECEIVABLE} & set(found)
    finally:
        books.ledger.close()
