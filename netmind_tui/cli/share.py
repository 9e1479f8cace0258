"""What ``--share`` does: documents that can be shown to strangers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmind_tui.model.redaction import Redactor


def redactor() -> "Redactor":
    """A redactor that knows this machine's and this user's names."""
    from netmind_tui.probe import owner  # noqa: PLC0415 - only a shared document needs it

    return owner.redactor()
