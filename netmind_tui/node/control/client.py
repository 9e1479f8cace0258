"""An agent from outside: one method for each route, over a Unix socket, with nothing but the standard library.

Light on purpose: every ``netmind status`` and the interface load it, and neither loads the server.
"""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

from netmind_tui import __version__
from netmind_tui.document import convert, decode, encode, plain
from netmind_tui.model.agent import API, Events, OverrideRequest, Status, Why
from netmind_tui.model.control import (
    Answer,
    EventQuery,
    Greeting,
    HistoryQuery,
    IntervalQuery,
    Lease,
    LeaseRequest,
    PeriodQuery,
    Refusal,
    Rollup,
)
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.event import Event
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Intervals
from netmind_tui.model.period import PeriodName
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import Sample
from netmind_tui.model.timeline import Timeline
from netmind_tui.model.workload import WorkloadLog, WorkloadsStatus
from netmind_tui.model.worth import Prices
from netmind_tui.node.control.line import Connection

T = TypeVar("T")
_MOST_BYTES = 64 << 20
_LONGEST_LINE = 4 << 20
_LONGER = 3
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")
_USAGE = (400, 404, 405, 411, 413, 415)
_HEARTBEAT, _REFUSAL = "netmind.heartbeat/1", "netmind.refusal/1"


class NoAgent(Problem):
    """Nobody answers there.

    ``is_absent``: there is no socket at all, or that of an agent that has ended. ``barred``: why none may run there.
    """

    def __init__(self, sentence: str, *, is_absent: bool, barred: str = "") -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)
        self.is_absent = is_absent
        self.barred = barred


