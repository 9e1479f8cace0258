"""Rate cards and the owner's rates out of the tables in their files: nothing of a file holds where it has a fault."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netmind_tui.ledger.rate import rule
from netmind_tui.ledger.rate.row import Section
from netmind_tui.ledger.rate.section import HEAD_NEEDED, HEAD_OPTIONAL, LISTS, OWN_RATE, SINGLE
from netmind_tui.ledger.rate.value import device, shown
from netmind_tui.model.problem import nearest
from netmind_tui.model.rate_card import Rate, RateCard

CARD_SCHEMA, RATES_SCHEMA = "netmind.card/1", "netmind.rates/1"


def parse_card(table: Mapping[str, Any]) -> tuple[RateCard | None, list[str]]:
    """The card of a table, and what cannot be: there is none where there is a fault."""
    head = {**HEAD_NEEDED, **HEAD_OPTIONAL}
    faults = [*_schema(table, CARD_SCHEMA), *_unknown(table, [*head, *LISTS, *SINGLE])]
    members: dict[str, Any] = {}
    for key, (member, section) in LISTS.items():
        members[member] = section.all(table.get(key, []), key, faults)
    for key, section in SINGLE.items():
        members[key] = section.one(table[key], key, faults) if key in table else None
    whole = Section(lambda **first: RateCard(**first, **members), HEAD_NEEDED, HEAD_OPTIONAL)
    card: RateCard | None = whole.one({key: table[key] for key in head if key in table}, "card", faults)
    if card is not None and not faults:
        faults += rule.of_card(card)
    return (None if faults else card), [each.removeprefix("card.") for each in faults]


def parse_own(
    table: Mapping[str, Any], card: RateCard, aliases: Mapping[str, str], source: str
) -> tuple[tuple[Rate, ...], list[str]]:
    """The owner's rates for a card, and what cannot be. Those for other cards are checked as far as that goes.

    A rate that names no card is for ``manual``, one that names no reward for the first of its card. ``aliases`` are
    the owner's names of devices, ``source`` what the rates are said to stand in.
    """
    faults = [*_schema(table, RATES_SCHEMA, is_needed=False), *_unknown(table, ["rate"])]
    rows = OWN_RATE.all(table.get("rate", []), "rate", faults)
    if faults:
        return (), faults
    own = []
    for number, (name, rate) in enumerate(rows, start=1):
        try:
            named = None if rate.device is None else device(aliases.get(rate.device, rate.device))
        except ValueError as error:
            faults.append(f"rate {number}.device: {error}")
            continue
        if name == card.name:
            own.append(replace(rate, device=named, source=source, reward=rate.reward or card.rewards[0].name))
    faults += rule.of_own(card, own)
    return (() if faults else tuple(own)), faults


def _schema(table: Mapping[str, Any], expected: str, *, is_needed: bool = True) -> Iterator[str]:
    found = table.get("schema")
    if found is None and is_needed:
        yield f'schema: is missing; expected schema = "{expected}"'
    elif found is not None and found != expected:
        yield f'schema: expected "{expected}", found {shown(found)}'


def _unknown(table: Mapping[str, Any], known: list[str]) -> Iterator[str]:
    for key in table:
        if key not in ("schema", *known):
            yield f"{key if key.isprintable() else repr(key)}: is not a key; {nearest(key, ['schema', *known])}"
