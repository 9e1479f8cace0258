"""What the interface finds out about the machine: whatever takes long is asked in threads, and told at a tick."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from netmind_tui.model.problem import Problem
from netmind_tui.tui.later import Later
from netmind_tui.tui.message import Described, Examined, FeedEnded, Message, Sampled, Told, Used
from netmind_tui.tui.money_watch import MoneyWatch

if TYPE_CHECKING:
    from netmind_tui.tui.feed import Feed
    from netmind_tui.tui.link import Line
    from netmind_tui.tui.money_desk import MoneyDesk
    from netmind_tui.tui.schedule_state import Opened
    from netmind_tui.tui.state import State

_OPENED: "Later[Callable[[State], Opened | None]]" = Later("netmind_tui.tui.schedule_desk", "opened")
_DESK: "Later[type[MoneyDesk]]" = Later("netmind_tui.tui.money_desk", "MoneyDesk")
_USES_EVERY_S = 3.0
# Most trouble shows in the samples; memory that wears out, a disk that fills up or an update does not.
_EXAMINE_EVERY_S = 300.0


class Lookout:
    """Asks the feed; nobody waits for it, and whatever goes wrong is said.

    Args:
        feed: what knows the machine.
        clock: monotonic seconds.
    """

    def __init__(self, feed: "Feed", clock: Callable[[], float] = monotonic) -> None:
        self._feed = feed
        self._link: Line | None = getattr(feed, "link", None)  # a recording has none
        self._clock = clock
        self._answers: list[Message] = []
        self._lock = threading.Lock()
        self._asks_uses = threading.Lock()
        self._uses_asked_at = -_USES_EVERY_S
        self._examined_at = clock()
        self._money_watch = MoneyWatch(clock)
        self._money_desk: MoneyDesk | None = None

    def mail(self, *messages: Message) -> None:
        """From any thread: these are heard at the next tick."""
        with self._lock:
            self._answers += messages

    def in_background(self, work: Callable[[], object]) -> None:
        """Run something that may take long, in a thread that does not keep the process alive."""

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever fails there is said, and the interface lives
                words = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
                self.mail(Told(words, "error"))

        threading.Thread(target=run, daemon=True).start()

    def news(self, state: "State") -> list[Message]:
        """What came since the last call: answers, then samples with what a recording shows of trouble, and its end."""
        with self._lock:
            news, self._answers = self._answers, []
        news += self._link.news() if self._link is not None else []
        samples = self._feed.new()
        news += [Sampled(sample) for sample in samples]
        if samples and self._feed.kind not in ("live", "host"):
            news += self._shown_by_samples(state)
        ended = self._feed.ended()
        if ended is not None and state.feed.ended is None:
            news += [FeedEnded(ended), Told(ended, "warn")]
        return news

    def follow(self, before: "State", state: "State", *, shows_uses: bool, is_free: bool) -> None:
        """Ask what this machine's samples do not tell: why devices were lost or came back, who computes, what is wrong.

        ``is_free`` is whether somebody looks and nothing is measured: only then it is examined again by itself.
        """
        if self._link is not None:
            self._link.follow(state)
        if self._feed.kind != "live":
            return
        if state.view.screen == "schedule" and (message := _OPENED()(state)) is not None:
            self.mail(message)
        self._reckon(state)
        is_due = is_free and self._clock() - self._examined_at >= _EXAMINE_EVERY_S
        if state.notices.lost != before.notices.lost or is_due:
            self.look_again()
        if shows_uses and state.gpus and self._clock() - self._uses_asked_at >= _USES_EVERY_S:
            self.ask_uses(state)

    def _reckon(self, state: "State") -> None:
        """What the owner's files say of money, where no agent tells it."""
        if not self._money_watch.is_due(state):
            return

        def read() -> None:
            try:
                self._money_desk = self._money_desk or _DESK()()
                self.mail(self._money_desk.read(state.devices))
            finally:
                self._money_watch.end()

        self.in_background(read)

    def describe(self) -> None:
        """Say what the machine is; takes as long as its driver."""
        if self._feed.kind != "host":  # another machine is described by its agent
            self.mail(Described(self._feed.look()))

    def examine(self) -> None:
        """Say what is wrong with it; takes longer."""
        self._examined_at = self._clock()
        diagnosis = self._feed.examine()
        if diagnosis is not None:
            self.mail(Examined(diagnosis))

    def look_again(self) -> None:
        """Describe and examine the machine anew, beside the interface."""
        self._examined_at = self._clock()  # not once more at the next tick
        self.in_background(self._look)

    def ask_uses(self, state: "State") -> None:
        """Ask who computes on the GPUs, unless the last answer is still awaited."""
        self._uses_asked_at = self._clock()
        if not self._asks_uses.acquire(blocking=False):
            return

        def ask() -> None:
            try:
                found = self._feed.uses(state.gpus)
            finally:
                self._asks_uses.release()
            if found is not None:
                self.mail(Used(found))

        self.in_background(ask)

    def _look(self) -> None:
        self.describe()
        self.examine()

    def _shown_by_samples(self, state: "State") -> list[Message]:
        """What changed in what a recording shows of trouble: nothing has to be asked for it, so it is known at once."""
        diagnosis = self._feed.examine()
        if diagnosis is None or diagnosis == state.diagnosis:
            return []
        return [Described(self._feed.look()), Examined(diagnosis)]
