"""The line to agents: real sockets, agents made by hand, and hosts through a program in ssh's place."""

import itertools
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from netmind_tui.model.agent import OverrideRequest, PolicyStatus, Status
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.control import Role, Rollup, Series
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.event import EventKind
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.timeline import DeviceLine, Span, Timeline
from netmind_tui.model.workload import InstanceStatus, WorkloadLog, WorkloadsStatus, WorkloadStatus, WorkState
from netmind_tui.model.worth import PowerNow, Prices, Worth
from netmind_tui.node.control.client import Client
from netmind_tui.node.control.role import Access
from netmind_tui.tui.host_feed import HostFeed
from netmind_tui.tui.link import Link
from netmind_tui.tui.link_question import Questions, days, months, tracks
from netmind_tui.tui.link_way import NoSocket, own_link
from netmind_tui.tui.looked import keep_looked, looked_at
from netmind_tui.tui.message import Moved, Ticked, Turned
from netmind_tui.tui.money_state import Accounted, Priced, Unaccounted
from netmind_tui.tui.node_page import Node
from netmind_tui.tui.node_state import Termed
from netmind_tui.tui.rig import Rigs
from netmind_tui.tui.state import State, View, reduce
from netmind_tui.tui.work_page import LINES, Logged, WorkLog, opening, shown_log

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)


class Readers(Access):
    """Everybody may only read."""

    def role(self, peer):  # noqa: ARG002 - whoever it is
        return Role.READ


class Watch:
    """Whoever looks: samples, whether they have to be taken here, and the state that follows."""

    def __init__(self, way, **more):
        self.samples, self.alone, self.state = [], [], State()
        self.link = Link(way, self.samples.append, self.alone.append, **more)

    def look(self):
        for message in self.link.news():
            self.state = reduce(self.state, message)
        return self.state.node


@pytest.fixture
def watch():
    made = []

    def start(way, **more):
        made.append(Watch(way, **more))
        made[-1].link.start()
        return made[-1]

    yield start
    for each in made:
        each.link.stop()


@pytest.fixture
def socket(tmp_path, monkeypatch):
    path = tmp_path / "a" / "agent.sock"
    monkeypatch.setenv("NETMIND_SOCKET", str(path))
    monkeypatch.setattr("netmind_tui.tui.link._AGAIN_S", 0.01)
    return path


def to(path):
    @contextmanager
    def way():
        yield Client(path, via="tui", timeout_s=5.0)

    return way


def test_an_agent_says_how_it_is_and_samples_for_everybody(agents, socket, watch):
    with agents.running(socket):
        seen = watch(to(socket))
        assert agents.until(lambda: seen.look().is_there and len(seen.samples) > 2 and seen.state.node.timeline)
        assert seen.alone == [False]
        assert len(seen.state.node.decisions.devices) == 8
        assert [each.id for each in seen.state.node.events] == [1, 2, 3, 4, 5]


def test_what_happens_is_told_with_how_it_is_then(agents, socket, watch):
    with agents.running(socket) as agent:
        seen = watch(to(socket))
        assert agents.until(lambda: len(seen.look().events) == 5 and agent.node.waiting)
        agent.tell(agent.node.event(6, EventKind.DECISION_CHANGED, "gpu:1"))
        assert agents.until(lambda: len(seen.look().events) == 6)
        assert seen.state.node.events[-1].device == "gpu:1"


def test_it_samples_alone_while_no_agent_is_there_and_finds_one_that_begins(agents, socket, watch):
    seen = watch(to(socket))
    assert agents.until(lambda: seen.alone[:1] == [True])
    assert not seen.look().is_there
    with agents.running(socket):
        assert agents.until(lambda: seen.look().is_there)
        assert seen.alone[-1] is False
    assert agents.until(lambda: seen.look().silence)
    assert seen.alone[-1] is True
    assert seen.state.node.status is not None


