"""A process of its own beside each program that works here: it started it, and ends it with all that came of it.

Every descendant stays below it, whatever it forks, however it cuts itself loose: orphans fall to their keeper, and only
when the kernel knows of no child any more has the instance ended. If the agent goes, nobody guards: the keeper then
ends all within the grace and writes down when that was.

It speaks lines of JSON over a socket that it inherits, and sleeps while nothing happens. It loads nothing but the
built-in library's lightest parts, and nothing at all once it runs: the package may be replaced under it.
"""

import os
import resource
import select
import signal
import time

from netmind_tui.node.work import tree
from netmind_tui.node.work.errand import Errand
from netmind_tui.node.work.launch import Launched, launch
from netmind_tui.node.work.output import Log, Output, read_some
from netmind_tui.node.work.record import Record
from netmind_tui.node.work.talk import Order, Talk
from netmind_tui.node.work.ward import Ward, kill_below

_HEARD = {
    signal.SIGKILL,
    signal.SIGSTOP,
    signal.SIGCHLD,
    signal.SIGCONT,
    signal.SIGTERM,
    # A fault of its own.
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
    signal.SIGSYS,
    signal.SIGTRAP,
}
_STILL_S = 5.0
"""Within this everything must stand."""
_STEP_S = 0.01
_LONGEST_STEP_S = 1.0
_ERRAND_S = 30.0
_LAST_CHARACTERS = 2000
_LAST_LINES = 20
_LINE = 200


