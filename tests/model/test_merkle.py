"""The tree over rows: a path leads from one row to the root and no other, and siblings from many at once."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.merkle import (
    Tree,
    count_siblings,
    device_tag,
    leaf_of,
    path_length,
    root_from,
    root_with,
    siblings_of,
    top_of,
)


def leaves(count):
    return [leaf_of(device_tag("cpu"), index, bytes([index])) for index in range(count)]


def test_leaves_and_nodes_are_hashed_apart():
    one, other = leaves(2)
    assert one == sha256(b"\x00" + sha256(b"cpu").digest() + bytes(8) + b"\x00").digest()
    assert Tree([one, other]).root == sha256(b"\x01" + one + other).digest()


@pytest.mark.parametrize("count", [0, 3, 6])
def test_a_tree_has_a_power_of_two_of_leaves(count):
    with pytest.raises(ValueError, match=str(count)):
        Tree(leaves(count))


@pytest.mark.parametrize("devices", [1, 2, 3, 8])
def test_every_path_over_several_devices_has_one_length_and_leads_to_the_root(devices):
    trees = [
        Tree([leaf_of(device_tag(f"gpu:{place}"), index, b"row") for index in range(8)]) for place in range(devices)
    ]
    top = top_of([tree.root for tree in trees])
    for place, tree in enumerate(trees):
        for index in range(8):
            path = (*tree.path(index), *top.path(place))
            assert len(path) == path_length(devices, 8)
            assert root_from(tree.leaf(index), 8 * place + index, path) == top.root


def test_a_row_at_another_place_leads_elsewhere():
    tree = Tree(leaves(8))
    assert root_from(tree.leaf(3), 2, tree.path(3)) != tree.root
    assert root_from(tree.leaf(2), 3, tree.path(3)) != tree.root


@given(st.sets(st.integers(0, 31), min_size=1))
def test_the_siblings_of_any_rows_lead_to_the_root_and_are_as_many_as_said(chosen):
    tree = Tree(leaves(32))
    siblings = siblings_of({index: tree.path(index) for index in chosen})
    assert len(siblings) == count_siblings(sorted(chosen), 5)
    assert root_with({index: tree.leaf(index) for index in chosen}, 5, siblings) == tree.root


@given(st.sets(st.integers(0, 31), min_size=1), st.data())
def test_one_wrong_row_leads_elsewhere(chosen, data):
    tree = Tree(leaves(32))
    siblings = siblings_of({index: tree.path(index) for index in chosen})
    wrong = data.draw(st.sampled_from(sorted(chosen)))
    found = {index: tree.leaf(index ^ 1 if index == wrong else index) for index in chosen}
    assert root_with(found, 5, siblings) != tree.root
