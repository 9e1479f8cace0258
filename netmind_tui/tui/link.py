"""The line to an agent, kept up beside the interface: who answers, what it says, what happens, and what it remembers.

Two threads: one reads the agent's samples and asks now and then for the rest, the other waits for what happens. Where
nobody answers the line is tried again, sooner here than far away.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.tui.later import Later
from netmind_tui.tui.message import Message
from netmind_tui.tui.node_page import KEPT_EVENTS

if TYPE_CHECKING:
    from netmind_tui.model.agent import OverrideRequest, Status
    from netmind_tui.model.event import Event
    from netmind_tui.model.policy import PolicyDocument
    from netmind_tui.model.sample import Sample
    from netmind_tui.node.control.client import Client
    from netmind_tui.tui.link_question import Questions
    from netmind_tui.tui.node_state import Happened, Linked, Unlinked
    from netmind_tui.tui.state import State

# Without an agent nothing of this is needed, and the first picture waits for nothing.
_QUESTIONS: "Later[type[Questions]]" = Later("netmind_tui.tui.link_question", "Questions")
_LINKED: "Later[type[Linked]]" = Later("netmind_tui.tui.node_state", "Linked")
_UNLINKED: "Later[type[Unlinked]]" = Later("netmind_tui.tui.node_state", "Unlinked")
_HAPPENED: "Later[type[Happened]]" = Later("netmind_tui.tui.node_state", "Happened")
_AGAIN_S, _FAR_AGAIN_S, _LONGEST_AGAIN_S = 2.0, 5.0, 60.0
_STATUS_EVERY_S, _STATUS_APART_S = 10.0, 0.3
_END_S = 1.5


class Line(Protocol):
    """What the interface asks of the line to an agent, a real one or one that is made up."""

    def news(self) -> list[Message]:
        """What was told since the last call."""

    def follow(self, state: "State") -> None:
        """Find out what the screen wants to know."""

    def say(self, request: "OverrideRequest") -> "Status":
        """Tell the agent what the owner says."""

    def work(self, name: str, *, starts: bool) -> None:
        """Stop a workload, or let it start."""

    def terms(self) -> "PolicyDocument":
        """The owner's terms in force."""

    def put_terms(self, text: str, instead_of: "PolicyDocument") -> "PolicyDocument":
        """Put other terms in force, in place of those and no others."""


