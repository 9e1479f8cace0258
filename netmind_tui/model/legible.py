"""A line of a program's output as a terminal would leave it standing."""

import re

_TAB = 8
# What colours a terminal, moves its cursor or sets its title says nothing as text.
_ORDERS = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)


def legible(text: str) -> str:
    """The line without colours and other orders, without what was overwritten, tabs as blanks.

    What is left may still hold signs that a terminal obeys: whoever shows it makes those harmless.
    """
    return _ORDERS.sub("", text.rstrip("\r\n")).rpartition("\r")[2].expandtabs(_TAB)
