"""Whom a verifier believes: keys of a list, those that they named, and none that ended before."""

import pytest

from netmind_tui.certify.trust import Trust
from netmind_tui.model.certificate import Revocation, Rotation

A, B, C, X = (f"ed25519:{letter * 64}" for letter in "abc0")


def rotation(old, new, hour):
    return Rotation(node_key=old, new_key=new, at=f"2026-11-22T{hour:02}:00:00.000Z")


def revocation(key, hour):
    return Revocation(node_key=key, since=f"2026-11-22T{hour:02}:00:00.000Z", reason=None)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_key_on_the_list_vouches_for_its_successors_in_whatever_order_they_come(order):
    steps = (rotation(A, B, 1), rotation(B, C, 2))
    trust = Trust(keys={A: "anna"}, rotations=tuple(steps[each] for each in order))
    assert trust.word_for(A) == "anna"
    assert trust.word_for(B) == "successor of anna"
    assert trust.word_for(C) == "successor of successor of anna"


def test_a_successor_does_not_vouch_for_the_one_before_it():
    assert Trust(keys={B: "anna"}, rotations=(rotation(A, B, 1),)).word_for(A) is None


def test_a_strangers_rotation_counts_for_nothing():
    assert Trust(keys={A: "anna"}, rotations=(rotation(X, B, 1),)).word_for(B) is None


def test_keys_that_name_each_other_end_the_search():
    trust = Trust(keys={A: "anna"}, rotations=(rotation(A, B, 1), rotation(B, A, 2)))
    assert trust.word_for(B) == "successor of anna"
    assert trust.word_for(C) is None


@pytest.mark.parametrize(("ended", "believed"), [(1, False), (2, False), (3, True)])
def test_whoever_took_a_key_after_its_end_cannot_name_another(ended, believed):
    trust = Trust(keys={A: "anna"}, rotations=(rotation(A, B, 2),), revocations=(revocation(A, ended),))
    assert (trust.word_for(B) is not None) is believed


def test_a_key_ends_at_the_earliest_of_what_it_said():
    trust = Trust(rotations=(rotation(A, B, 5),), revocations=(revocation(A, 7), revocation(A, 6), revocation(B, 1)))
    assert trust.revocation_of(A).since == "2026-11-22T05:00:00.000Z"
    assert trust.revocation_of(B).since == "2026-11-22T01:00:00.000Z"
    assert trust.revocation_of(C) is None


def test_without_a_list_nobody_is_believed():
    assert Trust(rotations=(rotation(A, B, 1),)).word_for(A) is None
