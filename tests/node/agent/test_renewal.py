import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.bench.store import read_run
from netmind_tui.certify.issue import Terms, issue
from netmind_tui.certify.naming import result_name
from netmind_tui.certify.node_key import make_key, read_key
from netmind_tui.certify.scope import open_scope
from netmind_tui.document import encode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.redaction import Redactor
from netmind_tui.node.agent.certificate_child import newest
from netmind_tui.node.agent.renewal import Ended, Renewing, start_child

RECORDING = Path(__file__).parents[2] / "recordings/quick_cpu.json"


@pytest.fixture
def shelf(tmp_path):
    """A shelf with one certificate, of the first card of the simulated machine; it ends 30 days later."""

    def put(devices, driver):
        make_key(tmp_path / "node.pem", "2026-11-01T00:00:00.000Z")
        run = read_run(RECORDING)
        run = replace(run, devices=(*run.devices, *devices), environment=replace(run.environment, driver=driver))
        run = replace(run, devices=tuple(each for each in run.devices if each.id != "cpu"))
        terms = Terms(scope=open_scope("lab.example/pool"), now=datetime(2026, 11, 22, 21, tzinfo=UTC))
        name = "certificate.json"
        issued = issue(
            run,
            terms,
            read_key(tmp_path / "node.pem").private,
            result_name=result_name(Path(name)),
            machine=None,
            redactor=Redactor(),
        )
        folder = tmp_path / "shelf" / "20261122T000000000Z-abcdef"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(issued.envelope)
        (folder / result_name(Path(name))).write_bytes(issued.result)
        return tmp_path / "shelf", run.host.boundaries

    return put


class Children:
    """Stands for what is started: reads the shelf as the child does, and certifies as it is told to."""

    def __init__(self, *codes):
        self.codes, self.asked = list(codes), []

    async def __call__(self, arguments):
        if arguments[1] == "netmind_tui.node.agent.certificate_child":
            return Ended(0, encode(newest(Path(arguments[2]))), "")
        self.asked.append(arguments)
        code = self.codes.pop(0)
        return Ended(code, b"", "" if code == 0 else "netmind: error: gpu:0 is held by pid 7")


def renewing(life, shelf, start, before=timedelta(days=7)):
    gpus = life.run.lookout._gpus
    folder, boundaries = shelf(gpus.devices()[:1], gpus.driver())
    return Renewing(life.agent, folder, before, boundaries, None, start)


def test_a_change_of_the_machine_outdates_the_certificate_at_once_and_once(live, shelf):
    async def story(life):
        keeps = renewing(life, shelf, Children())
        await keeps.look()
        assert life.told("certificate-outdated") == []
        life.world.cards[0].power_limit_w = 250.0
        for _ in range(3):
            await life.looks(1)
            await keeps.compare()
        told = life.told("certificate-outdated")
        assert [event.data["changes"] for event in told] == ["gpu:0 power limit 300 W → 250 W"]

    live(story, cards=1)


def test_a_card_that_does_not_answer_is_missing_and_not_changed(live, shelf):
    async def story(life):
        keeps = renewing(life, shelf, Children())
        life.world.cards[0].lost = "has fallen off the bus"
        await life.looks(1)
        await keeps.look()
        assert life.told("certificate-outdated") == []

    live(story, cards=1)


def test_a_certificate_is_renewed_before_it_ends_and_not_earlier(live, shelf):
    async def story(life):
        children = Children(0)
        keeps = renewing(life, shelf, children)
        await keeps.look()
        assert children.asked == []
        await life.looks(1, step_s=23 * 86400.0)
        await keeps.look()
        arguments = children.asked[0]
        assert arguments[:3] == ["-m", "netmind_tui", "certify"]
        assert arguments[-4:-2] == ["--scope", "lab.example/pool"]
        assert arguments[-2:] == ["--device", "gpu:0"]
        assert len(life.told("certificate-made")) == 1

    live(story, cards=1)


def test_a_certificate_is_renewed_only_while_its_devices_may_work(live, shelf):
    async def story(life):
        children = Children(0)
        keeps = renewing(life, shelf, children)
        await life.looks(1, step_s=25 * 86400.0)
        await life.run.say(OverrideKind.PAUSE)
        await keeps.look()
        assert children.asked == []
        await life.run.say(OverrideKind.RESUME)
        await keeps.look()
        assert len(children.asked) == 1

    live(story, cards=1)


def test_a_failure_is_an_event_and_is_tried_again_later_and_later(live, shelf):
    async def story(life):
        children = Children(3, 3, 0)
        keeps = renewing(life, shelf, children)
        await life.looks(1, step_s=25 * 86400.0)
        for minutes in (0, 59, 2, 119, 2):
            await life.looks(1, step_s=minutes * 60.0)
            await keeps.look()
        assert len(children.asked) == 3
        failed = life.told("certificate-failed")
        assert [event.data["failures"] for event in failed] == [1, 2]
        assert "gpu:0 is held by pid 7" in failed[0].sentence
        assert life.agent.keeper.memory.renewal.failures == 0

    live(story, cards=1)


def test_a_child_tells_its_code_and_its_last_words():
    ended = asyncio.run(start_child(["-c", "import sys; print('out'); sys.exit('gone wrong')"]))
    assert (ended.code, ended.output, ended.last) == (1, b"out\n", "gone wrong")


def test_the_newest_certificate_is_read_by_a_child(shelf, live):
    async def story(life):
        keeps = renewing(life, shelf, start_child)
        await keeps.look()
        assert keeps._newest.certificate.environment.devices[0].device == "gpu:0"

    live(story, cards=1)
