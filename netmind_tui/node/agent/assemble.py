"""An agent put together for this machine: its files, its probes, its rules, its socket."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from netmind_tui import __version__
from netmind_tui.certify.bar import check_may_write
from netmind_tui.config import Config, config_path, read_config
from netmind_tui.model.decide import decide
from netmind_tui.model.device import DeviceUser
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import Sample
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.answer import Answers, Identity
from netmind_tui.node.agent.clock import SystemClock, stamp
from netmind_tui.node.agent.history import JournalPast
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.agent.lookout import Lookout
from netmind_tui.node.agent.memory import Keeper
from netmind_tui.node.agent.news import News
from netmind_tui.node.agent.notify import Notifier
from netmind_tui.node.agent.policy_source import put_terms, read_terms
from netmind_tui.node.agent.renewal import Renewing, start_child
from netmind_tui.node.agent.runner import Runner
from netmind_tui.node.agent.stream import Stream
from netmind_tui.node.control.role import Access
from netmind_tui.node.control.server import serve, serve_metrics
from netmind_tui.node.exposition import write_metrics
from netmind_tui.node.hook import Hooks, programs_of
from netmind_tui.node.journal.opening import opened
from netmind_tui.node.journal.rollup import Rollups
from netmind_tui.node.meter.opening import NAME as METER
from netmind_tui.node.meter.opening import opened as meter_opened
from netmind_tui.node.money.here import accounting_of_this_machine, quotes_of_this_machine
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.statement import Statements
from netmind_tui.node.policy.terms import Terms
from netmind_tui.node.sense.sources import Sources, of_this_machine
from netmind_tui.node.sense.watch import Watch
from netmind_tui.node.work.care import Care
from netmind_tui.node.work.here import crew_of_this_machine
from netmind_tui.paths import agent_dir, certificates_dir, identity_dir, policy_path, socket_path
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler, cpu_device, read_host
from netmind_tui.probe.machine_id import read_machine_id

_log = logging.getLogger(__name__)

METRICS_S = 15.0
LEAVE_S = 5.0
_LOOKS = "look"
_FOLLOWED_EVENTS, _FOLLOWED_SAMPLES = 1000, 2
_JOURNAL, _COPY = "journal.db", "policy.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What whoever started the agent is told."""

    ready: Callable[[str], None]


def run_agent(said: Said) -> ExitCode:
    """Be this machine's agent until a signal ends it.

    Raises:
        Problem: another agent has the folder or the socket, one of them cannot be used, or the node is not at home on
            this machine.
    """
    # Until it can do so, it need not read the policy again; whoever asks must not end it.
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)
    folder = agent_dir()
    with only_one(folder, since=stamp(datetime.now(UTC))):
        check_may_write(identity_dir())  # under the lock: nobody retires or restores the node from here on
        code = asyncio.run(_run(folder, said))
        _leave_behind(code)
        return code


def _leave_behind(code: ExitCode) -> None:
    """Do not wait for ever for a look that never ends: the interpreter would."""
    looking = [each for each in threading.enumerate() if each.name.startswith(_LOOKS)]
    for each in looking:
        each.join(LEAVE_S)
    if any(each.is_alive() for each in looking):
        _log.warning("a look at the machine did not end within %g s and is left behind", LEAVE_S)
        os._exit(code)


async def _run(folder: Path, said: Said) -> ExitCode:
    with _runner(folder, read_config(), said) as runner:
        return await runner.run()


