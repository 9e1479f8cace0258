"""What ``--share`` does: documents that can be shown to strangers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmind_tui.model.redaction import Redactor


def redactor() -> "Redactor":
    """A redactor that knows this machine's and this user's names."""
    import getpass  # noqa: PLC0415 - only a shared document needs it
    import socket  # noqa: PLC0415 - only a shared document needs it

    from netmind_tui.model.redaction import Redactor, names_of  # noqa: PLC0415 - only a shared document needs it

    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without an entry for this user
        user = None
    return Redactor(names_of(socket.gethostname(), (user,)))
