from dataclasses import replace

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence
from netmind_tui.tui.lookout import Lookout
from netmind_tui.tui.message import Described, Examined, FeedEnded, Sampled, Told, Used
from netmind_tui.tui.notice import Notices, Silence

FIVE_MINUTES_S = 300.0


class Feed:
    """Says what it was asked."""

    label = ""

    def __init__(self, kind="live"):
        self.kind = kind
        self.asked, self.samples, self.why, self.diagnosis = [], [], None, "in order"

    def look(self):
        self.asked.append("look")
        return "the machine"

    def examine(self):
        self.asked.append("examine")
        return self.diagnosis

    def uses(self, devices):
        self.asked.append([device.id for device in devices])
        return ()

    def new(self):
        taken, self.samples = self.samples, []
        return taken

    def ended(self):
        return self.why


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made(clock, monkeypatch):
    """From a feed to a lookout whose threads are over at once."""

    def make(feed):
        lookout = Lookout(feed, clock)
        monkeypatch.setattr(lookout, "in_background", lambda work: work())
        return lookout

    return make


def follow(lookout, state, *, before=None, shows_uses=False, is_free=True):
    lookout.follow(before or state, state, shows_uses=shows_uses, is_free=is_free)


def test_the_machine_is_examined_again_every_few_minutes(made, clock, eight):
    feed = Feed()
    lookout = made(feed)
    clock.now += FIVE_MINUTES_S - 1
    follow(lookout, eight)
    assert feed.asked == []
    for _ in range(2):
        clock.now += FIVE_MINUTES_S
        follow(lookout, eight)
        follow(lookout, eight)
    assert feed.asked == ["look", "examine"] * 2
    assert lookout.news(eight) == [Described("the machine"), Examined("in order")] * 2


def test_it_is_left_alone_while_nobody_looks_or_something_is_measured(made, clock, eight):
    feed = Feed()
    lookout = made(feed)
    clock.now += FIVE_MINUTES_S
    follow(lookout, eight, is_free=False)
    assert feed.asked == []
    follow(lookout, eight)
    assert feed.asked == ["look", "examine"]


def test_whoever_asked_for_it_just_now_is_not_asked_again(made, clock, eight):
    feed = Feed()
    lookout = made(feed)
    clock.now += FIVE_MINUTES_S
    lookout.look_again()
    follow(lookout, eight)
    assert feed.asked == ["look", "examine"]


def test_a_lost_device_is_looked_into_at_once(made, eight):
    feed = Feed()
    lookout = made(feed)
    lost = Notices(silent={"gpu:3": Silence(Absence.LOST, "2026-11-19T12:00:00Z")})
    follow(lookout, replace(eight, notices=lost), before=eight, is_free=False)
    assert feed.asked == ["look", "examine"]


def test_a_recording_is_examined_with_its_samples_and_never_by_the_clock(made, clock, eight):
    feed = Feed("replay")
    lookout = made(feed)
    clock.now += FIVE_MINUTES_S
    follow(lookout, eight, shows_uses=True)
    assert feed.asked == []
    feed.samples = ["a sample"]
    assert lookout.news(eight) == [Sampled("a sample"), Described("the machine"), Examined("in order")]
    feed.samples = ["another"]
    assert lookout.news(replace(eight, diagnosis="in order")) == [Sampled("another")]


def test_who_computes_is_asked_now_and_then_while_it_is_shown(made, clock, eight):
    feed = Feed()
    lookout = made(feed)
    follow(lookout, eight, shows_uses=True)
    follow(lookout, eight, shows_uses=True)
    clock.now += 3
    follow(lookout, eight)
    assert feed.asked == [[device.id for device in eight.gpus]]
    follow(lookout, eight, shows_uses=True)
    assert len(feed.asked) == 2
    assert lookout.news(eight) == [Used(())] * 2


def test_what_fails_there_is_said_and_asked_again_later(clock, eight):
    feed = Feed()

    def fail(_devices):
        raise Problem("the driver hangs", ExitCode.UNMEASURED)

    feed.uses = fail
    lookout = Lookout(feed, clock)
    said = []
    for _ in range(2):
        lookout.ask_uses(eight)
        while not (heard := lookout.news(eight)):
            pass
        said += heard
    assert said == [Told("the driver hangs", "error")] * 2


def test_the_end_of_a_recording_is_told_once(made, eight):
    feed = Feed("replay")
    feed.why = "a.jsonl has no further sample"
    lookout = made(feed)
    assert lookout.news(eight) == [FeedEnded(feed.why), Told(feed.why, "warn")]
    assert lookout.news(replace(eight, feed=replace(eight.feed, ended=feed.why))) == []
