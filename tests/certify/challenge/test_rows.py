"""The one long message: what is no rows of the node that they are awaited from costs nobody much."""

import os
from dataclasses import replace

import pytest

from netmind_tui.certify import canonical
from netmind_tui.certify.challenge import rows
from netmind_tui.certify.challenge.declined import Declined
from netmind_tui.certify.challenge.message import Opened, say
from netmind_tui.certify.challenge.rows import check_sender, heard_rows, large_bytes, written
from netmind_tui.certify.envelope import seal
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import CHALLENGE_TYPE


@pytest.fixture
def key(made):
    return made.key_of(1)


@pytest.fixture
def longest():
    """The longest rows that any chain has, with paths that are higher than any."""
    openings = [Opening(2**52 + index, os.urandom(4096), (os.urandom(32),) * 32) for index in range(64)]
    return Opened(session="ab" * 32, root="cd" * 32, rows=written(openings))


def test_rows_are_heard_as_they_were_sent(longest, key):
    data = say(longest, key.private)
    check_sender(data, key.public)
    assert heard_rows(data) == (longest, key.public)
    assert len(data) <= large_bytes(4096)


def test_another_keys_rows_are_not_looked_at(longest, made, key, monkeypatch):
    monkeypatch.setattr(rows, "unseal", lambda *_: pytest.fail("its signature was looked at"))
    with pytest.raises(Declined, match="this session is not that of"):
        check_sender(say(longest, made.key_of(2).private), key.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda _data: b"",
        lambda _data: b"[" * 500_000,
        lambda data: data + b" ",
        lambda data: data.replace(b"challenge+json", b"in-toto+json"),
        lambda data: data.replace(b'"payload":"', b'"payload":"!'),
    ],
)
def test_what_is_no_envelope_is_refused_at_a_glance(longest, key, change, monkeypatch):
    monkeypatch.setattr(canonical, "parse", lambda *_: pytest.fail("it was read as JSON"))
    with pytest.raises(Refused, match="no signed envelope"):
        check_sender(change(say(longest, key.private)), key.public)


def test_a_signature_that_does_not_hold_is_refused_before_the_payload_is_read(longest, made, key):
    data = say(longest, made.key_of(2).private).replace(made.key_of(2).public.encode(), key.public.encode())
    check_sender(data, key.public)
    with pytest.raises(Refused, match="the signature does not hold"):
        heard_rows(data)


@pytest.mark.parametrize("part", [b"[]", b"{}", b"0", b'"\\n"'])
def test_many_small_parts_are_refused_unread(key, part, monkeypatch):
    data = seal(b"[" + b",".join([part] * 5000) + b"]", key.private, CHALLENGE_TYPE)
    monkeypatch.setattr(rows, "understood", lambda *_: pytest.fail("it was read as JSON"))
    with pytest.raises(Refused, match="more parts than 64 rows"):
        heard_rows(data)


def test_what_else_the_node_signs_is_no_rows(longest, key):
    with pytest.raises(Refused, match="session is not 64 hexadecimal digits"):
        heard_rows(say(replace(longest, session="x"), key.private))