class Link:
    """One agent.

    Args:
        way: opens the way to it; raises a ``Problem`` where nobody answers.
        put: takes each of its samples, in the thread that reads them.
        alone: told whether this interface has to sample by itself, because no agent does.
        is_far: whether it is on another machine.
        looked_at: when somebody last looked.
    """

    def __init__(
        self,
        way: "Callable[[], AbstractContextManager[Client]]",
        put: "Callable[[Sample], None]",
        alone: Callable[[bool], None] = lambda _alone: None,
        *,
        is_far: bool = False,
        looked_at: datetime | None = None,
    ) -> None:
        self._way, self._put, self._alone, self._is_far = way, put, alone, is_far
        self._messages: list[Message] = []
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._asked_at = 0.0
        self._is_stale = False
        self._looked_at = looked_at
        self._questions: Questions | None = None
        self._has_told = False
        self._waits_since = 0.0
        self._opened = ExitStack()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent", daemon=True)

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self._client is not None

    def start(self) -> None:
        """Begin to look for it."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of it; a way through ssh is closed."""
        self._stopping.set()
        if self._is_far:
            with suppress(Exception):  # it may be closing by itself just now
                self._opened.close()
            if self._thread.is_alive():
                self._thread.join(_END_S)

    def news(self) -> list[Message]:
        """What was told since the last call."""
        with self._lock:
            news, self._messages = self._messages, []
        return news

    def tell(self, message: Message) -> None:
        """Pass something on; from any thread."""
        with self._lock:
            self._messages.append(message)

    def follow(self, state: "State") -> None:
        """Find out what the screen wants to know."""
        if self._questions is not None:
            self._questions.follow(state)

    def say(self, request: "OverrideRequest") -> "Status":
        """Tell the agent what the owner says; how its node is then. Takes as long as the agent.

        Raises:
            Problem: it does not answer, or this user may not.
        """
        if self._client is None:
            raise Problem("no agent answers: nothing was changed", ExitCode.UNMEASURED)
        status = self._client.override(request)
        self.tell(_LINKED()(status, self._client.skew))
        if self._questions is not None:
            self._questions.expire()
        return status

    def work(self, name: str, *, starts: bool) -> None:
        """Stop a workload, or let it start; how its node is then is told. Takes as long as the agent.

        Raises:
            Problem: it does not answer, knows no such workload, or this user may not.
        """
        if self._client is None:
            raise Problem("no agent answers: nothing was changed", ExitCode.UNMEASURED)
        (self._client.start_workload if starts else self._client.stop_workload)(name)
        self._ask(self._client)

    def terms(self) -> "PolicyDocument":
        """The owner's terms, asked now.

        Raises:
            Problem: it does not answer.
        """
        if self._client is None:
            raise Problem("no agent answers: nothing was changed", ExitCode.UNMEASURED)
        return self._client.policy()

    def put_terms(self, text: str, instead_of: "PolicyDocument") -> "PolicyDocument":
        """Put other terms in force, in place of those and no others; takes as long as the agent.

        Raises:
            Problem: it does not answer, refuses them, has others by now, or this user may not.
        """
        if self._client is None:
            raise Problem("no agent answers: nothing was changed", ExitCode.UNMEASURED)
        document = self._client.set_policy(text, instead_of=instead_of.sha256)
        self._ask(self._client)
        if self._questions is not None:
            self._questions.expire()
        return document

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            was_there, barred = False, ""
            try:
                with self._opened:
                    client = self._opened.enter_context(self._way())
                    self._ask(client)
                    self._alone(False)
                    self._client, was_there = client, True
                    self._listen(client)
                sentence, is_absent = "the agent has ended", False
            except Problem as problem:
                sentence, is_absent = problem.sentence, getattr(problem, "is_absent", False)
                barred = getattr(problem, "barred", "")
            except Exception as error:  # noqa: BLE001 - an answer of a kind that nobody thought of ends no thread
                sentence, is_absent = f"the agent cannot be understood: {type(error).__name__}: {error}", False
            self._client = None
            if self._stopping.is_set():
                return
            self._alone(True)
            if self._has_told or not is_absent or self._is_far or barred:
                self.tell(_UNLINKED()(sentence, is_absent=is_absent, barred=barred))
            failures = 0 if was_there else failures + 1
            self._stopping.wait(self._pause_s(failures))

    def _pause_s(self, failures: int) -> float:
        return min(_LONGEST_AGAIN_S, _FAR_AGAIN_S * 2 ** min(failures, 8)) if self._is_far else _AGAIN_S

    def _listen(self, client: "Client") -> None:
        """Take its samples until it ends; between them, ask for the rest."""
        questions = self._questions = self._questions or _QUESTIONS()(self.tell, self._looked_at)
        questions.begin()
        waiting = self._wait_for_events(client)
        for sample in client.samples():
            if self._stopping.is_set():
                return
            self._put(sample)
            if self._is_stale or monotonic() - self._asked_at >= _STATUS_EVERY_S:
                self._ask(client)
            questions.ask(client)
            if not waiting.is_alive() and monotonic() - self._waits_since >= _STATUS_EVERY_S:
                waiting = self._wait_for_events(client)

    def _ask(self, client: "Client") -> None:
        self._asked_at, self._is_stale = monotonic(), False
        status = client.status()
        self.tell(_LINKED()(status, client.skew))
        self._has_told = True

    def _wait_for_events(self, client: "Client") -> threading.Thread:
        self._waits_since = monotonic()
        thread = threading.Thread(target=self._hear, args=(client,), name="agent events", daemon=True)
        thread.start()
        return thread

    def _hear(self, client: "Client") -> None:
        """What happened in the last week, and from then on what happens, each with how it is then."""
        from netmind_tui.model.control import EventQuery  # noqa: PLC0415 - only where an agent answers

        with suppress(Problem):  # the other thread says what became of the agent
            kept: deque[Event] = deque(maxlen=KEPT_EVENTS)
            last = 0
            query = EventQuery(since=datetime.now(UTC) - timedelta(days=7))
            while page := client.events(query).events:
                kept.extend(page)
                last = page[-1].id
                query = EventQuery(after=last)
            self.tell(_HAPPENED()(tuple(kept), is_all=True))
            for event in client.follow(EventQuery(after=last) if last else EventQuery()):
                if self._stopping.is_set():
                    return
                self.tell(_HAPPENED()((event,)))
                if self._questions is not None:
                    self._questions.expire()
                self._is_stale = True
                if monotonic() - self._asked_at >= _STATUS_APART_S:
                    self._ask(client)
