"""How whoever prepares a kernel says that it cannot be measured here."""

from netmind_tui.bench.protocol import Cause


class RefusedError(Exception):
    """A kernel cannot do its work here, through no fault of the device; the message says why."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
