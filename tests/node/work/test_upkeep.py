import asyncio
import threading

from netmind_tui.model.event import EventKind
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.work.power import Cap
from netmind_tui.node.work.upkeep import Upheld, Upkeep

CAPPED = {"GPU-1": Cap(device="gpu:0", uuid="GPU-1", watts=300.0)}


class Caps:
    """Caps that take as long as the test wants, and say what they were asked."""

    def __init__(self):
        self.kept = None
        self.asked = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.fails = False

    def needs(self, wanted):
        return wanted != self.kept

    def keep(self, wanted):
        assert self.may_go.wait(20)
        self.asked.append(dict(wanted))
        self.kept = wanted
        if self.fails:
            raise ValueError("never to be seen")
        return (Told(kind=EventKind.POWER_CAPPED if wanted else EventKind.POWER_RESTORED, sentence=""),)

    def warnings(self):
        return ("a cap",)


class Asleep:
    warning = "a sleep"

    def __init__(self):
        self.works = []
        self.closed = False

    def needs(self, *, works, on_battery):
        return (works, on_battery) not in self.works[-1:]

    def keep(self, *, works, on_battery):
        self.works.append((works, on_battery))

    def close(self):
        self.closed = True


def test_the_last_wish_holds_whatever_was_wished_before_it():
    async def live():
        caps, awake, told = Caps(), Asleep(), []
        upkeep = Upkeep(caps, awake, told.append)
        caps.may_go.clear()
        upkeep.follow(Upheld(works=True, on_battery=False, caps=CAPPED))
        await asyncio.sleep(0)
        for works in (False, True, False):
            upkeep.follow(Upheld(works=works, caps={} if works else CAPPED))
        upkeep.follow(Upheld(works=True, on_battery=True))
        assert not upkeep.is_settled
        caps.may_go.set()
        await upkeep.settled()
        assert upkeep.is_settled
        assert caps.asked[-1] == {}
        assert awake.works[-1] == (True, True)
        assert told[-1].kind is EventKind.POWER_RESTORED
        assert len(caps.asked) <= 2
        assert upkeep.warnings() == ("a cap", "a sleep")

    asyncio.run(live())


def test_the_end_gives_everything_back():
    async def live():
        caps, awake = Caps(), Asleep()
        upkeep = Upkeep(caps, awake, lambda _told: None)
        upkeep.follow(Upheld(works=True, caps=CAPPED))
        await upkeep.end()
        assert caps.kept == {}
        assert awake.closed

    asyncio.run(live())


def test_a_driver_that_hangs_does_not_keep_the_agent_from_ending(monkeypatch):
    monkeypatch.setattr("netmind_tui.node.work.upkeep.END_S", 0.01)

    async def live():
        caps, awake = Caps(), Asleep()
        upkeep = Upkeep(caps, awake, lambda _told: None)
        caps.may_go.clear()
        upkeep.follow(Upheld(works=True, caps=CAPPED))
        await upkeep.end()
        caps.may_go.set()
        assert awake.closed

    asyncio.run(live())


def test_a_fault_is_written_down_and_the_next_wish_is_still_followed(caplog):
    async def live():
        caps, awake = Caps(), Asleep()
        upkeep = Upkeep(caps, awake, lambda _told: None)
        caps.fails = True
        upkeep.follow(Upheld(works=True, caps=CAPPED))
        await upkeep.settled()
        caps.fails = False
        upkeep.follow(Upheld())
        await upkeep.settled()
        assert caps.asked == [CAPPED, {}]
        assert "could not be brought about" in caplog.text

    asyncio.run(live())
