"""The line to an agent that commands speak through: that of this machine, or with ``--host`` that of another."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics

# What the functions below need is imported inside them: msgspec and the standard library's HTTP cost as much as
# starting Python, and every other command would pay for it.
if TYPE_CHECKING:
    from netmind_tui.node.control.client import Client

Host = Annotated[str | None, typer.Option("--host", metavar="NAME", help="The agent of another machine, through ssh.")]
"""The option of every command that speaks to one agent."""


@contextmanager
def open_line(host: str | None) -> "Iterator[Client]":
    """A client of the agent: of this machine, or of a host.

    Raises:
        NoAgent: nobody answers there; the sentence says why, and what starts one.
    """
    if host is None:
        from netmind_tui.node.control.find import reach  # noqa: PLC0415 - see above

        yield told_of_skew(reach())
        return
    from netmind_tui.config import read_config  # noqa: PLC0415 - only hosts have settings
    from netmind_tui.node.control.remote import remote  # noqa: PLC0415 - see above

    with remote(host, read_config().sockets, may_ask=diagnostics.is_terminal()) as client:
        yield told_of_skew(client)


def told_of_skew(client: "Client") -> "Client":
    """The same client, after saying what its version means for what can be done."""
    client.greet()
    if client.skew is not None:
        diagnostics.warn(client.skew)
    return client


def expanded(names: Sequence[str]) -> tuple[str, ...]:
    """The names of devices without the owner's own words for them, which another machine does not know."""
    if not names:
        return ()
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases

    aliases = read_config().alias
    return tuple(aliases.get(name, name) for name in names)