def test_where_there_is_not_even_a_socket_nothing_is_said(agents, socket):
    assert not socket.exists()
    alone = []
    link = own_link(lambda _sample: None, alone.append)
    link.start()
    assert agents.until(lambda: alone == [True] or len(alone) > 1)
    link.stop()
    assert link.news() == []
    assert NoSocket().is_absent


def test_the_owners_word_is_said_and_answered_with_what_follows(agents, socket, watch):
    with agents.running(socket) as agent:
        seen = watch(to(socket))
        assert agents.until(lambda: seen.link.is_up)
        seen.link.say(OverrideRequest(kind=OverrideKind.PAUSE, devices=("gpu:1",), for_s=3600))
        assert seen.look().decision("gpu:1").state is Contribution.PAUSED
        assert agent.node.overrides[0].via == "tui"


def test_who_may_not_is_told_so_by_the_agent(agents, socket, watch):
    with agents.running(socket, access=Readers()) as agent:
        seen = watch(to(socket))
        assert agents.until(lambda: seen.link.is_up and seen.look().is_there)
        assert not seen.state.node.may_control
        with pytest.raises(Problem, match="may"):
            seen.link.say(OverrideRequest(kind=OverrideKind.STOP))
        assert agent.node.overrides == ()


class TestWork:
    """Its log is read while it is looked at; it is stopped and started by its name."""

    @pytest.fixture
    def looked(self, agents, socket, watch):
        """An agent with a workload that stops when it is told to, and whoever looks at the log of that."""

        class Working(agents.MadeNode):
            async def stop_workload(self, name, asker):
                self.work = held(True)
                return await super().stop_workload(name, asker)

            async def start_workload(self, name, asker):
                self.work = held(False)
                return await super().start_workload(name, asker)

        def held(is_held):
            own = InstanceStatus(key="boinc@gpu:0", devices=("gpu:0",), state=WorkState.RUNNING)
            return WorkloadsStatus(workloads=(WorkloadStatus(name="boinc", is_held=is_held, instances=(own,)),))

        with agents.running(socket, node=Working()) as agent:
            agent.node.work = held(False)
            seen = watch(to(socket))
            assert agents.until(lambda: seen.link.is_up and seen.look().is_there)
            seen.state = replace(seen.state, view=View(screen="devices"))
            yield agent, seen

    def look_at(self, seen, name, key):
        seen.state = reduce(seen.state, Turned(*opening(name, key)))
        seen.link.follow(seen.state)

    def test_a_log_comes_while_it_is_looked_at(self, agents, looked):
        agent, seen = looked
        self.look_at(seen, "boinc", "boinc@gpu:0")
        assert agents.until(lambda: (seen.look(), shown_log(seen.state) is not None)[1])
        assert shown_log(seen.state).lines == ("one", "two", "three")
        assert ("log", "boinc", "boinc@gpu:0", LINES) in agent.node.heard

    def test_nobody_asks_for_it_while_somebody_reads_further_up(self, looked):
        _, seen = looked
        told = WorkLog(name="boinc", key="boinc@gpu:0", lines=("a", "b", "c"))
        self.look_at(seen, "boinc", "boinc@gpu:0")
        seen.state = reduce(reduce(seen.state, Logged(told)), Moved(box="log", row=0))
        client, questions = Asked(), Questions(lambda _message: None)
        questions.follow(seen.state)
        questions.ask(client)
        assert client.logs == 0
        questions.follow(reduce(seen.state, Moved(box="log", row=2)))
        questions.ask(client)
        assert client.logs == 1

    def test_a_log_that_cannot_be_read_says_why_and_the_line_stays_up(self, agents, looked):
        _, seen = looked
        self.look_at(seen, "nothing", None)
        assert agents.until(lambda: (seen.look(), shown_log(seen.state) is not None)[1])
        assert "there is no such workload" in shown_log(seen.state).why
        assert seen.link.is_up

    def test_it_is_stopped_and_started_and_that_is_seen_at_once(self, looked):
        agent, seen = looked
        seen.link.work("boinc", starts=False)
        assert seen.look().status.workloads.workloads[0].is_held
        seen.link.work("boinc", starts=True)
        assert not seen.look().status.workloads.workloads[0].is_held
        assert [(each[:2], each[2].via) for each in agent.node.heard if each[0] in ("start", "stop")] == [
            (("stop", "boinc"), "tui"),
            (("start", "boinc"), "tui"),
        ]

    def test_who_may_only_look_stops_and_reads_nothing(self, agents, socket, watch):
        with agents.running(socket, access=Readers()) as agent:
            agent.node.work = WorkloadsStatus(workloads=(WorkloadStatus(name="boinc"),))
            seen = watch(to(socket))
            assert agents.until(lambda: seen.link.is_up and seen.look().is_there)
            with pytest.raises(Problem, match="may"):
                seen.link.work("boinc", starts=False)
            seen.state = replace(seen.state, view=View(screen="devices"))
            self.look_at(seen, "boinc", None)
            assert agents.until(lambda: (seen.look(), shown_log(seen.state) is not None)[1])
            assert "may" in shown_log(seen.state).why
            assert seen.link.is_up

    def test_without_an_agent_nothing_is_stopped(self):
        with pytest.raises(Problem, match="no agent answers"):
            Link(to(None), lambda _sample: None).work("boinc", starts=False)