class Keeper:
    """All that it knows. ``talk`` is the socket's descriptor."""

    def __init__(self, talk: int) -> None:
        self._poll = select.poll()
        acts = {
            "start": self._start,
            "stop": self._stop,
            "kill": self._kill,
            "suspend": self._suspend,
            "resume": self._resume,
            "errand": self._go,
            "cpus": self._hold_to,
            "answer": self._hear_out,
        }
        self._talk = Talk(talk, self._poll, acts, self._lose_agent)
        self._ward = Ward()
        self._output: Output | None = None
        self._record: Record | None = None
        self._order = Order({})
        self._launched: Launched | None = None
        self._main = 0
        self._in_group = False
        self._failure: tuple[str, int] | None = None
        self._code: int | None = None
        self._signal: int | None = None
        self._has_failed = False
        self._had_to_kill = False
        self._why: str | None = None
        self._began_s = 0.0
        self._stops: tuple[object, float] | None = None
        self._errands: list[Errand] = []
        self._deadline_s: float | None = None
        self._kills_s: float | None = None
        self._step_s = _STEP_S
        self._terms = 0
        self._is_done = False

    def run(self) -> None:
        """From the first word to the last."""
        woken, wakes = os.pipe()
        for end in (woken, wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._hear_signal)
        # Whatever else a terminal sends, or a program to its parent, is not meant for this one.
        for number in signal.valid_signals() - _HEARD:
            signal.signal(number, signal.SIG_IGN)
        self._poll.register(woken, select.POLLIN)
        while not self._is_done:
            wait_s = self._wait_s()
            ready = dict(self._poll.poll(None if wait_s is None else max(0.0, wait_s) * 1000))
            if woken in ready:
                while read_some(woken):
                    pass
            while self._terms:
                self._terms -= 1
                self._hurry()
            if self._talk.descriptor in ready:
                self._talk.hear(ready[self._talk.descriptor])
            output = self._output
            if output is not None and (output.outlet in ready or (output.due_s or _now() + 1) <= _now()):
                output.pump(_now())
            self._reap()
            self._step()

    def abandon(self, fault: str) -> None:
        """The keeper itself has failed: kill all, write down why."""
        self._why = f"its keeper failed: {fault}"
        self._had_to_kill, self._deadline_s = True, _now()
        signal.set_wakeup_fd(-1)
        while self._main and not self._is_done:
            self._ward.kill()
            self._reap()
            time.sleep(_STEP_S)

    # What the agent says.

    def _start(self, order: Order) -> None:
        if self._main:
            self._talk.answer(order.id, error="it was started already")
            return
        self._order = order
        folder = order.text("logs_folder")
        log = Log(folder, int(order.number("log_bytes")), int(order.number("logs")), _now())
        self._output = Output(log, self._poll)
        self._began_s = _now()
        me = tree.read(os.getpid())
        facts: dict[str, object] = {
            "version": 1,
            **{name: order.text(name) for name in ("number", "key", "workload", "boot")},
            "devices": order.get("devices"),
            "grace_s": order.number("grace_s"),
            "keeper": [os.getpid(), me.start if me else 0],
            "began_at": time.time(),
            "began_boottime_s": time.clock_gettime(time.CLOCK_BOOTTIME),
        }
        self._record = Record(folder, facts)
        launched = self._launch(order.words("command"))
        child = tree.read(launched.pid)
        group = order.get("group")
        self._in_group = isinstance(group, str) and self._ward.join(group, launched.pid)
        # Whoever comes after us finds it by this, whatever happens from here on.
        self._record.tell(child=[launched.pid, child.start if child else 0], group=group if self._in_group else None)
        self._main, self._launched = launched.pid, launched
        launched.go()

    def _launch(self, command: "list[str]") -> Launched:
        assert self._output is not None  # noqa: S101 - made by ``_start``
        bounds = self._order.get("bounds")
        launched = launch(
            command,
            {str(name): str(value) for name, value in self._order.table("environment").items()},
            self._order.text("folder"),
            self._output.inlet,
            bounds if isinstance(bounds, dict) else {},
        )
        self._poll.register(launched.complaint, select.POLLIN)
        return launched

    def _stop(self, order: Order) -> None:
        """The end itself is the answer."""
        grace_s = order.number("grace_s")
        if order.get("command") is None or self._deadline_s is not None or grace_s <= 0:
            self._end(grace_s)
            return
        self._ward.thaw()
        self._stops = None
        self._ends_by(_now() + grace_s)
        self._send_out(Errand(None, _now() + grace_s, is_stop=True), order)

    def _kill(self, _order: Order) -> None:
        self._is_done = self._main == 0
        self._end(0.0)

    def _suspend(self, order: Order) -> None:
        if self._deadline_s is not None or self._main == 0:
            self._talk.answer(order.id, error="it is ending")
            return
        if self._stops is not None:
            self._talk.answer(self._stops[0], error="it was asked for again")
        self._ward.freeze()
        self._stops = (order.id, _now() + _STILL_S)

    def _resume(self, order: Order) -> None:
        if self._stops is not None:
            self._talk.answer(self._stops[0], error="it was resumed meanwhile")
            self._stops = None
        self._ward.thaw()
        self._talk.answer(order.id)

    def _hold_to(self, order: Order) -> None:
        cpus = [int(each) for each in order.words("cpus")]
        bounds = self._order.get("bounds")
        self._order["bounds"] = (bounds if isinstance(bounds, dict) else {}) | {"cpus": cpus}
        self._ward.hold_to(cpus)
        self._talk.answer(order.id)

    def _go(self, order: Order) -> None:
        """Go on an errand: one of the owner's commands, beside the program."""
        if self._main == 0:
            self._talk.answer(order.id, error="nothing was started")
            return
        self._send_out(Errand(order.id, _now() + _ERRAND_S), order)

    def _send_out(self, errand: Errand, order: Order) -> None:
        try:
            errand.launched = self._launch(order.words("command"))
        except OSError as error:
            self._back(errand, error.errno or 127)
            return
        errand.pid = errand.launched.pid
        self._errands.append(errand)
        errand.launched.go()

    def _hear_out(self, order: Order) -> None:
        self._talk.answer(order.id)

    def _lose_agent(self) -> None:
        if self._main == 0:
            self._is_done = True
            return
        self._why = self._why or "the agent was gone"
        self._end(self._order.number("grace_s"))

    # What happens.

    def _hear_signal(self, *_: object) -> None:
        self._terms += 1

    def _hurry(self) -> None:
        """Somebody sent SIGTERM: end, and the second time at once."""
        if self._main == 0:
            self._is_done = True
            return
        self._why = self._why or "its keeper was told to end"
        self._end(self._order.number("grace_s") if self._deadline_s is None else 0.0)

    def _wait_s(self) -> float | None:
        """How long nothing needs to be done."""
        now_s = _now()
        dues = [each.due_s for each in self._errands]
        if self._output is not None and self._output.due_s is not None:
            dues.append(self._output.due_s)
        if self._stops is not None:
            dues.append(now_s + _STEP_S)
        if self._kills_s is not None:
            dues.append(self._kills_s)
        elif self._deadline_s is not None:
            dues.append(self._deadline_s)
        return min(dues) - now_s if dues else None

    def _step(self) -> None:
        """Whatever is due."""
        self._look_at_starts()
        now_s = _now()
        for errand in [each for each in self._errands if now_s >= each.due_s]:
            errand.due_s = now_s + _LONGEST_STEP_S
            if errand.number is not None:
                self._talk.answer(errand.number, error="it took too long")
                errand.number = None
            kill_below(errand.pid)
        if self._is_done or self._main == 0:
            return
        if self._stops is not None:
            self._go_on_stopping(*self._stops)
        if self._kills_s is None and self._deadline_s is not None and now_s >= self._deadline_s:
            self._kills_s, self._had_to_kill = now_s, True
        if self._kills_s is not None and now_s >= self._kills_s:
            self._ward.kill()
            self._kills_s = _now() + self._step_s
            self._step_s = min(_LONGEST_STEP_S, self._step_s * 1.5)

    def _go_on_stopping(self, asked: object, until_s: float) -> None:
        """Answer once nobody does anything any more, or it has taken too long."""
        moving = self._ward.moving({each.pid for each in self._errands})
        if moving == 0:
            self._stops = None
            self._talk.answer(asked)
        elif _now() >= until_s:
            self._stops = None
            self._talk.answer(asked, error=f"{moving} of its processes do not stand still")

    def _look_at_starts(self) -> None:
        if self._launched is not None and self._launched.is_decided:
            self._failure = self._learn(self._launched)
            self._launched = None
            self._talk.answer(self._order.id, failure=self._failure, pid=self._main, in_group=self._in_group)
        for errand in self._errands:
            if errand.launched is not None and errand.launched.is_decided:
                errand.failure = self._learn(errand.launched)
                errand.launched = None

    def _learn(self, launched: Launched) -> "tuple[str, int] | None":
        self._poll.unregister(launched.complaint)
        return launched.failure()

    def _reap(self) -> None:
        """Fetch who has ended; when nobody is left, it has ended."""
        while self._main and not self._is_done:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._finish()
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            if pid == self._main and self._code is None and self._signal is None:
                self._main_ended(code)
            for errand in [each for each in self._errands if each.pid == pid]:
                self._look_at_starts()
                self._errands.remove(errand)
                self._back(errand, code)

    def _main_ended(self, code: int) -> None:
        self._code, self._signal = (code, None) if code >= 0 else (None, -code)
        if code != 0 and self._deadline_s is None:
            # It failed; what it left behind is nobody's. After an orderly end others may go on in its place.
            self._has_failed = True
            self._end(self._order.number("grace_s"))

    def _back(self, errand: Errand, code: int) -> None:
        """An errand is over."""
        if errand.is_stop and (code != 0 or errand.failure is not None) and self._kills_s is None:
            self._ward.ask()
        if errand.number is not None:
            why = None if errand.failure is None else os.strerror(errand.failure[1]).lower()
            self._talk.answer(errand.number, code=code, error=why)

    def _end(self, grace_s: float) -> None:
        """Ask all to end, and kill what is left after the grace. A second time only makes it sooner."""
        due_s = _now() + max(0.0, grace_s)
        if self._deadline_s is not None:
            self._deadline_s = min(self._deadline_s, due_s)
            return
        self._ends_by(due_s)
        self._stops = None
        if grace_s > 0 and self._main:
            self._ward.ask()

    def _ends_by(self, due_s: float) -> None:
        """From now on it ends, until then at the latest; whoever comes after us is to know since when."""
        self._deadline_s = due_s
        if self._record is not None:
            self._record.tell(ending_boottime_s=time.clock_gettime(time.CLOCK_BOOTTIME))

    def _finish(self) -> None:
        """Nobody is left: say so, write it down, go."""
        at_s, boottime_s = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = used.ru_utime + used.ru_stime
        self._look_at_starts()
        if self._ward.group is not None:
            cpu_s = max(cpu_s, self._ward.group.cpu_s or 0.0)
            self._ward.group.remove()
        assert self._output is not None  # noqa: S101 - nothing starts without
        self._output.finish(_now())
        log = self._output.log
        facts: dict[str, object] = {
            "ended": self._how(),
            "why": self._why,
            "code": self._code,
            "signal": self._signal,
            "cpu_s": cpu_s,
            "lasted_s": _now() - self._began_s,
            "ended_at": at_s,
            "ended_boottime_s": boottime_s,
            "dropped_bytes": log.dropped_bytes,
            "last": _words(log.last),
        }
        if self._record is not None:
            self._record.tell(**facts)
        self._talk.last_word({"event": "ended", **facts})
        self._is_done = True

    def _how(self) -> str:
        if self._failure is not None:
            return "not-started"
        if self._has_failed:
            return "crashed"
        if self._had_to_kill:
            return "killed"
        return "stopped" if self._deadline_s is not None else "exited"


def _now() -> float:
    return time.monotonic()


def _words(data: bytes) -> str:
    """The last lines, as text without anything that would steer a terminal."""
    head, *coloured = data.decode(errors="replace").split("\x1b[")
    # What sets a colour is gone whole, or else the letters of the order would be left.
    plain = head + "".join(each.lstrip("0123456789:;?")[1:] for each in coloured)
    text = "".join(each if each.isprintable() or each == "\n" else " " for each in plain)
    lines = [line.rstrip()[:_LINE] for line in text.split("\n") if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])[-_LAST_CHARACTERS:]


def main(words: "list[str]") -> int:
    """Keep one instance; the first word is the number of the descriptor of the socket."""
    tree.prctl(tree.SUBREAPER, 1)
    tree.set_name("netmind-keeper")
    keeper = Keeper(int(words[0]))
    try:
        keeper.run()
    except BaseException as error:
        # Whatever went wrong with the keeper: nothing runs unguarded.
        keeper.abandon(f"{type(error).__name__}: {error}")
        raise
    return 0
