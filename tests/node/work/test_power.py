import json
import os
import threading

import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.event import EventKind
from netmind_tui.model.power_limit import LimitOutcome, PowerLimit
from netmind_tui.node.work.power import LOOK_S, Cap, PowerCaps

CARD = "GPU-5eed0000-0000-4000-8000-000000000000"


class Cards:
    """Cards of 700 W that anybody may set; each act is written down."""

    def __init__(self):
        self.limits = {CARD: 700.0}
        self.outcome = LimitOutcome.SET
        self.set = []
        self.before_setting = lambda: None

    def set_power_limit(self, uuid, watts):
        if self.outcome is LimitOutcome.UNANSWERED or uuid not in self.limits:
            return PowerLimit(outcome=LimitOutcome.UNANSWERED, asked_w=watts, why="has fallen off the bus")
        now = {"previous_w": self.limits[uuid], "least_w": 200.0, "most_w": 700.0}
        if watts is None:
            return PowerLimit(outcome=LimitOutcome.READ, power_limit_w=self.limits[uuid], **now)
        if self.outcome is not LimitOutcome.SET:
            return PowerLimit(outcome=self.outcome, asked_w=watts, why="does not let this user", **now)
        self.before_setting()
        self.limits[uuid] = watts
        self.set.append(watts)
        return PowerLimit(outcome=LimitOutcome.SET, asked_w=watts, power_limit_w=watts, **now)


class Life:
    """The caps of one agent after the other, over the same folder and cards."""

    def __init__(self, folder):
        self.folder = folder
        self.cards = Cards()
        self.now_s = 1000.0
        self.begin()

    def begin(self):
        self.caps = PowerCaps(self.folder, self.cards, lambda: self.now_s)

    def keep(self, watts=None):
        """The kinds of what came of it."""
        wanted = {} if watts is None else {CARD: Cap(device="gpu:0", uuid=CARD, watts=watts)}
        self.told = self.caps.keep(wanted)
        return [each.kind for each in self.told]

    @property
    def limit(self):
        return self.cards.limits[CARD]

    @property
    def sentence(self):
        (told,) = self.told
        return told.sentence


@pytest.fixture
def life(tmp_path):
    return Life(tmp_path)


def card(limit):
    return Device(id="gpu:0", kind=DeviceKind.GPU, uuid=CARD, power_limit_w=limit)


def test_a_card_is_held_to_the_cap_while_work_runs_and_gets_its_own_limit_back(life):
    assert life.keep(300.0) == [EventKind.POWER_CAPPED]
    assert life.sentence == "gpu:0 is held to 300 W while work runs there (700 W before)"
    assert life.limit == 300
    assert life.keep(300.0) == []
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert (life.limit, life.cards.set) == (700, [300, 700])


def test_nothing_is_asked_of_a_card_while_nothing_changes(life):
    cap = {CARD: Cap(device="gpu:0", uuid=CARD, watts=300.0)}
    assert not life.caps.needs({})
    assert life.caps.needs(cap)
    life.keep(300.0)
    assert not life.caps.needs(cap)
    life.now_s += LOOK_S
    assert life.caps.needs(cap)


def test_the_limit_that_was_there_is_on_the_disk_before_another_one_is_set(life):
    def look():
        (held,) = json.loads((life.folder / "power.json").read_text())["held"]
        assert (held["previous_w"], held["set_w"][0]) == (700, 300)

    life.cards.before_setting = look
    assert life.keep(300.0) == [EventKind.POWER_CAPPED]


def test_what_a_killed_agent_capped_is_given_back_at_the_next_start(life):
    life.keep(300.0)
    life.begin()
    assert life.caps.needs({})
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert life.sentence == "gpu:0 has its own power limit of 700 W again"
    life.begin()
    assert not life.caps.needs({})


def test_an_agent_killed_before_it_set_the_limit_leaves_the_card_alone(life):
    def killed():
        raise SystemExit

    life.cards.before_setting = killed
    with pytest.raises(SystemExit):
        life.keep(300.0)
    life.cards.before_setting = lambda: None
    life.begin()
    assert life.keep() == []
    assert (life.limit, life.cards.set) == (700, [])


def test_an_agent_killed_between_two_caps_still_knows_both_as_its_own(life):
    life.keep(300.0)

    def killed():
        raise SystemExit

    life.cards.before_setting = killed
    with pytest.raises(SystemExit):
        life.keep(400.0)
    life.cards.before_setting = lambda: None
    life.begin()
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert life.limit == 700


def test_work_that_goes_on_after_a_restart_under_the_same_cap_needs_no_new_one(life):
    life.keep(300.0)
    life.begin()
    assert life.keep(300.0) == []
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert life.limit == 700


@pytest.mark.parametrize("limit", [500.0, 250.0])
def test_a_limit_that_somebody_sets_meanwhile_stays(life, limit):
    life.keep(300.0)
    life.cards.limits[CARD] = limit
    assert life.keep(300.0) == [EventKind.POWER_UNCAPPED]
    assert life.sentence == (f"gpu:0 was given another power limit than its cap of 300 W: {limit:g} W, which stays")
    assert life.keep(300.0) == []
    assert life.keep() == []
    assert life.limit == limit


def test_a_limit_that_somebody_set_while_no_agent_ran_stays_too(life):
    life.keep(300.0)
    life.begin()
    life.cards.limits[CARD] = 450.0
    assert life.keep() == [EventKind.POWER_UNCAPPED]
    assert life.limit == 450
    assert life.keep(300.0) == [EventKind.POWER_CAPPED]
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert life.limit == 450


