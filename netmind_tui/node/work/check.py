"""Whether workloads could run here: their programs, folders and devices, before an agent tries; nothing is started."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from netmind_tui.model.device import Device
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import ranges, select
from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work.owner import steps, why_not_ours
from netmind_tui.node.work.user import User

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HELPERS = ("suspend", "resume", "finish", "stop", "health")
_PLACES = ("uuid", "device", "index", "folder")
_HOLDER = re.compile(r"\{([a-z_]{1,20})\}")
_INTERPRETERS = re.compile(r"(?:ba|da|z|k|fi)?sh|python[0-9.]*|perl|ruby|node|lua[0-9.]*")
_SECRET = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(?:_|$)", re.IGNORECASE)
_DOCKER_SOCKET = Path("/var/run/docker.sock")
Ask = Callable[[Sequence[str]], str | None]
"""What a program of the system says; ``None`` where it is not there or does not answer."""


def check(
    workloads: Sequence[Workload],
    user: User,
    devices: Sequence[Device],
    *,
    aliases: Mapping[str, str] | None = None,
    ask: Ask,
    path: str = PATH,
    file: Path | None = None,
) -> tuple[Finding, ...]:
    """What is found of each workload, in their order: what keeps it from running, or that nothing does.

    ``file`` is where they stand, if it is to be said who may read that.
    """
    found: list[Finding] = []
    for each in workloads:
        made = [
            *_program(each, user, path),
            *_helpers(each, user, path),
            *_folder(each, user),
            *_container(each, user, path, ask),
            *_unit(each, user, ask),
            *_devices(each, devices, aliases),
            *_placeholders(each),
        ]
        found += made or [_finding(each, "ready", f"{_what(each, path)} can run as {user.name}", Status.PASS)]
    if file is not None:
        found += _secrets(workloads, file, user)
    if workloads and user.uid == 0:
        words = "workloads would run as root"
        mend = "run the agent as a user of its own: netmind agent install --system"
        found.append(Finding(id="workload-root", title=words, status=Status.WARN, remediation=mend))
    return tuple(found)


def _finding(workload: Workload, what: str, title: str, status: Status, mend: str | None = None) -> Finding:
    return Finding(id=f"workload-{what}", title=f"{workload.name}: {title}", status=status, remediation=mend)


def _what(workload: Workload, path: str) -> str:
    if workload.kind is not WorkKind.PROGRAM:
        return workload.unit or f"{workload.image} by {workload.runtime}"
    return str(find_program(workload.command[0], workload, path) or workload.command[0])


def _program(workload: Workload, user: User, path: str) -> Iterator[Finding]:
    if workload.kind is not WorkKind.PROGRAM:
        return
    yield from _command(workload, "command", workload.command, user, path)


def _helpers(workload: Workload, user: User, path: str) -> Iterator[Finding]:
    for key in _HELPERS:
        words: tuple[str, ...] = getattr(workload, key)
        if words:
            yield from _command(workload, key, words, user, path)


def _command(workload: Workload, key: str, words: Sequence[str], user: User, path: str) -> Iterator[Finding]:
    """What keeps a command line from being started."""
    if _HOLDER.search(words[0]):
        return
    program = find_program(words[0], workload, path)
    if program is None:
        where = "there is no such file" if "/" in words[0] else f"it is in no folder of {_path(workload, path)}"
        mend = f"install it, or name it from the root on in workload.{workload.name}.{key}"
        yield _finding(workload, f"{key}-missing", f"{words[0]!r} is not found: {where}", Status.FAIL, mend)
        return
    if (hidden := user.hidden_in(program)) is not None:
        yield _hidden(workload, key, program, hidden)
        return
    if not stat.S_ISREG(program.stat().st_mode):
        yield _finding(workload, f"{key}-refused", f"{program} is no file", Status.FAIL, f"name another {key}")
        return
    if not user.may(program, os.X_OK):
        mend = f"chmod a+rx {program}, and a+x for the folders above it"
        yield _finding(workload, f"{key}-refused", f"{user.name} may not run {program}", Status.FAIL, mend)
        return
    yield from _interpreter(workload, key, program)
    yield from _writable(workload, key, program, user)
    script = _script(words, workload)
    if script is not None and _is_there(script):
        yield from _writable(workload, key, script, user)


def find_program(word: str, workload: Workload, path: str = PATH) -> Path | None:
    """The file that a command's first word names, whether it can be run or not; ``None`` where there is none."""
    if "/" in word:
        found = Path(workload.folder or "/", word)
        return found if _is_there(found) else None
    for folder in _path(workload, path).split(os.pathsep):
        if folder and os.path.isfile(Path(folder, word)):  # noqa: PTH113 - see _is_there
            return Path(folder) / word
    return None


