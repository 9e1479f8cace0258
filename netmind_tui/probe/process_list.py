"""The processes of this machine, followed by what is new in /proc: no look reads all of them again."""

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.probe.kernelfile import integer

_ROOT = Path("/")
_COMM_LENGTH = 15
"""The kernel keeps no more of a name than this."""
_YOUNG_LOOKS = 2
"""A process that was just forked has its parent's name until it runs its own program."""
_TURNS = 32
"""After so many looks each process has been read again: it may have taken another name, or be another one."""
_KEEN_TURNS = 2
"""After so many looks each program's name has been read again, where somebody waits for one to come up."""
_INTERPRETER = re.compile(r"(?:python|pypy|perl|ruby|node|lua|php|bash|dash|sh|zsh|ksh|fish|mono|wine|wine64)[0-9.]*")
_KERNEL = frozenset({0, 2})
"""The parents of what the kernel itself runs, which never becomes a program."""
_PARENT, _GROUP, _SESSION = 1, 2, 3  # in /proc/PID/stat, after the name
_TIMES = slice(11, 15)  # its own user and system time, then those of the children that it has buried
_INITIAL_NAMESPACE = "pid:[4026531836]"
"""The inode that the kernel gives to the first PID namespace (PROC_PID_INIT_INO)."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it was last read.

    ``names`` are its own, the file's it was started by, and the script's that this one runs, in lower case.
    """

    pid: int
    name: str
    names: frozenset[str]
    parent: int
    group: int
    session: int

    def is_called(self, words: Collection[str]) -> bool:
        """Whether one of these names is its own: lower case, as ``known_as`` makes them."""
        return not self.names.isdisjoint(words)


class ProcessList:
    """Follows the processes below ``root``; ``look`` first, then ask. ``own_pid`` is this process.

    ``blind`` says in a clause why not every process of the machine can be seen, while that is so; ``is_contained``,
    that numbers of processes are not those of the machine.
    """

    def __init__(self, root: Path = _ROOT, own_pid: int | None = None) -> None:
        self._proc = root / "proc"
        self._own_pid = os.getpid() if own_pid is None else own_pid
        self._names: set[str] = set()
        self._known: dict[int, Process] = {}
        self._young: dict[int, int] = {}
        self._turn = 0
        self._roots: frozenset[int] = frozenset()
        self._own: frozenset[int] = frozenset()
        self.blind: str | None = None
        self.is_contained = _is_contained(self._proc)

    def look(self, roots: Iterable[int] = (), *, keenly: bool = False) -> None:
        """Read what is new, and a few of the others. ``roots`` are our own besides this process and its children.

        ``keenly``: a process that turns into another program is seen at the second look after.
        """
        try:
            names = set(filter(str.isdecimal, os.listdir(self._proc)))  # noqa: PTH208 - a tenth of the time
        except OSError:
            self._names, self._known, self._own, self.blind = set(), {}, frozenset(), "/proc cannot be read"
            return
        gone = {int(name) for name in self._names - names}
        born = {int(name) for name in names - self._names}
        self._names = names
        for pid in gone:
            self._known.pop(pid, None)
            self._young.pop(pid, None)
        self._turn = (self._turn + 1) % _TURNS
        again = {pid for pid in self._known if pid % _TURNS == self._turn}
        if keenly:
            again |= self._renamed(self._turn % _KEEN_TURNS)
        changed = [self._read(pid) for pid in sorted(born | again | self._young.keys())]
        self._young = {pid: left - 1 for pid, left in self._young.items() if left > 1}
        self._young |= dict.fromkeys(born & self._known.keys(), _YOUNG_LOOKS)
        wanted = frozenset({self._own_pid, *roots})
        if gone or any(changed) or wanted != self._roots:
            self._roots = wanted
            self._own = self._ours(wanted)
        self.blind = self._blindness()

    def own(self) -> frozenset[int]:
        """This process, the roots, all that descend from them, and all in a group or session that one of them leads."""
        return self._own

    def running(self, programs: Iterable[str]) -> tuple[Process, ...]:
        """The processes with one of these names, our own left out."""
        words = known_as(programs)
        return tuple(each for pid, each in self._known.items() if each.is_called(words) and pid not in self._own)

    def find(self, pid: int) -> Process | None:
        """A process by its number, if it is to be seen."""
        return self._known.get(pid)

    def own_ticks(self) -> int | None:
        """The processor time of our own so far, that of their buried children included; only differences mean much."""
        ticks = [_ticks(self._proc / str(pid)) for pid in self._own]
        return sum(each or 0 for each in ticks) if any(each is not None for each in ticks) else None

    def _renamed(self, turn: int) -> set[int]:
        """Those of this turn that have another name than before, by the cheapest question there is."""
        mine = [each for each in self._known.values() if each.pid % _KEEN_TURNS == turn and each.parent not in _KERNEL]
        return {
            each.pid
            for each in mine
            if _bytes(f"{self._proc}/{each.pid}/comm").decode(errors="replace").rstrip("\n") != each.name
        }

    def _read(self, pid: int) -> bool:
        """Read one process anew; whether what is known of it has changed."""
        before, now = self._known.get(pid), _process(self._proc, pid)
        if now is None:
            self._known.pop(pid, None)
        else:
            self._known[pid] = now
        return before != now

    def _ours(self, roots: frozenset[int]) -> frozenset[int]:
        own = set(roots)
        rest = [self._known[pid] for pid in sorted(self._known) if pid not in own]
        while found := {each.pid for each in rest if own & {each.parent, each.group, each.session}}:
            own |= found
            rest = [each for each in rest if each.pid not in found]
        return frozenset(own & (self._known.keys() | roots))

    def _blindness(self) -> str | None:
        if self.is_contained:
            return "only the processes of this container are to be seen"
        return None if 1 in self._known else "/proc hides the processes of other users"


def known_as(programs: Iterable[str]) -> frozenset[str]:
    """Names as the kernel shows them, whole and cut, in lower case; of a path its last part."""
    lower = [_base(name.lower()) for name in programs]
    return frozenset({*lower, *(name[:_COMM_LENGTH] for name in lower)})


def _base(path: str) -> str:
    # Windows programs under Wine are started by a path of Windows.
    return path.replace("\\", "/").rpartition("/")[2]


def _is_contained(proc: Path) -> bool:
    try:
        return (proc / "self/ns/pid").readlink().name != _INITIAL_NAMESPACE
    except OSError:
        return False


def _process(proc: Path, pid: int) -> Process | None:
    stat = _bytes(f"{proc}/{pid}/stat").decode(errors="replace")
    name, words = stat[stat.find("(") + 1 : stat.rfind(")")], stat[stat.rfind(")") + 1 :].split()
    numbers = [integer(word) for word in words[_PARENT : _SESSION + 1]]
    if len(numbers) != _SESSION or None in numbers:
        return None
    words_given = _bytes(f"{proc}/{pid}/cmdline").decode(errors="replace").split("\0")
    program = _base(words_given[0].lower())
    script = next((word for word in words_given[1:] if word and not word.startswith("-")), "")
    known = {name.lower(), program, _base(script.lower()) if _INTERPRETER.fullmatch(program) else ""}
    parent, group, session = (number or 0 for number in numbers)
    return Process(pid, name, frozenset(known - {""}), parent, group, session)


def _ticks(folder: Path) -> int | None:
    words = _bytes(f"{folder}/stat").decode(errors="replace").rpartition(")")[2].split()[_TIMES]
    ticks = [integer(word) for word in words]
    return sum(tick or 0 for tick in ticks) if ticks else None


def _bytes(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