@contextmanager
def _runner(folder: Path, config: Config, said: Said) -> Iterator[Runner]:
    """Everything, closed in the order that it needs."""
    loop = asyncio.get_running_loop()
    events: Stream[Event] = Stream(_FOLLOWED_EVENTS)
    samples: Stream[Sample] = Stream(_FOLLOWED_SAMPLES)
    with ExitStack() as stack:
        looks = ThreadPoolExecutor(1, _LOOKS)
        stack.callback(looks.shutdown, wait=False, cancel_futures=True)
        loop.set_default_executor(ThreadPoolExecutor(2, "read"))
        keeper = stack.enter_context(closing(Keeper(folder)))
        takers: list[Callable[[Event], None]] = [events.put]

        def take(event: Event) -> None:
            for each in takers:
                each(event)

        def own(event: Event) -> None:  # the journal's own events come from the thread that writes
            loop.call_soon_threadsafe(take, event)

        there = stack.enter_context(opened(folder / _JOURNAL, own))
        journal = there.journal
        rollups = stack.enter_context(closing(Rollups(journal)))
        metered = stack.enter_context(meter_opened(folder / METER))
        # It ends before the files do: what it was given is written.
        writes = stack.enter_context(ThreadPoolExecutor(1, "write"))
        clock = SystemClock()
        news = News(clock, journal, take, lambda call: loop.run_in_executor(writes, call))
        _pass_on(there.told, news)
        _pass_on(metered.told, news)
        hooks = Hooks(programs_of(config.hooks, config_path()), news.tell)
        takers.append(hooks.take)
        gpus = stack.enter_context(GpuProbe()) if GpuProbe.library_found() else None
        crew = crew_of_this_machine(
            folder, config, clock=clock, news=news, keeper=keeper, metered=metered.store, gpus=gpus
        )
        quotes = quotes_of_this_machine(news, crew.care.meter)
        agent = Agent(
            clock=clock,
            decide=decide,
            zone=zone_of,
            terms=Terms(policy_path(), read_terms, folder / _COPY),
            keeper=keeper,
            news=news,
            crew=crew,
            aliases=config.alias,
            prices=quotes.prices,
        )
        renewing = _renewing(agent, config)
        accounting = accounting_of_this_machine(
            agent, quotes, news, metered.store, renewing.capacity, renewing.has_read
        )
        stack.callback(accounting.close)
        past = JournalPast(journal, rollups)
        statements = Statements(accounting)
        answers = Answers(agent, _identity(folder), past, put_terms, events, samples, metered.store, statements)

        def sampled(sample: Sample) -> None:
            samples.put(sample)
            if rollups.add(sample):
                loop.run_in_executor(writes, rollups.write)

        async def described() -> None:
            accounting.see()
            await renewing.compare()

        chores: list[Callable[[], Coroutine[None, None, None]]] = [renewing.keep_on, accounting.keep_on]
        if config.metrics_file is not None:
            chores.append(partial(_write_metrics, answers, Path(config.metrics_file)))
        sources = stack.enter_context(closing(_sources(gpus, folder, config, crew.care, quotes)))
        watch = Watch((), sources, known=keeper.memory.sources)
        yield Runner(
            agent=agent,
            lookout=Lookout(HostSampler(), cpu_device(read_host()), gpus, watch),
            thread=looks,
            notifier=Notifier(os.environ),
            version=__version__,
            listen=partial(_listen, answers, config),
            sampled=sampled,
            rests=lambda: agent.is_resting and not samples.is_followed,
            described=described,
            rereads=accounting.reread,
            chores=tuple(chores),
            lasts=(accounting.finish, hooks.idle, hooks.close),
            ready=lambda: said.ready(str(socket_path())),
        )


async def _listen(answers: Answers, config: Config) -> Callable[[], Awaitable[None]]:
    """Answer at the socket, and to a monitor where there is to be one; what ends that."""
    server = await serve(answers, socket_path(), Access.of(config))
    if config.metrics is None:
        return server.close
    host, _, port = config.metrics.rpartition(":")
    metrics = await serve_metrics(answers, host.strip("[]"), int(port))

    async def close() -> None:
        await metrics.close()
        await server.close()

    return close


def _pass_on(told: str | None, news: News) -> None:
    """Tell what was in a file's way."""
    if told is not None:
        _log.warning("%s", told)
        news.tell(EventKind.JOURNAL_DEGRADED, told, data={"state": "began anew"})


def _sources(gpus: GpuProbe | None, folder: Path, config: Config, care: Care, quotes: Quotes) -> Sources:
    def users(uuid: str) -> Reading[tuple[DeviceUser, ...]]:
        return gpus.users(uuid) if gpus is not None else Reading(absence=Absence.NOT_SUPPORTED)

    found = of_this_machine(
        users,
        None,
        folder,
        asks_windows=config.asks_windows,
        own_pids=lambda: care.own_pids,
        held=care.own_memory,
    )
    return replace(found, price=quotes, profit=quotes, energy=quotes)


async def _write_metrics(answers: Answers, path: Path) -> None:
    """Keep the file for a monitor, until this is cancelled."""
    complaint = ""
    while True:
        status = await answers.status()
        try:
            await asyncio.to_thread(write_metrics, path, status)
            complaint = ""
        except Problem as problem:
            if problem.sentence != complaint:
                _log.warning("%s", problem.sentence)
            complaint = problem.sentence
        await asyncio.sleep(METRICS_S)


def _renewing(agent: Agent, config: Config) -> Renewing:
    boundaries = read_host().boundaries
    before = timedelta(seconds=config.renew_before_s)
    return Renewing(agent, certificates_dir(), before, boundaries, read_machine_id(boundaries), start_child)


def _identity(folder: Path) -> Identity:
    return Identity(
        version=__version__,
        node=socket.gethostname(),
        unit=started_by(),
        state_folder=str(folder),
        socket=str(socket_path()),
    )


@lru_cache(8)
def zone_of(name: str) -> ZoneInfo:
    """A zone by its name, which the policy's reader has checked."""
    return ZoneInfo(name)


def started_by() -> str:
    """How this process was started: by a user's service manager, by the system's, or by hand."""
    if "INVOCATION_ID" not in os.environ or os.environ.get("SYSTEMD_EXEC_PID") != str(os.getpid()):
        return "hand"
    try:
        group = Path("/proc/self/cgroup").read_text()
    except OSError:
        return "system"
    return "user" if "/user@" in group else "system"
