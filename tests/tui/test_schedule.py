"""The schedule as it is shown: the week, what its guards see, other dates, what comes, and what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netmind_tui.model.agent import AgentInfo, PolicyStatus, Status
from netmind_tui.model.contribution import Rung
from netmind_tui.model.policy import (
    Exception_,
    Guard,
    GuardKind,
    Holiday,
    Limits,
    OnUnknown,
    Policy,
    PolicyDocument,
    Profile,
    Window,
)
from netmind_tui.model.situation import GuardFact
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.demo_agent import DemoLink
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Focused, Moved, Ticked, Went
from netmind_tui.tui.node_state import Linked, Termed, Unlinked
from netmind_tui.tui.schedule_state import Layered, Pointed
from netmind_tui.tui.screen import schedule
from netmind_tui.tui.skin import ROLES
from netmind_tui.tui.state import reduce

NOW = datetime(2026, 11, 23, 14, 42, 31, tzinfo=UTC)  # a Monday
SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
local = datetime.fromisoformat
WORKDAYS, WEEKEND = tuple(range(5)), (5, 6)
POLICY = Policy(
    zone="Europe/Berlin",
    profiles=(Profile(name="night", limits=Limits(power_cap_w=200.0, cpu_share_pct=50)), Profile(name="weekend")),
    windows=(
        Window(days=WORKDAYS, start_minute=22 * 60, end_minute=6 * 60, profile="night"),
        Window(days=WEEKEND, start_minute=8 * 60 + 30, end_minute=24 * 60, profile="weekend"),
    ),
    exceptions=(
        Exception_(name="LAN party", start=local("2026-11-27T18:00"), end=local("2026-11-27T23:00"), allows=False),
        Exception_(name="long over", start=local("2026-01-01"), end=local("2026-01-02"), allows=False),
    ),
    holidays=(Holiday(year=None, month=12, day=25, as_day=6, name="Christmas"),),
    guards=(
        Guard(kind=GuardKind.USER_ACTIVE, limit=180.0),
        Guard(kind=GuardKind.BATTERY, limit=90.0),
        Guard(kind=GuardKind.TEMPERATURE, limit=80.0, margin=6.0),
        Guard(kind=GuardKind.CPU_BUSY, limit=30.0),
        Guard(kind=GuardKind.DISK, limit=float(1 << 30)),
        Guard(kind=GuardKind.EXCLUSIVE, programs=("steam", "blender")),
        Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR"),
    ),
)
FACTS = (
    GuardFact(kind=GuardKind.USER_ACTIVE, value="no input for 14 min", limit="3 min", source="logind"),
    GuardFact(kind=GuardKind.BATTERY, value="this machine has none", limit="90 %", source="power supply"),
    GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0", value="68 °C", limit="80 °C", source="nvml"),
    GuardFact(kind=GuardKind.CPU_BUSY, denies=True, value="73 % by others", limit="30 %", source="kernel's CPU times"),
    GuardFact(kind=GuardKind.DISK, value="71.8 GiB free", limit="1.0 GiB", source="file system"),
    GuardFact(kind=GuardKind.EXCLUSIVE, value="none of them runs", limit="steam, blender", source="process list"),
    GuardFact(kind=GuardKind.PRICE, unknown="no tariff is set", source="none"),
)


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def told(state, policy=POLICY, facts=FACTS, *, text="", **status):
    agent = AgentInfo(version="0.1.0", pid=1, node="box", started_at=NOW, state_folder="", socket="", role="policy")
    said = Status(at=NOW, agent=agent, facts=facts, policy=PolicyStatus(zone=policy.zone, **status))
    document = PolicyDocument(policy=policy, path="/home/me/.config/netmind/policy.toml", text=text)
    return after(state, Linked(said), Termed(document), Ticked("14:42:31", 0.0, NOW), Went("schedule"))


def text_of(lines):
    """The words of all lines, as they are read: the left and the right half one after the other."""
    halves = [line.split("││") for line in lines]
    words = (half[side].strip("│╭╰ ") for side in (0, 1) for half in halves if len(half) > side)
    return " ".join(" ".join(words).split())


class TestPictures:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_one(self, golden, show, one, size):
        lines = show(told(one), *size)
        golden(f"agent-schedule-one-{size[0]}x{size[1]}", lines)
        assert {len(line) for line in lines} == {size[0]}
        assert not any("…" in line for line in lines[2:-1])

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_eight(self, golden, show, eight, size):
        story = after(eight, *DemoLink(now=lambda: NOW).news(), Ticked("14:42:31", 0.0, NOW), Went("schedule"))
        golden(f"agent-schedule-eight-{size[0]}x{size[1]}", show(story, *size))

    def test_in_ascii(self, golden, show, one):
        lines = show(told(one), 80, 24, ascii=True)
        golden("agent-schedule-one-80x24-ascii", lines)
        assert all(line.isascii() for line in lines)

    def test_every_role_has_a_style(self, one):
        drawn = picture(told(one), Size(120, 40), UNICODE, read_keymap({}))
        assert {span.role for line in drawn for span in line} <= set(ROLES)


class TestTheWeek:
    def test_marks_now_on_the_wall_of_the_policy(self, one):
        policy = replace(POLICY, zone="Asia/Tokyo")  # there it is Monday, 23:42
        drawn = picture(told(one, policy), Size(100, 30), UNICODE, read_keymap({}))
        monday = next(line for line in drawn if any("▸ Mon" in span.text for span in line))
        place = 0
        for span in monday:
            if span.role == "cursor":
                break
            place += span.width
        assert span.text == "N"
        assert place == len("│ ") + 6 + 47
        assert span.action == "cell 47+"

    def test_says_which_letter_is_which_profile_and_within_which_limits(self, show, one):
        words = text_of(show(told(one), 100, 30))
        assert "N night CPU 50 %, power cap 200 W W weekend" in words
        beside = show(told(one), 80, 24)
        assert beside[3].rstrip("│ ").endswith("N night")
        assert beside[4].rstrip("│ ").endswith("CPU 50 %, power")

    def test_has_a_small_letter_where_a_cell_is_painted_in_part(self, show, one):
        odd = Window(days=(1,), start_minute=600, end_minute=610, profile="night")
        state = after(told(one, replace(POLICY, windows=(*POLICY.windows, odd))), Pointed(48 + 20))
        lines = show(state, 100, 30)
        assert next(line for line in lines if "Tue" in line)[8 + 20] == "n"
        assert any("N night, 10 of 30 min" in line for line in lines)

    def test_leaves_out_dates_that_are_over(self, show, one):
        words = text_of(show(told(one), 100, 30))
        assert "LAN party" in words
        assert "12-25 every year as Sun Christmas" in words
        assert "long over" not in words

    def test_of_devices_with_windows_of_their_own_can_be_looked_at_apart(self, show, one):
        policy = Policy(
            zone="UTC",
            profiles=(
                Profile(name="a", limits=Limits(devices=("gpu:0",))),
                Profile(name="b", limits=Limits(devices=("cpu",))),
            ),
            windows=(
                Window(days=(0,), start_minute=0, end_minute=600, profile="a"),
                Window(days=(0,), start_minute=300, end_minute=900, profile="b"),
            ),
        )
        state = told(one, policy, ())

        def monday(*messages):
            return next(line for line in show(after(state, *messages), 100, 30) if "Mon" in line)[8:56]

        assert monday() == "A" * 10 + "+" * 10 + "B" * 10 + "·" * 18
        assert monday(Layered(("gpu:0",))) == "A" * 20 + "·" * 28
        assert monday(Layered(("cpu",))) == "·" * 10 + "B" * 20 + "·" * 18
        alone = show(after(state, Layered(("gpu:7",))), 100, 30)
        assert any("gpu:7 to look at: esc shows all, to paint" in line for line in alone)

    def test_without_a_window_can_be_painted(self, show, one):
        words = text_of(show(told(one, Policy(), (), text=None), 100, 30))
        assert "# no profile · never" in words
        assert "no policy file" in words
        assert "runs 0 of 0 device-hours painted" in words

    def test_says_that_the_file_is_not_in_force(self, show, one):
        words = text_of(show(told(one, refused="policy.toml: window 1: from: 25:00 is no time"), 100, 30))
        assert "this is the last good one: policy.toml: window 1: from: 25:00 is no time" in words

    def test_is_asked_for_before_it_is_known(self, show, one):
        state = told(one)
        state = replace(state, node=replace(state.node, terms=None))
        assert "The agent is asked for its schedule." in text_of(show(state, 100, 30))


class TestTheGuards:
    def test_put_what_denies_first_then_what_is_blind(self, one):
        state = told(one)
        found = [group[0].kind for _, group in schedule.schedule_guard.parts(POLICY.guards, state.node.status.facts)]
        assert found[:2] == [GuardKind.CPU_BUSY, GuardKind.PRICE]

    def test_say_what_they_read_of_which_limit_and_where(self, show, one):
        words = text_of(show(told(one), 120, 40))
        assert "▲ cpu-busy 73 % by others, limit 30 % (kernel's CPU times)" in words
        assert "✔ temperature 68 of 80, −6 °C (nvml)" in words
        assert "✔ exclusive none of them runs: steam, blender (process list)" in words
        assert "✔ battery this machine has none (power supply)" in words

    def test_are_short_where_there_is_little_room(self, show, one):
        words = text_of(show(told(one), 100, 30))
        assert "✔ user-active 14 of 3 min" in words
        assert "▲ cpu-busy 73 of 30 %" in words
        assert "✔ disk 71.8 GiB, least 1.0" in words

    def test_of_prices_read_no_tariff_until_there_is_one(self, show, one):
        words = text_of(show(told(one), 100, 30))
        assert "? price no tariff: waits for your answer" in words
        assert "− profit no tariff" in words

    def test_say_what_giving_way_means(self, show, one):
        guards = (replace(POLICY.guards[0]), replace(POLICY.guards[2], give_way=Rung.SUSPEND))
        words = text_of(show(told(one, replace(POLICY, guards=guards)), 100, 30))
        assert "user-active → stop; memory free in 5 s" in words
        assert "temperature → suspend; memory kept" in words

    @pytest.mark.parametrize(
        ("on_unknown", "was_known", "follows"),
        [
            (None, False, "waits for your answer"),
            (None, True, "paused"),
            (OnUnknown.RUN, False, "runs all the same"),
            (OnUnknown.RUN, True, "paused"),
            (OnUnknown.PAUSE, False, "paused"),
        ],
    )
    def test_say_what_follows_from_being_blind(self, show, one, on_unknown, was_known, follows):
        policy = replace(POLICY, guards=(Guard(kind=GuardKind.DISK, limit=1.0, on_unknown=on_unknown),))
        fact = GuardFact(kind=GuardKind.DISK, unknown="the folder is gone", was_known=was_known)
        assert f"? disk the folder is gone: {follows}" in text_of(show(told(one, policy, (fact,)), 120, 40))

    def test_tell_of_devices_that_stand_alike_together(self, show, one):
        policy = replace(POLICY, guards=(POLICY.guards[2],))
        facts = [
            GuardFact(kind=GuardKind.TEMPERATURE, device=f"gpu:{number}", value=f"{60 + number} °C", limit="80 °C")
            for number in range(4)
        ]
        facts.append(replace(facts[0], device="gpu:4", denies=True, value="81 °C"))
        words = text_of(show(told(one, policy, tuple(facts)), 120, 40))
        assert "▲ temperature gpu:4: 81 of 80, −6 °C" in words
        assert "✔ temperature gpu:0-3: 60–63 °C, limit 80 °C" in words

    def test_that_do_not_fit_are_reached_with_the_cursor(self, show, one):
        state = after(told(one), Focused("guards"))
        assert any("↑ ↓" in line and "more" in line for line in show(state, 60, 20))
        assert schedule.count(state, "guards") == 7
        below = show(after(state, Moved(box="guards", row=6)), 60, 20)
        assert any("exclusive" in line for line in below)
        drawn = picture(after(state, Moved(box="guards", row=6)), Size(60, 20), UNICODE, read_keymap({}))
        assert any(span.role == "chosen" and "exclusive" in span.text for line in drawn for span in line)

    def test_are_none_where_the_owner_has_none(self, show, one):
        assert "nothing takes a device away within its windows" in text_of(
            show(told(one, replace(POLICY, guards=()), ()), 100, 30)
        )


class TestWhatComes:
    def test_is_said_in_order_with_its_reasons(self, show, eight):
        story = after(eight, *DemoLink(now=lambda: NOW).news(), Ticked("14:42:31", 0.0, NOW), Went("schedule"))
        drawn = show(story, 120, 40)
        start = next(row for row, line in enumerate(drawn) if "next 42 h" in line)
        lines = [line for line in drawn[start:] if "outside every window" in line or "inside window" in line]
        assert "17:00" in lines[0]
        assert "░ idle gpu:0-6 outside every window " in lines[0]
        assert "● contributing gpu:0-7 inside window cheap" in lines[2]


def test_without_an_agent_it_says_so_and_how_to_start_one(show, one):
    gone = after(told(one), Unlinked("none", is_absent=True))
    assert "netmind agent run starts" in text_of(show(gone, 100, 30))
    assert schedule.twin(gone) == "netmind schedule show"


def test_the_command_that_shows_the_same_names_the_host(one):
    state = told(one)
    far = replace(state, node=replace(state.node, place=replace(state.node.place, hostname="rig4")))
    assert schedule.twin(far) == "netmind schedule show --host rig4"
