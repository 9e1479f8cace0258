"""Whose machine this is: the names that nobody else is to read in what is shared."""

import getpass
import socket

from netmind_tui.model.redaction import Redactor, names_of


def redactor(other: str = "") -> Redactor:
    """A redactor that knows this machine's and this user's names, and that of another machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without an entry for this user
        user = None
    return Redactor(names_of(socket.gethostname(), (user,)) | names_of(other or None, ()))