class Asked:
    """Counts how often a log is asked for; nothing else is to be known."""

    def __init__(self):
        self.logs = 0

    def workload_log(self, name, key, lines):  # noqa: ARG002 - as a client has it
        self.logs += 1
        return WorkloadLog(workload=name, key=key)

    def timeline(self, start, end):
        return Timeline(zone="UTC", start=start, now=start, end=end, devices=())


def test_without_an_agent_nothing_can_be_said():
    link = Link(to(None), lambda _sample: None)
    with pytest.raises(Problem, match="no agent answers"):
        link.say(OverrideRequest(kind=OverrideKind.STOP))


def test_what_nobody_thought_of_ends_no_line(agents, watch, monkeypatch):
    monkeypatch.setattr("netmind_tui.tui.link._AGAIN_S", 0.01)

    def way():
        raise RuntimeError("surprise")

    seen = watch(way)
    assert agents.until(lambda: "surprise" in seen.look().silence)
    assert agents.until(lambda: len(seen.alone) > 2)


def test_hosts_are_watched_at_once_and_one_that_is_gone_leaves_the_others(agents, ssh_hosts, tmp_path, monkeypatch):
    near = tmp_path / "t"
    near.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(near))
    nodes = [agents.MadeNode(name=name, cards=cards) for name, cards in (("alpha", 8), ("beta", 2))]
    with agents.running(ssh_hosts.add("alpha"), node=nodes[0]), agents.running(ssh_hosts.add("beta"), node=nodes[1]):
        rigs = Rigs([HostFeed(name, {}) for name in ("alpha", "beta", "gamma")], State(view=View(read_only=True)))
        rigs.start()
        state = rigs.shown.state

        def look():
            nonlocal state
            for message in rigs.shown.lookout.news(state):
                state = reduce(state, message)
            rigs.go_on(lambda feed: Ticked("", feed.silent_s(), NOW))
            return state.node

        assert agents.until(lambda: look().is_there)
        assert (state.node.place.hostname, state.node.place.number, state.node.place.count) == ("alpha", 1, 3)
        state = rigs.step(state, 1)
        assert agents.until(lambda: look().is_there and state.sample)
        assert len(state.devices) == 2
        state = rigs.step(state, 1)
        assert agents.until(lambda: look().silence)
        assert state.needs[0].id == "host-silent"
        state = rigs.step(state, 1)
        assert (state.node.place.hostname, state.node.is_there, len(state.devices)) == ("alpha", True, 8)
        rigs.stop(state, NOW)
        assert agents.until(lambda: not list(near.iterdir()))


def test_one_machine_alone_has_no_next_one(agents, ssh_hosts):
    rigs = Rigs([HostFeed("alpha", {})], State())
    assert rigs.step(State(), 1) is None


