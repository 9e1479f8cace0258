from dataclasses import replace

import pytest

from netmind_tui.config.source import Config
from netmind_tui.tui.node_page import Node, Place
from netmind_tui.tui.node_state import Unlinked
from netmind_tui.tui.screen.empty import ACTIVITY, EARNINGS, SCHEDULE
from netmind_tui.tui.settings_state import Settings
from netmind_tui.tui.state import View, reduce

SCREENS = {"schedule": SCHEDULE, "earnings": EARNINGS, "activity": ACTIVITY}


def at(state, screen, **config):
    settings = Settings(config=Config(**config))
    return replace(state, view=View(screen=screen), settings=settings)


@pytest.mark.parametrize(("cells", "rows"), [(60, 20), (80, 24), (100, 30), (120, 40)])
@pytest.mark.parametrize("screen", SCREENS)
def test_it_says_why_it_is_empty_and_what_works_in_whole_words(show, one, screen, cells, rows):
    state = at(one, screen, schedule="nights", price_per_kwh="0.30 EUR", fee_pct=10)
    lines = show(state, cells, rows)
    text = " ".join(" ".join(line.strip("│ ") for line in lines).split())
    empty = SCREENS[screen]
    assert empty.why in text
    assert empty.command in text
    assert all(words in text for _, _, words in empty.meanwhile)
    assert not any("…" in line for line in lines[2:-1])


def test_the_chosen_schedule_is_a_day(golden, show, one):
    golden("schedule-nights-80x24", show(at(one, "schedule", schedule="nights"), 80, 24))


def test_hours_of_the_night_are_those_from_22_to_7(show, one):
    lines = show(at(one, "schedule", schedule="nights"), 80, 24)
    day = next(line for line in lines if "▓" in line).strip("│ ")
    assert day == "▓" * 14 + "░" * 30 + "▓" * 4


def test_being_away_is_not_a_matter_of_hours(show, one):
    lines = show(at(one, "schedule", schedule="away"), 80, 24)
    assert any("while I am away" in line for line in lines)
    assert not any("▓" in line for line in lines)


def test_earnings_show_the_floor_that_needs_no_payer(golden, show, one):
    state = at(one, "earnings", price_per_kwh="0.30 EUR", fee_pct=10)
    golden("earnings-priced-80x24", show(state, 80, 24))


def test_without_a_price_earnings_say_where_to_set_it(show, one):
    assert any("electricity.price_per_kwh" in line for line in show(at(one, "earnings"), 80, 24))


def test_activity_shows_the_trouble_that_was_seen(show, lost):
    lines = show(at(lost, "activity"), 80, 24)
    assert any("gpu:5" in line and "lost" in line for line in lines)


def test_nothing_is_shown_that_was_not_seen(show, one):
    assert not any("seen since" in line for line in show(at(one, "activity"), 80, 24))


@pytest.mark.parametrize("screen", ["schedule", "activity"])
def test_a_host_that_is_silent_is_not_said_to_have_no_agent(show, one, screen):
    far = replace(at(one, screen), node=Node(place=Place(hostname="rig4", number=2, count=6)))
    assert any("rig4 is being reached." in line for line in show(far, 80, 24))
    gone = reduce(far, Unlinked("rig4: ssh: connect to host rig4 port 22: No route to host"))
    text = " ".join(" ".join(line.strip("│ ") for line in show(gone, 80, 24)).split())
    assert "rig4 does not answer: ssh: connect to host rig4 port 22: No route to host" in text
    assert "no agent" not in text


@pytest.mark.parametrize("screen", ["schedule", "activity"])
def test_an_agent_that_is_silent_is_not_said_to_be_absent(show, one, screen):
    text = " ".join(" ".join(show(reduce(at(one, screen), Unlinked("it hung up")), 80, 24)).split())
    assert "The agent does not answer: it hung up" in text