def test_a_limit_that_the_driver_forgot_is_set_once_more_and_an_owner_who_insists_has_it(life):
    life.keep(300.0)
    life.cards.limits[CARD] = 700.0
    assert life.keep(300.0) == [EventKind.POWER_CAPPED]
    life.cards.limits[CARD] = 700.0
    assert life.keep(300.0) == [EventKind.POWER_UNCAPPED]
    assert life.keep(300.0) == []
    assert life.limit == 700


def test_a_card_that_lost_its_driver_has_its_limit_back_without_a_word(life):
    life.keep(300.0)
    life.cards.limits[CARD] = 700.0
    assert life.keep() == []
    assert not (json.loads((life.folder / "power.json").read_text()))["held"]


def test_a_card_that_draws_less_than_the_cap_already_is_left_alone(life):
    life.cards.limits[CARD] = 250.0
    assert life.keep(300.0) == []
    assert life.keep() == []
    assert (life.limit, life.cards.set) == (250, [])


def test_another_cap_takes_the_place_of_the_first_and_a_cap_above_the_limit_ends_it(life):
    life.keep(300.0)
    assert life.keep(400.0) == [EventKind.POWER_CAPPED]
    assert life.sentence == "gpu:0 is held to 400 W while work runs there (700 W before)"
    assert life.keep(900.0) == [EventKind.POWER_RESTORED]
    assert life.limit == 700


def test_a_cap_below_what_the_card_allows_says_what_it_came_to(life):
    assert life.keep(50.0) == [EventKind.POWER_CAPPED]
    assert life.sentence == "gpu:0 is held to 200 W while work runs there, as near to 50 W as it goes (700 W before)"
    assert life.keep(50.0) == []


def test_a_user_who_may_not_is_told_once_and_how_it_can_be_done(life):
    life.cards.outcome = LimitOutcome.NO_PERMISSION
    assert life.keep(300.0) == [EventKind.POWER_UNCAPPED]
    assert "gpu:0 does not let this user" in life.sentence
    assert f"sudo nvidia-smi -i {CARD} -pl 300" in life.sentence
    assert life.caps.warnings() == (life.sentence,)
    assert life.keep() == []
    assert life.caps.warnings() == ()
    assert life.keep(300.0) == []
    assert len(life.caps.warnings()) == 1
    life.begin()
    assert life.keep() == []


def test_a_card_that_does_not_answer_is_given_its_limit_back_once_it_does(life):
    life.keep(300.0)
    life.cards.outcome = LimitOutcome.UNANSWERED
    assert life.keep() == []
    assert "gpu:0 is still held to 300 W instead of 700 W: it has fallen off the bus" in life.caps.warnings()[0]
    life.now_s += LOOK_S
    assert life.caps.needs({})
    life.cards.outcome = LimitOutcome.SET
    assert life.keep() == [EventKind.POWER_RESTORED]
    assert life.caps.warnings() == ()


def test_a_card_whose_limit_cannot_be_remembered_is_not_capped(life, monkeypatch):
    monkeypatch.setattr("netmind_tui.certify.private_file.put", no_room)
    assert life.keep(300.0) == [EventKind.POWER_UNCAPPED]
    assert "its limit cannot be remembered (no space left on device)" in life.sentence
    assert life.cards.set == []


def no_room(path, data):
    raise OSError(28, os.strerror(28))


@pytest.mark.parametrize(
    "text", ["", "{", '{"schema": "netmind.power/9"}', '{"held": [{"device": "gpu:0"}]}', "[]"], ids=repr
)
def test_a_file_that_cannot_be_read_is_kept_beside_and_said(life, text):
    (life.folder / "power.json").write_text(text)
    life.begin()
    assert "kept as power.damaged.json" in life.caps.warnings()[0]
    assert (life.folder / "power.damaged.json").read_text() == text
    assert life.keep(300.0) == [EventKind.POWER_CAPPED]


def test_a_capped_card_is_described_with_its_owners_limit(life):
    life.keep(300.0)
    assert life.caps.as_owned(card(300.0)).power_limit_w == 700
    assert life.caps.as_owned(card(450.0)).power_limit_w == 450
    life.keep()
    assert life.caps.as_owned(card(300.0)).power_limit_w == 700  # a description that was on its way
    life.now_s += 1000
    assert life.caps.as_owned(card(300.0)).power_limit_w == 300


def test_a_machine_without_cards_needs_nothing(tmp_path):
    caps = PowerCaps(tmp_path, None)
    cap = {CARD: Cap(device="gpu:0", uuid=CARD, watts=300.0)}
    assert not caps.needs(cap)
    assert caps.keep(cap) == ()


def test_calls_from_two_threads_take_turns(life):
    life.keep(300.0)
    entered, leave = threading.Event(), threading.Event()

    def wait():
        entered.set()
        assert leave.wait(20)

    life.cards.before_setting = wait
    first = threading.Thread(target=life.caps.keep, args=({},))
    first.start()
    assert entered.wait(20)
    life.cards.before_setting = lambda: None
    second = threading.Thread(target=life.caps.keep, args=({CARD: Cap(device="gpu:0", uuid=CARD, watts=400.0)},))
    second.start()
    leave.set()
    first.join(20)
    second.join(20)
    assert (life.limit, life.cards.set) == (400, [300, 700, 400])


def test_a_real_card_keeps_its_cap_over_a_kill_until_the_next_start(open_probe, tmp_path):
    limits = tmp_path / "limits"
    cap = {CARD: Cap(device="gpu:0", uuid=CARD, watts=300.0)}
    first = open_probe("h100x8", count=1, limits=limits)
    PowerCaps(tmp_path, first).keep(cap)
    first.close()
    second = open_probe("h100x8", count=1, limits=limits)
    assert second.devices()[0].power_limit_w == 300
    assert [each.kind for each in PowerCaps(tmp_path, second).keep({})] == [EventKind.POWER_RESTORED]
    assert second.devices()[0].power_limit_w == 700
