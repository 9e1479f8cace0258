"""Why a challenger does not go on with somebody: a kind for programs, a sentence for people."""

from enum import StrEnum

from netmind_tui.certify.refused import Refused


class Why(StrEnum):
    """The kinds of refusal, which HTTP has a number for each."""

    STRANGER = "stranger"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    REPLAYED = "replayed"
    ORDER = "order"
    EXPIRED = "expired"
    BUSY = "busy"
    NO_CHAIN = "no-chain"


class Declined(Refused):
    """A message that was understood and is not answered."""

    def __init__(self, why: Why, sentence: str) -> None:
        super().__init__("challenge", sentence)
        self.why = why
