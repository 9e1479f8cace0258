"""Work on the screens: a device's workloads, their logs, what stops and starts them, and the words of the overview."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.agent import AgentInfo, Status
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decide import together
from netmind_tui.model.decision import Decision, Decisions, Reason
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.finding import Status as Found
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.workload import InstanceStatus, WorkloadLog, WorkloadsStatus, WorkloadStatus, WorkState
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.demo_agent import DemoLink
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Focused, Moved, Ticked, Turned, Went
from netmind_tui.tui.node_page import Place
from netmind_tui.tui.node_state import Happened, Linked, Unlinked
from netmind_tui.tui.node_word import event_sign
from netmind_tui.tui.picture import plain, width
from netmind_tui.tui.screen import devices, overview_work
from netmind_tui.tui.screen.activity import KINDS
from netmind_tui.tui.screen.device_now import word
from netmind_tui.tui.screen.event_line import entries, sentence_of
from netmind_tui.tui.skin import ROLES, choose_skin
from netmind_tui.tui.state import reduce
from netmind_tui.tui.work_page import Logged, WorkLog, is_followed, legible, matches, opening, read, shown_log

NOW = datetime(2026, 11, 23, 14, 42, 31, tzinfo=UTC)
SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
FAILING, SERVING = 6, 3


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


@pytest.fixture
def story(eight):
    """Eight cards in the middle of a made-up story, on the screen of devices."""
    link = DemoLink(lambda: frozenset({"gpu:5"}), lambda: NOW)
    return after(eight, *link.news(), Ticked("14:42:31", 0.0, NOW), Went("devices"), Focused("work"))


def on(state, row, work=0):
    return after(state, Moved(box="list", row=row), Moved(box="work", row=work))


def reading(state, row, name):
    """The log of a workload on a card, as the made-up agent tells it."""
    link = DemoLink(lambda: frozenset({"gpu:5"}), lambda: NOW)
    state = after(on(state, row), Turned(*opening(name, f"{name}@gpu:{row}")))
    link.follow(state)
    return after(state, *(each for each in link.news() if isinstance(each, Logged)))


def instance(key="boinc@gpu:0", state=WorkState.RUNNING, **more):
    return InstanceStatus(key=key, devices=("gpu:0",), state=state, **more)


def with_work(state, *workloads, decided=Contribution.CONTRIBUTING, code="inside-window", role="policy", **more):
    """One card, whose agent knows of these workloads."""
    reason = Reason(code=code, sentence="inside window night", rung=Rung.RUN)
    decision = Decision(device="gpu:0", state=decided, rung=Rung.RUN, may_start=True, reasons=(reason,), window="night")
    agent = AgentInfo(version="0.1.0", pid=1, node="box", started_at=NOW, state_folder="", socket="", role=role)
    told = Status(
        at=NOW,
        agent=agent,
        decisions=Decisions(at=NOW, devices=(decision,), node=together((decision,))),
        workloads=WorkloadsStatus(path="/etc/w.toml", workloads=workloads, **more),
    )
    return after(state, Linked(told), Ticked("14:42:31", 0.0, NOW), Went("devices"), Focused("work"))


def boinc(*instances, **more):
    return WorkloadStatus(name="boinc", instances=instances, **more)


def text(show, state, cells=100, rows=30):
    return " ".join(" ".join(line.replace("│", " ") for line in show(state, cells, rows)).split())


class TestPictures:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_a_card_whose_first_choice_keeps_crashing(self, golden, show, story, size):
        golden(f"work-failing-{size[0]}x{size[1]}", show(on(story, FAILING), *size))

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_a_log(self, golden, show, story, size):
        lines = show(reading(story, SERVING, "llm"), *size)
        golden(f"work-log-{size[0]}x{size[1]}", lines)

    def test_of_what_runs_and_of_what_is_sought(self, golden, show, story):
        golden("work-running-100x30", show(on(story, FAILING, 1), 100, 30))
        sought = after(reading(story, SERVING, "llm"), Turned("log search", "eval"), Moved(box="log", row=100))
        golden("work-log-sought-100x30", show(sought, 100, 30))

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_a_machine_without_any_work(self, golden, show, one, size):
        golden(f"work-none-{size[0]}x{size[1]}", show(with_work(one), *size))

    def test_of_one_card_at_work_on_the_overview(self, golden, show, story, one):
        own = instance(since=NOW - timedelta(hours=2))
        told = with_work(one, boinc(own))
        told = replace(told, node=replace(told.node, timeline=story.node.timeline))
        golden("work-overview-one-100x30", show(after(told, Went("overview")), 100, 30))
        ready = boinc(instance(state=WorkState.NONE, waits="boinc crashed once (exit 3), tried again after 5 s"))
        told = with_work(one, ready, decided=Contribution.IDLE, code="no-work")
        golden("work-overview-ready-60x20", show(after(told, Went("overview")), 60, 20))

    def test_in_ascii(self, golden, show, story):
        for name, state in (("failing", on(story, FAILING)), ("log", reading(story, 0, "boinc"))):
            lines = show(state, 80, 24, ascii=True)
            golden(f"work-{name}-80x24-ascii", lines)
            assert all(line.isascii() for line in lines)

    @pytest.mark.parametrize("cells", range(60, 200, 17))
    def test_every_line_has_exactly_the_cells_of_the_screen(self, story, cells):
        for state in (on(story, FAILING), on(story, 0), on(story, 7), reading(story, SERVING, "llm")):
            for rows in (17, 21, 27, 55):
                lines = devices.body(state, cells, rows, UNICODE)
                assert (len(lines), {width(line) for line in lines}) == (rows, {cells})

    def test_every_role_has_a_style(self, story):
        for state in (on(story, FAILING), after(reading(story, SERVING, "llm"), Turned("log search", "eval"))):
            drawn = picture(state, Size(120, 40), UNICODE, read_keymap({}))
            assert {span.role for line in drawn for span in line} <= set(ROLES)


class TestTheBox:
    def test_tells_what_runs_in_which_limits_and_what_today_came_to(self, show, one):
        own = instance(
            pid=4242,
            since=NOW - timedelta(hours=2, minutes=5),
            limited_by="nice, affinity",
            metered_s=7 * 3600.0,
            energy_j=3.6e6,
            energy_method=EnergyMethod.NVML_POWER,
            cpu_s=75.0,
            freed_s=2.14,
        )
        told = text(show, with_work(one, boinc(own)), 120, 40)
        assert "● boinc running since 12:37" in told
        assert "pid 4242 · for 2 h 05 m · held by nice, affinity · processor 1 m" in told
        assert "today 7.0 h · 1.00 kWh (the card's power, added up)" in told
        assert "GPU memory was free 2.1 s after its last stop" in told

    def test_energy_that_is_not_known_is_no_zero(self, show, one):
        own = instance(metered_s=90.0, energy_absent="the card has no counter")
        told = text(show, with_work(one, boinc(own)), 120, 40)
        assert "today 2 min · energy not known: the card has no counter" in told
        assert "0.0 Wh" not in told

    def test_a_failure_has_the_last_lines_of_its_log_and_when_it_is_tried_again(self, show, one):
        own = instance(
            state=WorkState.NONE,
            waits="boinc crashed 4 times (exit 1), tried again after 40 s",
            until=NOW + timedelta(minutes=5),
            failures=4,
            exit_code=1,
            lines=("loading", "\x1b[31mout of memory\x1b[0m"),
        )
        told = text(show, with_work(one, boinc(own)), 120, 40)
        assert "✖ boinc failed 4 times until 14:47" in told
        assert "boinc crashed 4 times (exit 1), tried again after 40 s" in told
        assert "loading out of memory" in told

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"state": WorkState.SUSPENDED}, "▲ boinc suspended"),
            ({"state": WorkState.STOPPING}, "◐ boinc stopping"),
            ({"state": WorkState.NONE, "waits": "no window"}, "░ boinc waiting no window"),
            ({"failures": 2, "signal": 9}, "failed 2 times in a row, the last time with SIGKILL"),
        ],
    )
    def test_how_it_stands_is_a_sign_and_a_word(self, show, one, more, words):
        assert words in text(show, with_work(one, boinc(instance(**more))), 120, 40)

    def test_what_cannot_run_says_why_and_is_in_need_of_the_owner(self, show, one):
        state = with_work(one, boinc(problem="there is no program boinc"))
        assert "■ boinc cannot run there is no program boinc" in text(show, state, 120, 40)
        assert [(each.id, each.status) for each in state.needs[:1]] == [("workload-blocked.boinc", Found.WARN)]

    def test_without_any_work_it_says_what_makes_some(self, show, one):
        state = with_work(one)
        assert "No workload is defined, so nothing runs here." in text(show, state)
        assert "netmind workload add netmind-selftest" in text(show, state, 60, 20)
        assert devices.twin(state) == "netmind workload add netmind-selftest"

    def test_a_file_that_is_not_in_force_is_said_there_and_needs_the_owner(self, show, one):
        state = with_work(one, refused="w.toml: workload.boinc: grace: 'soon' is no length")
        assert "not in force: w.toml: workload.boinc" in text(show, state)
        assert state.needs[0].id == "workloads-refused"

    def test_work_that_is_for_no_card_says_where_that_is_written(self, show, one):
        far = InstanceStatus(key="boinc", devices=("cpu",))
        assert "no workload is for gpu:0: `devices` in /etc/w.toml says" in text(show, with_work(one, boinc(far)))

    def test_all_of_them_are_listed_whatever_is_said_of_one(self, show, story):
        for size in SIZES:
            told = text(show, on(story, FAILING), *size)
            assert "llm failed 4 times" in told
            assert "boinc running" in told

    def test_of_many_the_chosen_one_still_says_why_it_waits(self, show, one):
        jobs = tuple(
            WorkloadStatus(name=name, instances=(instance(f"{name}@gpu:0", WorkState.NONE, waits="so it is"),))
            for name in (f"job-{number}" for number in range(12))
        )
        state = with_work(one, *jobs)
        for row in (0, 11):
            told = show(after(state, Moved(box="work", row=row)), 100, 30)
            here = next(place for place, line in enumerate(told) if f"job-{row} " in line)
            assert "so it is" in told[here + 1]

    def test_another_card_begins_with_its_first_choice(self, story):
        assert after(on(story, FAILING, work=1), Moved(box="list", row=SERVING)).view.row("work") == 0

    def test_of_a_machine_that_is_gone_no_device_is_looked_for(self, show, one):
        gone = replace(one, devices=(), sample=None, node=replace(one.node, place=Place(hostname="rig2")))
        state = after(gone, Unlinked("rig2: Name or service not known"), Went("devices"))
        assert "no device is known: rig2: Name or service not known" in text(show, state)
        assert "looking at the machine" not in text(show, state)

    def test_there_is_none_without_an_agent_or_with_one_that_knows_of_no_work(self, one):
        assert "work" not in devices.boxes(after(one, Went("devices")))
        state = with_work(one)
        status = replace(state.node.status, workloads=None)
        assert "work" not in devices.boxes(after(state, Linked(status)))

    def test_its_keys_are_offered_to_whoever_may_and_not_while_nothing_is_changed(self, show, one):
        state = with_work(one, boinc(instance()))
        assert "enter log w stop…" in text(show, state)
        held = with_work(one, boinc(instance(state=WorkState.NONE), is_held=True))
        assert "enter log w start" in text(show, held)
        assert "w stop" not in text(show, replace(state, view=replace(state.view, read_only=True)))
        told = text(show, with_work(one, boinc(instance()), role="read"))
        assert "enter log" not in told
        assert "stop or start work" not in told

    def test_y_copies_what_the_key_does_of_another_machine_too(self, one):
        state = with_work(one, boinc(instance()))
        assert devices.twin(state) == "netmind workload stop boinc"
        held = with_work(one, boinc(instance(state=WorkState.NONE), is_held=True))
        far = replace(held, node=replace(held.node, place=Place(hostname="rig2")))
        assert devices.twin(far) == "netmind workload start boinc --host rig2"
        assert devices.twin(after(state, Focused("facts"))) == "netmind info --device gpu:0"
        opened = after(state, Turned(*opening("boinc", "boinc@gpu:0")))
        assert devices.twin(opened) == "netmind workload logs boinc --device gpu:0"
        assert devices.twin(after(opened, Turned(*opening("boinc", None)))) == "netmind workload logs boinc"


def log(*lines, **more):
    return Logged(WorkLog(name="boinc", key="boinc@gpu:0", lines=lines, **more))


class TestALog:
    def opened(self, state):
        return after(with_work(state, boinc(instance())), Turned(*opening("boinc", "boinc@gpu:0")), Focused("log"))

    def test_its_end_is_followed_until_somebody_reads_further_up(self, show, one):
        state = after(self.opened(one), log("one", "two", "three"))
        state = after(state, log("two", "three", "four"))
        assert (state.view.row("log"), shown_log(state).lines[-1]) == (2, "four")
        assert "followed" in text(show, state)
        up = after(state, Moved(box="log", row=0), log("three", "four", "five"))
        assert shown_log(up).lines[-1] == "four"
        assert "end follows it again" in text(show, up)
        assert shown_log(after(up, Moved(box="log", row=2), log("four", "five", "six"))).lines[-1] == "six"

    def test_without_its_agent_it_is_as_it_was(self, show, one):
        state = after(self.opened(one), log("one"), Unlinked("the agent has ended", is_absent=True))
        assert "as it was: no agent answers" in text(show, state)
        assert "followed" not in text(show, state)

    def test_what_comes_for_another_log_is_not_shown(self, one):
        state = after(self.opened(one), log("one", "two"), Moved(box="log", row=0))
        other = Logged(WorkLog(name="llm", key=None, lines=("x", "y", "z")))
        assert after(state, other) == state
        assert shown_log(after(self.opened(one), other)) is None

    def test_it_says_that_nothing_was_written_that_it_cannot_be_read_and_what_was_lost(self, show, one):
        assert "the agent is asked for it" in text(show, self.opened(one))
        assert "it has written nothing yet" in text(show, after(self.opened(one), log()))
        refused = after(self.opened(one), log(why="you may only look at this agent"))
        assert "you may only look at this agent" in text(show, refused)
        assert "12 KiB were not kept" in text(show, after(self.opened(one), log("x", dropped_bytes=12288)))

    @pytest.mark.parametrize(
        ("written", "left"),
        [
            ("\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain", "red and plain"),
            (" 10 %\r 20 %\r100 % done\r\n", "100 % done"),
            ("a\tb", "a       b"),
            ("bell\x07 null\x00 del\x7f", "bell? null? del?"),
            ("turned \u202eround", "turned ?round"),
            ("\x9b31mcsi in one byte", "?31mcsi in one byte"),
        ],
    )
    def test_what_a_terminal_would_obey_is_gone(self, written, left):
        assert legible(written) == left

    def test_an_answer_is_made_harmless_before_it_is_kept(self):
        told = read(WorkloadLog(workload="boinc", lines=("\x1b[2Jgone", "ok"), dropped_bytes=7), "boinc@gpu:0")
        assert told == WorkLog(name="boinc", key="boinc@gpu:0", lines=("gone", "ok"), dropped_bytes=7)

    def test_wide_signs_are_folded_by_their_cells(self, one):
        state = after(self.opened(one), log("量子" * 60, "end"))
        for cells in range(60, 80):
            lines = devices.body(state, cells, 17, UNICODE)
            assert {width(line) for line in lines} == {cells}
        assert "".join(plain(line) for line in lines).count("量子") == 60

    def test_a_line_without_an_end_takes_no_longer_than_the_screen(self, one):
        state = after(self.opened(one), log(*["x" * 8192] * 400))
        assert len(devices.body(state, 60, 17, UNICODE)) == 17

    def test_matches_know_no_case(self):
        assert matches(("Error: a", "fine", "an ERROR"), "error") == [0, 2]
        assert matches(("a",), "") == []


class TestTheOverview:
    @pytest.mark.parametrize(
        ("state", "said"),
        [(WorkState.RUNNING, "● boinc"), (WorkState.SUSPENDED, "● suspended"), (WorkState.STOPPING, "● stopping")],
    )
    def test_a_device_has_its_work_for_a_word(self, one, state, said):
        told = with_work(one, boinc(instance(state=state)))
        assert word(told, told.gpus[0], UNICODE.said).spoken == said

    def test_who_gave_way_and_holds_memory_is_told_apart(self, one):
        held = boinc(instance(state=WorkState.SUSPENDED))
        told = with_work(one, held, decided=Contribution.GAVE_WAY, code="temperature")
        assert word(told, told.gpus[0], UNICODE.said).spoken == "▲ suspended"
        gone = with_work(one, boinc(instance(state=WorkState.NONE)), decided=Contribution.GAVE_WAY, code="temperature")
        assert word(gone, gone.gpus[0], UNICODE.said).spoken == "▲ gave way"

    def test_who_is_ready_and_has_no_work_says_why(self, show, one):
        waits = boinc(instance(state=WorkState.NONE, waits="boinc crashed once (exit 3), tried again after 5 s"))
        told = with_work(one, waits, decided=Contribution.IDLE, code="no-work")
        device = told.gpus[0]
        assert word(told, device, UNICODE.said).spoken == "░ no work"
        clause = "ready, but no work: boinc crashed once (exit 3), tried again after 5 s"
        assert overview_work.clause(told, device) == clause
        assert clause in text(show, after(told, Went("overview")), 120, 40)
        none = with_work(one, decided=Contribution.IDLE, code="no-work")
        assert overview_work.clause(none, device) == "ready, but no work: no workload is defined"

    def test_a_card_names_its_work_and_since_when(self, show, one):
        told = with_work(one, boinc(instance(since=NOW - timedelta(hours=2))))
        assert "● boinc since 12:42" in text(show, after(told, Went("overview")), 100, 30)

    def test_a_processor_has_a_word_where_it_works_for_others(self, show, none, eight):
        own = InstanceStatus(key="boinc@cpu", devices=("cpu",), state=WorkState.RUNNING, since=NOW)
        reason = Reason(code="inside-window", sentence="inside window night", rung=Rung.RUN)
        decision = Decision(
            device="cpu", state=Contribution.CONTRIBUTING, rung=Rung.RUN, may_start=True, reasons=(reason,)
        )
        for machine in (none, eight):
            told = with_work(machine, boinc(own))
            status = replace(
                told.node.status, decisions=Decisions(at=NOW, devices=(decision,), node=together((decision,)))
            )
            told = after(told, Linked(status))
            assert "● boinc" in text(show, after(told, Went("overview")), 120, 40)
            assert not any("● boinc" in line for line in show(after(machine, Went("overview")), 120, 40))
        assert "cpu ● boinc" in text(show, told, 120, 40)

    def test_the_node_names_the_work_before_its_reason(self, show, story, one):
        told = with_work(one, boinc(instance()))
        told = replace(told, node=replace(told.node, timeline=story.node.timeline))
        assert "why boinc running: inside window night" in text(show, after(told, Went("overview")), 100, 30)

    def test_it_says_how_soon_memory_was_free_since_somebody_looked(self, show, story):
        def freed(number, hours, seconds):
            at = (NOW - timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            data = {"workload": "boinc", "seconds": seconds}
            return Event(id=number, at=at, kind=EventKind.MEMORY_FREED, device="gpu:0", sentence="free", data=data)

        state = replace(after(story, Went("overview")), node=replace(story.node, events=()))
        once = after(state, Happened((freed(1, 30, 9.9), freed(2, 1, 2.1)), is_all=True))
        assert "GPU memory was yours again 2.1 s after it was asked for" in text(show, once, 160, 40)
        assert "GPU memory was yours again in 2.1 s" in text(show, once, 100, 40)
        often = after(once, Happened((freed(3, 0.5, 3.4),)))
        assert "GPU memory was yours again within 3.4 s of being asked for, 2 times" in text(show, often, 200, 40)
        assert "yours again" not in text(show, after(state, Happened((freed(1, 30, 9.9),), is_all=True)), 160, 40)

    def test_work_that_keeps_failing_needs_the_owner_once(self, story):
        (found,) = [each for each in story.needs if each.id.startswith("workload-failing")]
        assert found.title == "llm fails again and again on gpu:6: 4 times in a row with exit 1"
        assert found.remediation == "its log says why: netmind workload logs llm"
        assert found.evidence == "main: error: unable to load model"

    @pytest.mark.parametrize(("failures", "is_held", "needs"), [(2, False, 0), (3, False, 1), (3, True, 0)])
    def test_a_failure_or_two_are_no_matter_for_the_owner(self, one, failures, is_held, needs):
        own = instance(state=WorkState.NONE, failures=failures, exit_code=1)
        state = with_work(one, boinc(own, is_held=is_held))
        assert sum(each.id == "workload-failing.boinc" for each in state.needs) == needs


class TestActivity:
    @pytest.mark.parametrize("kind", EventKind)
    def test_every_kind_has_a_sign_and_belongs_somewhere(self, kind):
        event = Event(id=1, at="2026-11-23T14:00:00.000Z", kind=kind, sentence="it happened")
        state, role = event_sign(event)
        assert role in ROLES
        assert state is None or UNICODE.states[state]
        named = [name for name, kinds in KINDS.items() if kind in kinds and name != "all"]
        assert named or kind in (EventKind.HOOK_FAILED, EventKind.JOURNAL_DEGRADED)

    def test_work_is_told_without_the_device_that_stands_before_it(self, story):
        told = {sentence_of(each) for each in entries(story.node.events)}
        assert "memory is yours again, 2.1 s after boinc was to give it back" in told
        assert "boinc was killed after 9 h 20 min" in told

    def test_a_crash_is_alarming_and_has_its_last_lines(self, show, story):
        crash = next(each for each in entries(story.node.events) if each.event.data.get("how") == "crashed")
        assert event_sign(crash.event) == (None, "warn")
        row = entries(story.node.events).index(crash)
        state = after(story, Went("activity"), Moved(box="events", row=row), Turned("event", str(row)))
        told = text(show, state)
        assert "last lines llama_model_load: loading model" in told
        assert "after a while, 4 times in 11 min" in told


class Still:
    """A machine whose agent is made up."""

    kind, label = "live", ""

    def __init__(self):
        self.link = DemoLink(now=lambda: NOW)

    def start(self):
        pass

    stop = start

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None


@pytest.fixture
def shown(monkeypatch, eight):
    """An app on the screen of devices, with an agent that answers, and looks at nothing by itself."""

    class Shown:
        def __init__(self, **view):
            feed = Still()
            state = after(eight, *feed.link.news(), Ticked("14:42:31", 0.0, NOW), Went("devices"))
            state = replace(state, view=replace(state.view, **view))
            skin = choose_skin("dark", ascii_only=False, has_colours=True)
            self.app = NetmindApp(feed, skin, read_keymap({}), state=state)
            monkeypatch.setattr(self.app, "_begin", lambda: None)
            monkeypatch.setattr(self.app, "tick", self.tick)
            self.run = self.app.run_test(size=(100, 30))

        def tick(self):
            app = self.app
            app.feed.link.follow(app.state)
            app.dispatch(*app.lookout.news(app.state))

        async def __aenter__(self):
            return self.app, await self.run.__aenter__()

        async def __aexit__(self, *error):
            return await self.run.__aexit__(*error)

    return Shown


async def until(app, holds):
    """Wait until something holds, as the agent answers."""
    for _ in range(1000):
        app.tick()
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


def named(app):
    return {each.name: each for each in app.state.node.status.workloads.workloads}


class TestKeys:
    async def test_enter_leads_from_the_list_to_the_work_and_to_its_log_and_esc_back(self, shown):
        async with shown() as (app, pilot):
            await pilot.press("down", "down", "down", "enter")
            assert app.focused_box == "work"
            await pilot.press("enter")
            await until(app, lambda: shown_log(app.state) is not None)
            assert (app.focused_box, shown_log(app.state).name) == ("log", "llm")
            assert is_followed(app.state)
            await pilot.press("pageup", "up")
            assert not is_followed(app.state)
            await pilot.press("end")
            assert is_followed(app.state)
            await pilot.press("home")
            assert app.state.view.row("log") == 0
            await pilot.press("escape")
            assert (app.focused_box, shown_log(app.state)) == ("work", None)

    async def test_slash_searches_the_log_that_is_read_and_finds_things_elsewhere(self, shown):
        async with shown() as (app, pilot):
            await pilot.press("slash")
            assert type(app.screen).__name__ == "Palette"
            await pilot.press("escape", "down", "down", "down", "enter", "enter")
            await until(app, lambda: shown_log(app.state) is not None)
            lines = shown_log(app.state).lines
            await pilot.press("slash", *"IDLE", "enter")
            last, before = [place for place, each in enumerate(lines) if "idle" in each][:-3:-1]
            assert app.state.view.row("log") == last
            await pilot.press("n")
            assert app.state.view.row("log") == before
            await pilot.press("N", "N")
            assert app.state.view.row("log") == matches(lines, "idle")[0]
            await pilot.press("slash", *"zebra", "enter")
            assert app.state.said.sentence.endswith("zebra: no line has it")
            await pilot.press("escape")
            assert shown_log(app.state) is not None
            await pilot.press("n")
            assert "/ asks for words" in app.state.said.sentence

    async def test_w_stops_after_a_question_and_lets_it_start_without_one(self, shown):
        async with shown() as (app, pilot):
            await pilot.press("enter", "w", "escape")
            assert not named(app)["boinc"].is_held
            await pilot.press("w")
            assert "boinc ends on gpu:0-2" in str(app.screen._question)
            await pilot.press("y")
            await until(app, lambda: named(app)["boinc"].is_held)
            await until(app, lambda: app.state.said is not None)
            assert app.state.said.sentence == "boinc is stopped: netmind workload stop boinc"
            assert word(app.state, app.state.gpus[1], UNICODE.said).spoken == "░ no work"
            await pilot.press("w")
            await until(app, lambda: not named(app)["boinc"].is_held)
            assert len(app.screen_stack) == 1

    async def test_read_only_a_log_is_read_and_nothing_is_stopped(self, shown):
        async with shown(read_only=True) as (app, pilot):
            await pilot.press("enter", "w")
            assert len(app.screen_stack) == 1
            await pilot.press("enter")
            await until(app, lambda: shown_log(app.state) is not None)

    async def test_who_may_only_look_is_told_so(self, shown, monkeypatch):
        made = DemoLink._status
        monkeypatch.setattr(
            DemoLink, "_status", lambda *given: replace(told := made(*given), agent=replace(told.agent, role="read"))
        )
        async with shown() as (app, pilot):
            await pilot.press("enter", "w")
            assert "you may only look at this agent" in app.state.said.sentence
            await pilot.press("enter")
            assert "you may only look at this agent" in app.state.said.sentence
            assert app.focused_box == "work"

    async def test_another_machine_begins_without_a_log(self, shown):
        async with shown() as (app, pilot):
            await pilot.press("enter", "enter")
            assert app.focused_box == "log"
            app.rigs._rigs.append(app.rigs._rigs[0])
            await pilot.press("right_square_bracket")
            assert app.focused_box != "log"
