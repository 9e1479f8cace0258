"""What a source of readings raises while it tells nothing."""


class Unheard(Exception):  # noqa: N818 - an outcome that is told to the owner
    """A source tells nothing now; the clause says why."""


class NobodyThere(Unheard):
    """There is nobody to ask on this machine, which is how it is, and no fault."""


def because(error: OSError) -> str:
    """The system's own words for an error, as the end of a clause."""
    return (error.strerror or str(error)).lower()
