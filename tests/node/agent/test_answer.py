import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.control import EventQuery, Role
from netmind_tui.model.event import EventKind
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.answer import Answers, Identity
from netmind_tui.node.agent.history import JournalPast
from netmind_tui.node.agent.stream import Stream
from netmind_tui.node.control.node import Asker
from netmind_tui.node.journal.rollup import Rollups
from netmind_tui.node.policy.write import write_policy

ANNA = Asker(uid=1000, user="anna", role=Role.POLICY, via="cli")
PAUSE = OverrideRequest(kind=OverrideKind.PAUSE, for_s=3600.0)
NIGHT = '[[window]]\ndays = ["daily"]\nfrom = "22:00"\nto = "06:00"\n'


@pytest.fixture
def asked(live):
    """Live through a story that asks: ``asked(story)``, where ``story(node, life)`` is a coroutine."""

    def start(story):
        async def whole(life):
            events, samples = Stream(100), Stream(2)
            life.agent.news._told, before = events.put, life.agent.news._told
            identity = Identity(version="0", node="box", unit="hand", state_folder="", socket="")
            past = JournalPast(life.run.journal, Rollups(life.run.journal))

            def put(text):
                write_policy(live.policy, text.encode())

            node = Answers(life.agent, identity, past, put, events, samples)
            assert before is not None
            await story(node, life)

        live(whole)

    return start


def test_a_status_tells_what_is_decided_and_said(asked):
    async def story(node, life):
        status = await node.override(PAUSE, ANNA)
        assert [each.state.value for each in status.decisions.devices] == ["paused"] * 3
        assert (status.overrides[0].by, status.overrides[0].via) == ("anna", "cli")
        assert (status.agent.node, status.policy.windows, status.sample.host.cpu_util_pct) == ("box", 1, 2.0)
        assert (status.devices[0].device, status.devices[0].workload) == ("gpu:0", "work")

    asked(story)


def test_why_is_answered_for_now_for_what_was_and_for_what_comes(asked):
    async def story(node, life):
        await life.looks(60)
        before = life.world.clock.moment().at - timedelta(seconds=30)
        await node.override(PAUSE, ANNA)
        assert (await node.why("gpu:0", None)).state == "paused"
        then = await node.why("gpu:0", before)
        assert (then.state, then.is_past) == ("contributing", True)
        later = await node.why("gpu:0", before + timedelta(hours=2))
        assert (later.state, later.is_future) == ("contributing", True)
        assert (await node.why(None, None)).device == "node"
        with pytest.raises(Problem, match="does not go back that far"):
            await node.why("gpu:0", datetime(2020, 1, 1, tzinfo=UTC))

    asked(story)


def test_a_timeline_goes_from_the_journal_over_into_the_rules(asked):
    async def story(node, life):
        await life.looks(60)
        await node.override(PAUSE, ANNA)
        await life.looks(60)
        now = life.world.clock.moment().at
        found = await node.timeline(now - timedelta(seconds=90), now + timedelta(hours=2))
        spans = found.devices[0].spans
        assert [each.state.value for each in spans] == ["contributing", "paused", "paused", "contributing"]
        assert all(one.end == other.start for one, other in pairwise(spans))

    asked(story)


def test_a_new_policy_is_in_force_at_once_with_the_name_of_who_set_it(asked):
    async def story(node, life):
        document = await node.set_policy(NIGHT, ANNA)
        assert document.text == NIGHT
        assert life.state("gpu:0") == ("idle", "outside-windows")
        assert life.run.journal.events(kinds=[EventKind.POLICY_CHANGED])[-1].data["by"] == "anna"
        with pytest.raises(Problem, match="25:00"):
            await node.set_policy(NIGHT.replace("22:00", "25:00"), ANNA)
        assert (await node.policy()).text == NIGHT

    asked(story)


def test_who_follows_hears_what_happened_and_then_what_happens_each_once(asked):
    async def story(node, life):
        heard = []

        async def follow():
            async for event in node.follow(EventQuery(since=datetime(2020, 1, 1, tzinfo=UTC))):
                heard.append(event.id)
                if event.kind is EventKind.WORK_SUSPENDED and event.device == "cpu":
                    break

        following = asyncio.create_task(follow())
        await asyncio.sleep(0.05)
        await node.override(PAUSE, ANNA)
        last = life.run.journal.last_id()
        async with asyncio.timeout(20):
            await following
        assert heard == list(range(1, last + 1))

    asked(story)


@pytest.mark.parametrize(
    ("question", "word"), [("replaced.gpu:0", "yes"), ("nonsense", "yes"), ("replaced.gpu:0", "perhaps")]
)
def test_an_answer_that_nobody_asked_for_is_refused(asked, question, word):
    async def story(node, life):
        with pytest.raises(Problem):
            await node.answer(question, word, ANNA)

    asked(story)


def test_who_asked_for_what_they_may_not_is_written_down(asked):
    async def story(node, life):
        await node.denied(ANNA, "PUT /v1/policy")
        assert life.run.journal.events()[-1].sentence == "anna may not: PUT /v1/policy"

    asked(story)