def _path(workload: Workload, path: str) -> str:
    return workload.environment.get("PATH", path)


def _is_there(path: Path) -> bool:
    """Whether a file is there; of a name that no file can have, too."""
    return os.path.exists(path)  # noqa: PTH110 - pathlib raises where a name is too long


def _script(words: Sequence[str], workload: Workload) -> Path | None:
    """The script that an interpreter is given, by ``env`` too."""
    if Path(words[0]).name == "env":
        words = [word for word in words[1:] if "=" not in word] or words
    if not _INTERPRETERS.fullmatch(Path(words[0]).name) or "-c" in words[1:2]:
        return None
    first = next((word for word in words[1:] if not word.startswith("-")), "")
    if not first or (workload.folder is None and not first.startswith("/")):
        return None
    return Path(workload.folder or "/", first)


def _interpreter(workload: Workload, key: str, program: Path) -> Iterator[Finding]:
    """What a script's first line names, which is what ``no such file`` would be about."""
    try:
        with program.open("rb") as file:
            line = file.readline(256)
    except OSError:
        return
    words = line[2:].split() if line.startswith(b"#!") else []
    if words and not Path(os.fsdecode(words[0])).exists():
        sentence = f"{program} is a script for {os.fsdecode(words[0])!r}, which is not there"
        mend = "install it, or mend the script's first line"
        yield _finding(workload, f"{key}-refused", sentence, Status.FAIL, mend)


def _writable(workload: Workload, key: str, program: Path, user: User) -> Iterator[Finding]:
    """Who else could put another program in this one's place."""
    try:
        faults = why_not_ours(list(steps(program)), user.uid)
    except OSError:
        return
    for fault in faults:
        status = Status.FAIL if " by everybody " in fault else Status.WARN
        sentence, _, mend = fault.partition(": ")
        words = f"{program} is run as {user.name}, and others decide what it is: it {sentence}"
        if sentence.startswith("the "):
            words = words.replace(": it the ", ": the ")
        yield _finding(workload, f"{key}-writable", words, status, mend)


def _folder(workload: Workload, user: User) -> Iterator[Finding]:
    if workload.folder is None or _HOLDER.search(workload.folder) or workload.kind is WorkKind.CONTAINER:
        return
    folder = Path(workload.folder)
    if (hidden := user.hidden_in(folder)) is not None:
        yield _hidden(workload, "folder", folder, hidden)
    elif not folder.is_dir():
        what = "is not a folder" if folder.exists() else "is not there"
        yield _finding(workload, "folder-missing", f"{folder} {what}", Status.FAIL, f"mkdir -p {folder}")
    elif not user.may(folder, os.X_OK):
        mend = f"chown {user.name} {folder}, or chmod o+x {folder}"
        yield _finding(workload, "folder-refused", f"{user.name} may not enter {folder}", Status.FAIL, mend)
    elif user.is_read_only(folder):
        sentence = f"nothing can be written in {folder} by an agent that is a unit of the system"
        mend = f"systemctl edit netmind-agent, with ReadWritePaths={folder} below [Service]"
        yield _finding(workload, "folder-read-only", sentence, Status.WARN, mend)
    else:
        yield from _shared_folder(workload, folder, user)


def _shared_folder(workload: Workload, folder: Path, user: User) -> Iterator[Finding]:
    """Who else could put something where it is started."""
    try:
        faults = why_not_ours(list(steps(folder)), user.uid, ends_in_file=False)
    except OSError:
        return
    for fault in faults:
        sentence, _, mend = fault.partition(": ")
        words = f"others decide what is in {folder}, where it is started: {sentence}"
        yield _finding(workload, "folder-writable", words, Status.WARN, mend)


def _secrets(workloads: Sequence[Workload], file: Path, user: User) -> Iterator[Finding]:
    """What looks like a secret in a file that everybody may read."""
    try:
        way = list(steps(file))
    except OSError:
        return
    folders = [each.found.st_mode for each in way[:-1] if stat.S_ISDIR(each.found.st_mode)]
    if not way[-1].found.st_mode & stat.S_IROTH or not all(mode & stat.S_IXOTH for mode in folders):
        return
    is_own = way[-1].found.st_uid == user.uid
    mend = f"chmod 600 {file}" if is_own else f"chown root:netmind {file} && chmod 640 {file}"
    for workload in workloads:
        names = ", ".join(name for name in workload.environment if _SECRET.search(name))
        if names:
            sentence = f"{names} looks like a secret, and everybody on this machine can read {file}"
            yield _finding(workload, "secret", sentence, Status.WARN, mend)