class TestQuestions:
    class Asked:
        """An agent that writes down what it was asked."""

        def __init__(self):
            self.asked = []

        def timeline(self, start, end):
            self.asked.append((start, end))
            span = Span(start=start, end=end, state=Contribution.CONTRIBUTING, code="c", sentence="s")
            return Timeline(
                zone="Europe/Berlin", start=start, now=NOW, end=end, devices=(DeviceLine(device="cpu", spans=(span,)),)
            )

        def history(self, query):
            self.asked.append(query)
            return Rollup()

        def policy(self):
            self.asked.append("policy")
            return PolicyDocument()

        def prices(self, start, end):
            self.asked.append("prices")
            return Prices(start=start, end=end)

        def energy(self, query):
            self.asked.append(("energy", query.period, query.by))
            return Energy(period="today", start=NOW, end=NOW, zone="UTC", by="device")

        def earnings(self, query):
            self.asked.append(("earnings", query.period, query.by))
            return Earnings(period="today", start=NOW, end=NOW, zone="UTC")

    def test_are_asked_when_they_are_due_and_when_something_happened(self):
        seconds, told, client = [0.0], [], self.Asked()
        questions = Questions(told.append, None, lambda: seconds[0], lambda: NOW)
        questions.begin()
        for _ in range(3):
            questions.ask(client)
        assert client.asked == [(NOW - timedelta(hours=24), NOW + timedelta(hours=18))]
        questions.expire()
        seconds[0] = 5.0
        questions.ask(client)
        assert len(client.asked) == 2

    def test_reach_back_to_when_somebody_last_looked_and_a_week_at_most(self):
        for looked, since in ((timedelta(hours=30), 30), (timedelta(days=90), 168), (timedelta(hours=2), 24)):
            client = self.Asked()
            questions = Questions(lambda _message: None, NOW - looked, lambda: 0.0, lambda: NOW)
            questions.ask(client)
            assert client.asked[0][0] == NOW - timedelta(hours=since)

    def test_a_year_is_asked_in_months_and_later_only_its_last_days(self):
        seconds, told, client = [0.0], [], self.Asked()
        questions = Questions(told.append, None, lambda: seconds[0], lambda: NOW)
        questions.follow(State(view=View(screen="activity")))
        for _ in range(30):
            questions.ask(client)
        counted = [day for message in told[1:] for day in message.days]
        assert len({each.day for each in counted}) == len(counted)
        assert (min(each.day for each in counted) <= date(2025, 11, 24), len(client.asked)) == (True, 14)
        seconds[0] = 700.0
        for _ in range(30):
            questions.ask(client)
        assert len(client.asked) <= 17

    def test_a_longer_span_is_asked_only_while_it_is_shown(self):
        client = self.Asked()
        questions = Questions(lambda _message: None, None, lambda: 0.0, lambda: NOW)
        questions.follow(State(view=View(choices={"span": "7 d"})))
        questions.ask(client)
        questions.ask(client)
        assert client.asked[1].step_s == 900.0

    def test_the_terms_are_asked_for_while_they_are_shown_and_again_when_others_are_in_force(self):
        seconds, told, client = [0.0], [], self.Asked()
        questions = Questions(told.append, None, lambda: seconds[0], lambda: NOW)

        def look(screen, sha256):
            status = Status(at=NOW, policy=PolicyStatus(sha256=sha256))
            questions.follow(replace(State(view=View(screen=screen)), node=Node(status=status)))
            questions.ask(client)
            questions.ask(client)
            return client.asked.count("policy")

        assert look("overview", "a") == 0
        assert look("schedule", "a") == 1
        assert look("schedule", "a") == 1
        assert look("schedule", "b") == 2
        assert any(isinstance(each, Termed) for each in told)

    def test_today_is_asked_each_minute_where_money_is_shown(self):
        seconds, told, client = [0.0], [], self.Asked()
        questions = Questions(told.append, None, lambda: seconds[0], lambda: NOW)

        def look(screen):
            questions.follow(State(view=View(screen=screen)))
            questions.ask(client)
            questions.ask(client)
            return client.asked.count(("energy", "today", "device")), client.asked.count(("earnings", "today", None))

        assert look("cert") == (0, 0)
        assert look("overview") == (1, 1)
        assert look("overview") == (1, 1)
        seconds[0] = 61.0
        assert look("devices") == (2, 2)
        assert "prices" not in client.asked
        assert isinstance(told[-1], Accounted)

    def test_prices_are_asked_on_the_schedule_and_again_when_that_of_now_is_another(self):
        told, client = [], self.Asked()
        questions = Questions(told.append, None, lambda: 0.0, lambda: NOW)

        def look(screen, price):
            power = PowerNow(price_per_kwh=price, currency="EUR", basis=PriceBasis.PUBLISHED, source="plan.csv")
            node = Node(status=Status(at=NOW, money=Worth(power=power)))
            for _ in range(5):
                questions.follow(replace(State(view=View(screen=screen)), node=node))
                questions.ask(client)
            return client.asked.count("prices")

        assert look("overview", "0.31") == 0
        assert look("schedule", "0.31") == 1
        assert look("schedule", "0.31") == 1
        assert look("schedule", "0.41") == 2
        priced = next(each for each in told if isinstance(each, Priced))
        assert (priced.prices.start, priced.prices.end) == (NOW - timedelta(days=1), NOW + timedelta(days=8))

    def test_books_that_cannot_be_read_let_go_of_no_agent(self):
        class Closed(self.Asked):
            def energy(self, query):  # noqa: ARG002 - as a client has it
                raise Problem("the ledger is damaged", 3)

            def prices(self, start, end):  # noqa: ARG002 - as a client has it
                raise Problem("nothing was read yet", 3)

        told, client = [], Closed()
        questions = Questions(told.append, None, lambda: 0.0, lambda: NOW)
        for _ in range(5):
            questions.follow(State(view=View(screen="schedule")))
            questions.ask(client)
        assert [each.why for each in told if isinstance(each, Unaccounted)] == ["the ledger is damaged"]
        assert not any(isinstance(each, Priced) for each in told)

    def test_months_lie_side_by_side(self):
        parts = months(date(2026, 11, 23), 370)
        assert all(later[0] - earlier[1] == timedelta(days=1) for later, earlier in itertools.pairwise(parts))

    def test_days_are_those_of_the_owners_calendar(self):
        client = self.Asked()
        told = days(client.timeline(NOW, NOW + timedelta(hours=3)))
        assert [(each.day.day, each.seconds[Contribution.CONTRIBUTING]) for each in told] == [
            (23, 5400.0),
            (24, 5400.0),
        ]

    def test_figures_end_with_the_newest_and_the_host_is_the_processor(self):
        series = Series(device="host", metric="cpu_util_pct", start=NOW, step_s=120.0, mean=(1.0, None, 3.0))
        assert tracks(Rollup(series=(series,)), 4)["cpu", "cpu_util_pct"] == (None, 1.0, None, 3.0)
        assert tracks(Rollup(series=(replace(series, mean=(0.0, 1.0, 2.0)),)), 2)["cpu", "cpu_util_pct"] == (1.0, 2.0)


class TestLooking:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr("netmind_tui.tui.looked.state_dir", lambda: tmp_path)
        return tmp_path

    def test_is_remembered_for_each_machine(self):
        assert looked_at() is None
        keep_looked(["", "rig4"], NOW)
        keep_looked(["rig4"], NOW + timedelta(hours=1))
        assert (looked_at(), looked_at("rig4"), looked_at("rig5")) == (NOW, NOW + timedelta(hours=1), None)

    @pytest.mark.parametrize("damage", ["", "[]", '{"this machine": 7}', '{"this machine": "2026-11-23T21:30"}'])
    def test_what_was_damaged_is_forgotten(self, folder, damage):
        keep_looked([""], NOW)
        (folder / "looked.json").write_text(damage)
        assert looked_at() is None