class Denied(Problem):
    """The agent answers, and this user may not."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ExitCode.USAGE)


class Client:
    """An agent at a socket. Every call is a connection of its own, so that threads may share one client.

    Every method raises ``NoAgent`` where nobody answers, ``Denied`` where this user may not, and ``Problem`` with the
    agent's own sentence for everything else.
    """

    def __init__(self, path: Path, *, via: str = "cli", timeout_s: float = 10.0, place: str = "") -> None:
        """Make one; nothing is asked yet.

        Args:
            path: The socket.
            via: From where its user speaks, as the journal will say: ``cli``, ``tui``, ``ssh from …``.
            timeout_s: How long an answer or a stream may be silent; all of an answer may take three times as long.
            place: The node in words, for sentences: a host's name; nothing for this machine.
        """
        self.path = path
        self.version: str | None = None
        self.api: int | None = None
        self._via, self._timeout_s, self._place = via, timeout_s, place

    @property
    def skew(self) -> str | None:
        """What follows from another version of the interface, in a sentence; ``None`` where it is ours, or unknown."""
        if self.api is None or self.api == API:
            return None
        theirs = self.version or "unknown"
        if self.api > API:
            first = f"this netmind ({__version__}) is older than the agent ({theirs})"
            return f"{first}: reading works, changing needs netmind {theirs} here"
        first = f"the agent ({theirs}) is older than this netmind ({__version__})"
        return f"{first}: reading works, changing needs the agent to be started again with {__version__}"

    def greet(self) -> Greeting:
        """Who answers."""
        return self._get("/v1", Greeting)

    def status(self) -> Status:
        """How the node is now."""
        return self._get("/v1/status", Status)

    def why(self, device: str | None = None, at: datetime | None = None) -> Why:
        """Why a device, or the node, does what it does, did or will do."""
        return self._get("/v1/why", Why, device=device, at=at)

    def override(self, request: OverrideRequest) -> Status:
        """Pause, finish, stop, contribute or resume; how it is then."""
        return self._change("POST", "/v1/override", encode(request), Status)

    def policy(self) -> PolicyDocument:
        """The terms in force."""
        return self._get("/v1/policy", PolicyDocument)

    def set_policy(self, text: str, *, instead_of: str | None = None) -> PolicyDocument:
        """Put other terms in force; ``instead_of`` is the ``sha256`` of those that are replaced, and no others."""
        return self._change(
            "PUT", "/v1/policy", text.encode(), PolicyDocument, {"If-Match": f'"{instead_of}"'} if instead_of else None
        )

    def answer(self, question: str, answer: str) -> Status:
        """Answer a question of the status."""
        return self._change("POST", "/v1/answers", encode(Answer(question=question, answer=answer)), Status)

    def events(self, query: EventQuery | None = None) -> Events:
        """What happened."""
        return self._get("/v1/events", Events, **_asked(query or EventQuery()))

    def follow(self, query: EventQuery | None = None) -> Iterator[Event]:
        """What happens, until it is closed or the agent ends; first what happened since, where the query says so."""
        return self._lines("GET", "/v1/events/stream" + _query(_asked(query or EventQuery())), Event)

    def history(self, query: HistoryQuery) -> Rollup:
        """How the devices were."""
        return self._get(
            "/v1/history",
            Rollup,
            start=query.start,
            end=query.end,
            device=query.devices,
            metric=query.metrics,
            step_s=query.step_s,
        )

    def workloads(self) -> WorkloadsStatus:
        """What is defined to run, and how it stands."""
        return self._get("/v1/workloads", WorkloadsStatus)

    def start_workload(self, name: str) -> WorkloadsStatus:
        """Let a workload run wherever it may; how all stand then."""
        return self._change("POST", f"/v1/workloads/{quote(name, safe='')}/start", b"", WorkloadsStatus)

    def stop_workload(self, name: str) -> WorkloadsStatus:
        """Stop a workload until it is started again; how all stand then."""
        return self._change("POST", f"/v1/workloads/{quote(name, safe='')}/stop", b"", WorkloadsStatus)

    def workload_log(self, name: str, key: str | None = None, lines: int = 100) -> WorkloadLog:
        """The last lines that one of its instances wrote; of the one that runs, or ran last, unless ``key`` says."""
        return self._get(f"/v1/workloads/{quote(name, safe='')}/log", WorkloadLog, key=key, lines=lines)

    def intervals(self, query: IntervalQuery | None = None) -> Intervals:
        """What was worked."""
        return self._get("/v1/intervals", Intervals, **_asked(query or IntervalQuery()))

    def earnings(self, query: PeriodQuery | None = None) -> Earnings:
        """What a period came to, by the ledger."""
        return self._get("/v1/earnings", Earnings, **_period(query or PeriodQuery()))

    def energy(self, query: PeriodQuery | None = None) -> Energy:
        """The energy of a period."""
        return self._get("/v1/energy", Energy, **_period(query or PeriodQuery()))

    def prices(self, start: datetime | None = None, end: datetime | None = None) -> Prices:
        """What power costs, slot by slot: from now on as far as that is known, unless said otherwise."""
        return self._get("/v1/prices", Prices, start=start, end=end)

    def timeline(self, start: datetime, end: datetime) -> Timeline:
        """How it was, is and will be."""
        return self._get("/v1/timeline", Timeline, start=start, end=end)

    def samples(self) -> Iterator[Sample]:
        """Each sample from now on, until it is closed or the agent ends."""
        return self._lines("GET", "/v1/samples/stream", Sample)

    @contextmanager
    def lease(self, devices: Sequence[str] = ()) -> Iterator[Lease]:
        """Devices for a measurement: what works on them is drained first, however long that takes."""
        body = encode(LeaseRequest(devices=tuple(devices)))
        self._must_match()
        lines = self._lines("POST", "/v1/lease", Lease, body)
        try:
            for lease in lines:
                if lease.state == "held":
                    yield lease
                    return
            raise NoAgent(f"the agent{self._of} ended before it gave the devices", is_absent=False)
        finally:
            lines.close()  # type: ignore[attr-defined] # it is a generator

    @property
    def _of(self) -> str:
        return f" of {self._place}" if self._place else ""

    def _get(self, path: str, kind: type[T], /, **query: object) -> T:
        with self._asking("GET", path + _query(query), None) as response:
            return self._read(response, kind)

    def _change(self, method: str, path: str, body: bytes, kind: type[T], more: Mapping[str, str] | None = None) -> T:
        self._must_match()
        with self._asking(method, path, body, more) as response:
            return self._read(response, kind)

    def _must_match(self) -> None:
        """Change nothing through an interface of another version.

        Raises:
            Problem: it is one.
        """
        if self.api is None:
            self.greet()
        if self.skew is not None:
            raise Problem(self.skew, ExitCode.UNMEASURED)

    def _read(self, response: HTTPResponse, kind: type[T]) -> T:
        data = response.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Problem(f"the agent's answer{self._of} is larger than {_MOST_BYTES >> 20} MiB", ExitCode.UNMEASURED)
        try:
            return decode(data, kind, f"the agent's answer{self._of}")
        except Problem as problem:
            raise Problem(self.skew or _one_line(problem.sentence), ExitCode.UNMEASURED) from problem

    def _lines(self, method: str, path: str, kind: type[T], body: bytes | None = None) -> Iterator[T]:
        """The values of a stream, heartbeats left out."""
        with self._asking(method, path, body, is_stream=True) as response:
            while line := response.readline(_LONGEST_LINE):
                found = decode(line, dict, f"the agent's stream{self._of}")
                if found.get("schema") == _HEARTBEAT:
                    continue
                if found.get("schema") == _REFUSAL:
                    raise Problem(_one_line(convert(found, Refusal).sentence), ExitCode.UNMEASURED)
                yield convert(found, kind)

    @contextmanager
    def _asking(
        self,
        method: str,
        path: str,
        body: bytes | None,
        more: Mapping[str, str] | None = None,
        *,
        is_stream: bool = False,
    ) -> Iterator[HTTPResponse]:
        """One request, whose answer was a good one; that of a stream has begun, and goes on as long as it likes."""
        connection = Connection(self.path, self._timeout_s)
        told = {"NetMind-Via": self._via.encode("ascii", "replace").decode(), "NetMind-Api": str(API), **(more or {})}
        try:
            try:
                connection.request(method, path, body=body, headers=told)
                response = connection.getresponse()
            except OSError as error:
                raise self._unreachable(error) from error
            version = response.getheader("NetMind-Version", "")
            self.version = version if _VERSION.fullmatch(version) else None
            api = response.getheader("NetMind-Api", "")
            if not (api.isascii() and api.isdigit() and len(api) < 5):  # noqa: PLR2004 - no version has so many digits
                raise NoAgent(f"{self.path}: something else than an agent answers there", is_absent=False)
            self.api = int(api)
            if response.status != 200:  # noqa: PLR2004 - HTTP's word for done
                raise self._refused(response)
            if is_stream:
                connection.let_go_on()
            try:
                yield response
            except OSError as error:
                raise self._unreachable(error) from error
        except HTTPException as error:
            sentence = _one_line(f"the agent{self._of} broke off: {str(error) or type(error).__name__}")
            raise NoAgent(sentence, is_absent=False) from error
        finally:
            connection.close()

    def _refused(self, response: HTTPResponse) -> Problem:
        sentence = f"the agent{self._of} answered {response.status}"
        with suppress(Problem):
            sentence = _one_line(decode(response.read(_LONGEST_LINE), Refusal).sentence)
        if response.status == 403:  # noqa: PLR2004 - HTTP's word for not allowed
            return Denied(f"{self._place}: {sentence}" if self._place else sentence)
        if self.skew is not None and response.status in (404, 405):
            sentence = self.skew
        code = ExitCode.USAGE if response.status in _USAGE else ExitCode.UNMEASURED
        if response.status == 404:  # noqa: PLR2004 - what was named is not there
            code = ExitCode.UNMEASURED
        return Problem(f"{self._place}: {sentence}" if self._place else sentence, code)

    def _unreachable(self, error: OSError) -> NoAgent:
        """Why nobody answers, in one sentence."""
        where = f"{self._place}: " if self._place else ""
        if isinstance(error, TimeoutError):
            return NoAgent(f"{where}the agent does not answer within {self._timeout_s:.0f} s", is_absent=False)
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            return NoAgent(f"{where}the agent hung up: it ends, or too many ask it", is_absent=False)
        return why_unreachable(self.path, error, where)


def why_unreachable(path: Path, error: OSError, where: str = "") -> NoAgent:
    """Why a socket cannot be asked, in one sentence."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return NoAgent(f"{where}no agent runs: there is no socket {path}", is_absent=True)
    except PermissionError:
        return NoAgent(f"{where}{path.parent} is closed to you: members of the group netmind may ask", is_absent=False)
    except OSError as trouble:
        return NoAgent(f"{where}{path}: {(trouble.strerror or str(trouble)).lower()}", is_absent=False)
    from netmind_tui.node.control.place import kind_of, user_name  # noqa: PLC0415 - only where something is wrong

    if not stat.S_ISSOCK(found.st_mode):
        return NoAgent(f"{where}{path} is {kind_of(found.st_mode)}, and no socket of an agent", is_absent=False)
    if isinstance(error, ConnectionRefusedError):
        return NoAgent(f"{where}no agent runs: {path} is what one that has ended left", is_absent=True)
    if isinstance(error, PermissionError):
        sentence = f"{where}{path} is {user_name(found.st_uid)}'s: only they and members of the group netmind may ask"
        return NoAgent(sentence, is_absent=False)
    return NoAgent(f"{where}{path}: {(error.strerror or str(error)).lower()}", is_absent=False)


def _one_line(sentence: str) -> str:
    """What the other side says, fit for a line of a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(sentence.split()))


def _asked(query: EventQuery | IntervalQuery) -> dict[str, object]:
    """A query as parameters, without what is as always."""
    usual = plain(type(query)())
    given = {name: value for name, value in plain(query).items() if value != usual[name]}
    one = {"devices": "device", "kinds": "kind", "workloads": "workload"}
    return {one.get(name, name): value for name, value in given.items()}


def _period(query: PeriodQuery) -> dict[str, object]:
    """A period as parameters: by its name, or from a moment to another."""
    named = None if query.period is PeriodName.BETWEEN else query.period.value
    return {"period": named, "start": query.start, "end": query.end, "by": query.by}


def _query(values: Mapping[str, object]) -> str:
    pairs = [
        (name, each.isoformat() if isinstance(each, datetime) else str(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list | tuple) else [value])
        if each is not None
    ]
    return "?" + urlencode(pairs) if pairs else ""
