"""The machines that are watched at once: one is shown, and the others go on beside it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from netmind_tui.tui.lookout import Lookout
from netmind_tui.tui.node_page import Place
from netmind_tui.tui.state import Feed as Source
from netmind_tui.tui.state import State, View, reduce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netmind_tui.tui.feed import Feed
    from netmind_tui.tui.message import Message

_OF_A_MACHINE = ("needs", "devices", "list", "events", "year", "processes", "work", "log")
"""Boxes whose rows are of one machine: of another, the cursor begins anew."""


@dataclass(slots=True)
class Rig:
    """One machine: where its samples come from, who asks for the rest, and how it stood when it was last shown."""

    feed: "Feed"
    lookout: Lookout
    state: State


class Rigs:
    """All of them.

    Args:
        feeds: where each has its samples from.
        state: how the first is shown at first.
    """

    def __init__(self, feeds: "Sequence[Feed]", state: State) -> None:
        self._at = 0
        self._rigs = [Rig(feed, Lookout(feed), _placed(state, feed, at, len(feeds))) for at, feed in enumerate(feeds)]

    @property
    def shown(self) -> Rig:
        """The one that is looked at."""
        return self._rigs[self._at]

    def start(self) -> None:
        """Begin to sample all of them."""
        for each in self._rigs:
            each.feed.start()

    def stop(self, state: State, now: datetime) -> None:
        """Let go of all of them; what happens from now on will be news."""
        for each in self._rigs:
            each.feed.stop()
        self.shown.state = state
        seen = [each.state.node.place.hostname for each in self._rigs if each.state.node.status is not None]
        if seen and state.feed.kind in ("live", "host") and not state.view.read_only:
            from netmind_tui.tui.looked import keep_looked  # noqa: PLC0415 - only at the end

            keep_looked(seen, now)

    def step(self, state: State, by: int) -> State | None:
        """Show the next machine, or the one before, on the same screen; none where there is no other."""
        if len(self._rigs) == 1:
            return None
        self.shown.state = state
        self._at = (self._at + by) % len(self._rigs)
        rows = {box: row for box, row in state.view.rows.items() if box not in _OF_A_MACHINE}
        choices = {**state.view.choices, "device chosen": "no", "event": "none", "work log": ""}
        view: View = replace(state.view, rows=rows, choices=choices)
        return replace(self.shown.state, view=view, settings=state.settings, said=None)

    def go_on(self, ticked: "Callable[[Feed], Message]") -> None:
        """Let those that are not shown take in what is new of them."""
        for each in self._rigs:
            if each is self.shown:
                continue
            for message in (*each.lookout.news(each.state), ticked(each.feed)):
                each.state = reduce(each.state, message)


def _placed(state: State, feed: "Feed", at: int, count: int) -> State:
    """The same interface, of one of several machines."""
    if feed.kind != "host":
        return state
    node = replace(state.node, place=Place(hostname=feed.label, number=at + 1, count=count))
    return replace(state, node=node, feed=Source(kind=feed.kind, label=feed.label))
