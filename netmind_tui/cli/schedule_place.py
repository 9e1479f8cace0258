"""Where the policy in force is: with the agent, if one runs, or else in the owner's file; and putting another there."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.cli import diagnostics
from netmind_tui.cli.node_line import open_line
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.node.control.client import Client
    from netmind_tui.node.policy.file import PolicySource

_LARGEST_BYTES = 1 << 20
STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The policy in force as it was found; ``client`` is the agent that keeps it, ``refused`` why not a newer file.

    ``data`` is the file as it is, ``None`` where there is none; of an agent's file the text.
    """

    document: PolicyDocument
    data: bytes | None = None
    client: "Client | None" = None
    preset: str | None = None
    refused: str | None = None

    @property
    def path(self) -> Path:
        """The policy's file, whether it is there or not."""
        return Path(self.document.path or "policy.toml")

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was ever written down."""
        return self.document.text is None and self.preset is None and not self.document.policy.windows

    def source(self) -> "PolicySource":
        """The policy as the text that is to be changed.

        Raises:
            PolicyProblem: the file cannot be in force.
        """
        from netmind_tui.node.policy.file import PolicySource, source_of  # noqa: PLC0415 - see above

        if self.data is None:
            return PolicySource(path=self.path, policy=self.document.policy, preset=self.preset)
        return source_of(self.path, self.data)


@contextmanager
def in_force(host: str | None = None, *, whatever: bool = False) -> Iterator[InForce]:
    """The policy in force, and the agent that keeps it if one runs; with ``whatever`` a file with faults will do.

    Raises:
        Problem: a host's agent does not answer, or there is none and the owner's file cannot be in force.
    """
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        try:
            client = stack.enter_context(open_line(host))
        except NoAgent as none:
            if host is not None:
                raise
            if not none.is_absent:
                diagnostics.warn(f"{none.sentence}; this is what the file says")
            found = own_file(whatever=whatever)
        else:
            found = _of_agent(client, host)
        yield found


def own_file(*, whatever: bool = False) -> InForce:
    """The policy of the owner's file.

    Raises:
        Problem: it cannot be in force.
    """
    from netmind_tui.node.policy.file import PolicyProblem, read_bytes, read_source  # noqa: PLC0415 - see above
    from netmind_tui.paths import policy_path  # noqa: PLC0415 - see above

    path = policy_path()
    try:
        source = read_source(path)
    except PolicyProblem as problem:
        if not whatever:
            raise
        return InForce(document=PolicyDocument(path=str(path)), data=read_bytes(path), refused=problem.sentence)
    for doubt in source.doubts:
        diagnostics.warn(doubt)
    return InForce(document=source.document, data=source.data, preset=source.preset)


def _of_agent(client: "Client", host: str | None) -> InForce:
    document = client.policy()
    refused = client.status().policy.refused
    preset = None
    if document.text is None and host is None and document.policy.windows:
        from netmind_tui.config import read_config  # noqa: PLC0415 - see above

        preset = read_config().schedule
    data = None if document.text is None else document.text.encode()
    return InForce(document=document, data=data, client=client, preset=preset, refused=refused)


def commit(found: InForce, before: "PolicySource", after: "PolicySource") -> InForce:
    """Put a policy in force: through the agent at once where one runs, and else in the file.

    Raises:
        Problem: somebody changed it meanwhile, this user may not, or it cannot be written.
    """
    if found.client is None:
        from netmind_tui.node.policy.write import write  # noqa: PLC0415 - see above

        write(before, after)
        return replace(found, document=after.document, data=after.data, preset=None, refused=None)
    if found.client.policy().sha256 != found.document.sha256:
        words = "somebody changed it meanwhile; nothing was written: look at it and try again"
        raise Problem(f"{found.path}: {words}", ExitCode.USAGE)
    document = found.client.set_policy((after.data or b"").decode(), instead_of=found.document.sha256)
    return replace(found, document=document, data=after.data, preset=None, refused=None)


def draft(name: Path) -> "PolicySource":
    """The policy of a file that was named, or of stdin.

    Raises:
        PolicyProblem: it cannot be read, or something in it cannot be.
    """
    from netmind_tui.node.policy.file import PolicyProblem, read_bytes, source_of  # noqa: PLC0415 - see above

    if str(name) != STDIN:
        source = source_of(name, read_bytes(name, is_draft=True) or b"")
    else:
        data = sys.stdin.buffer.read(_LARGEST_BYTES + 1) if sys.stdin is not None else b""
        if not data.strip():
            raise PolicyProblem(["stdin: is empty; a policy is expected"])
        source = source_of(Path("stdin"), data)
    for doubt in source.doubts:
        diagnostics.warn(doubt)
    return source


@contextmanager
def all_faults() -> Iterator[None]:
    """Say every fault of a policy, each in its line, where one sentence would hide the others."""
    from netmind_tui.node.policy.file import PolicyProblem  # noqa: PLC0415 - see above

    try:
        yield
    except PolicyProblem as problem:
        for sentence in problem.faults[:-1]:
            diagnostics.fail(sentence)
        raise Problem(problem.faults[-1], problem.code) from problem
