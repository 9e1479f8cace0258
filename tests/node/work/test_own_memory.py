from netmind_tui.node.work.own_memory import SETTLES_S, OwnMemory

GIB = 1 << 30
WORKS = frozenset({"gpu:0"})


def test_what_comes_while_work_settles_in_is_its_own_and_what_comes_later_is_not():
    own = OwnMemory()
    own.look({"gpu:0": GIB}, frozenset(), 0.0)
    assert own.of("gpu:0") is None
    own.look({"gpu:0": 5 * GIB}, WORKS, 1.0)
    own.look({"gpu:0": 9 * GIB}, WORKS, SETTLES_S)
    assert own.of("gpu:0") == 8 * GIB
    own.look({"gpu:0": 13 * GIB}, WORKS, SETTLES_S + 2.0)
    assert own.of("gpu:0") == 8 * GIB


def test_it_begins_anew_with_the_next_work():
    own = OwnMemory()
    own.look({"gpu:0": GIB}, WORKS, 0.0)
    own.look({"gpu:0": 9 * GIB}, WORKS, 1.0)
    own.look({"gpu:0": 2 * GIB}, frozenset(), 2.0)
    assert own.of("gpu:0") is None
    own.look({"gpu:0": 3 * GIB}, WORKS, 3.0)
    assert own.of("gpu:0") == GIB


def test_of_a_card_that_tells_nothing_nothing_is_known():
    own = OwnMemory()
    own.look({}, WORKS, 0.0)
    assert own.of("gpu:0") is None
    own.look({"gpu:0": 4 * GIB}, WORKS, 1.0)
    assert own.of("gpu:0") == 0