def _hidden(workload: Workload, key: str, path: Path, hidden: Path) -> Finding:
    sentence = f"{path} lies in {hidden}, which an agent that is a unit of the system does not see"
    return _finding(workload, f"{key}-hidden", sentence, Status.FAIL, "put it elsewhere, such as /opt or /srv")


def _container(workload: Workload, user: User, path: str, ask: Ask) -> Iterator[Finding]:
    if workload.kind is not WorkKind.CONTAINER:
        return
    if shutil.which(workload.runtime, path=_path(workload, path)) is None:
        mend = f"install {workload.runtime}, or name the other: docker or podman"
        yield _finding(workload, "runtime-missing", f"{workload.runtime} is not installed here", Status.FAIL, mend)
    elif workload.runtime == "docker" and _DOCKER_SOCKET.exists() and not user.may(_DOCKER_SOCKET, os.W_OK):
        sentence = f"{user.name} may not ask {_DOCKER_SOCKET}"
        mend = f"sudo usermod --append --groups docker {user.name}, which makes them as mighty as root; or use podman"
        yield _finding(workload, "runtime-refused", sentence, Status.FAIL, mend)
    # podman keeps the images of each user apart: whose they are only that user sees.
    elif user.uid == os.geteuid() and ask((workload.runtime, "image", "inspect", str(workload.image))) is None:
        sentence = f"{workload.runtime} has no image {workload.image}, or does not answer"
        mend = f"{workload.runtime} pull {workload.image}"
        yield _finding(workload, "image-missing", sentence, Status.WARN, mend)


def _unit(workload: Workload, user: User, ask: Ask) -> Iterator[Finding]:
    if workload.kind is not WorkKind.UNIT or workload.unit is None:
        return
    scope = ("--user",) if workload.is_user_unit else ()
    unit = _HOLDER.sub("0", workload.unit)
    state = ask(("systemctl", *scope, "show", "--property=LoadState", "--value", unit))
    if state is None:
        manager = "your own service manager" if workload.is_user_unit else "systemd"
        mend = "see netmind agent status, or name a program in place of the unit"
        yield _finding(workload, "manager-missing", f"{manager} does not answer here", Status.FAIL, mend)
    elif state.strip() != "loaded":
        sentence = f"{unit} is {state.strip() or 'unknown'} to systemd"
        mend = f"systemctl {' '.join((*scope, 'status', unit))} says more"
        yield _finding(workload, "unit-missing", sentence, Status.FAIL, mend)
    elif not workload.is_user_unit and user.uid != 0:
        sentence = f"{unit} is the system's: {user.name} needs leave of polkit to start and stop it"
        mend = "see assets/workloads.md for the rule, or make it a unit of the user: manager = 'user'"
        yield _finding(workload, "unit-polkit", sentence, Status.WARN, mend)


def _devices(workload: Workload, devices: Sequence[Device], aliases: Mapping[str, str] | None) -> Iterator[Finding]:
    if not workload.devices:
        return
    try:
        missing = select(workload.devices, devices, aliases).missing
    except Problem as problem:
        yield _finding(workload, "device-missing", problem.sentence, Status.FAIL, "netmind info lists what there is")
        return
    if missing:
        all_gone = len(missing) == len(workload.devices)
        sentence = f"{ranges(missing)} is not here now{', so that it runs nowhere' if all_gone else ''}"
        yield _finding(workload, "device-missing", sentence, Status.WARN, "netmind info lists what there is")


def _placeholders(workload: Workload) -> Iterator[Finding]:
    """What looks like a place for a device's name, and is none."""
    if workload.kind is WorkKind.CONTAINER:  # what is in it may have words of that form itself
        return
    words = (*workload.command, *workload.environment.values(), workload.unit or "")
    unknown = dict.fromkeys(name for word in words for name in _HOLDER.findall(word) if name not in _PLACES)
    for name in unknown:
        known = ", ".join(f"{{{each}}}" for each in _PLACES)
        sentence = f"{{{name}}} stays as it is: only {known} are replaced"
        yield _finding(workload, "placeholder", sentence, Status.WARN, None)
