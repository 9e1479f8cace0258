"""Devices that work without being measured are spared as those that are."""

from dataclasses import replace

import pytest

from netmind_tui.bench.warden import Warden
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample

CPU = Device(id="cpu", kind=DeviceKind.CPU, name="a processor", temperature_slowdown_c=90)


@pytest.fixture
def cards():
    first = Device(id="gpu:0", kind=DeviceKind.GPU, name="a card", temperature_slowdown_c=90)
    return [first, replace(first, id="gpu:1")]


def samples(*degrees, **rest):
    return tuple(DeviceSample(device=f"gpu:{index}", temperature_c=each, **rest) for index, each in enumerate(degrees))


def test_the_one_that_is_nearly_too_hot_is_named(cards):
    with pytest.raises(Problem, match="gpu:1 was stopped at 87 °C, 3 °C below slowdown: check airflow") as caught:
        Warden(cards, lambda: samples(86, 87)).look()
    assert caught.value.code == 3


def test_cool_ones_and_those_that_say_nothing_work_on(cards):
    Warden(cards, lambda: samples(86, None)).look()
    Warden(cards, tuple).look()
    Warden([replace(card, temperature_slowdown_c=None) for card in cards], lambda: samples(99, 99)).look()


def test_one_that_is_lost_ends_the_work(cards):
    with pytest.raises(Problem, match="gpu:0 stopped answering while it worked"):
        Warden(cards, lambda: samples(None, absent={"temperature_c": Absence.LOST})).look()


def test_the_driver_is_asked_once_a_second(cards):
    asked, now = [], [0.0]
    warden = Warden(cards, lambda: asked.append(now[0]) or (), clock=lambda: now[0])
    for now[0] in (0.0, 0.2, 0.9, 1.0, 1.2, 2.5):
        warden.look()
    assert asked == [0.0, 1.0, 2.5]


def test_a_processor_is_not_asked_for(cards):
    asked = []
    Warden([CPU], lambda: asked.append(1) or ()).look()
    assert asked == []
    Warden.over([CPU]).close()


def test_it_ends_what_it_asks(cards):
    ended = []
    Warden(cards, end=lambda: ended.append(1)).close()
    assert ended == [1]
