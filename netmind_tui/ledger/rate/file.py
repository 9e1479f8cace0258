"""Rate cards and the owner's rates as files: those that are shipped, the owner's own, all versions of one card."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netmind_tui.config.source import parse_table
from netmind_tui.ledger.plain_file import read_bytes
from netmind_tui.ledger.rate.choice import BEGINNING
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.rate_card import Rate, RateCard

SHIPPED = Path(__file__).parent / "card"
_LARGEST_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_AT = "@"
"""``netmind-power@1.toml`` is an earlier version of ``netmind-power.toml``."""


class RateProblem(Problem):
    """A file of rates of which nothing holds. ``faults`` are all of them, each a sentence with file and key."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - 1
        super().__init__(faults[0] + (f" (and {more} more)" if more else ""), ExitCode.USAGE)
        self.faults = tuple(faults)


def shipped_names() -> tuple[str, ...]:
    """The names of the cards that come with the program."""
    return tuple(sorted({path.stem.partition(_AT)[0] for path in SHIPPED.glob("*.toml")}))


def read_cards(name: str) -> tuple[tuple[RateCard, ...], tuple[Path, ...]]:
    """Every version of a card, oldest first, and the files that they stand in, with the folder that names them.

    Args:
        name: That of a shipped card; or the path of a file, or of a folder in which each ``.toml`` is a version.

    Raises:
        Problem: there is no such card, a file cannot be read, or something in it cannot be.
    """
    files = tuple(_files_of(name))
    cards = sorted((read_card(path) for path in files), key=lambda card: card.start or BEGINNING)
    for card in cards[1:]:
        if card.name != cards[0].name:
            raise Problem(
                f"{name} has cards of two names, {cards[0].name} and {card.name}: a folder each", ExitCode.USAGE
            )
    starts = [card.start for card in cards]
    if len(set(starts)) < len(starts):
        raise Problem(f"{name} has two versions from the same day on: give one of them another from", ExitCode.USAGE)
    folder = Path(name).expanduser()
    return tuple(cards), (*files, folder) if folder.is_absolute() and folder.is_dir() else files


def read_card(path: Path) -> RateCard:
    """The card in a file.

    Raises:
        Problem: the file is not there or cannot be read.
        RateProblem: something in it cannot be; all faults at once.
    """
    from netmind_tui.ledger.rate.parse import parse_card  # noqa: PLC0415 - after the file is known to be one

    table = _table(path)
    if table is None:
        raise Problem(f"{path}: there is no such rate card; shipped: {', '.join(shipped_names())}", ExitCode.USAGE)
    card, faults = parse_card(table)
    if card is None:
        raise RateProblem([f"{path}: {each}" for each in faults])
    return card


def read_own(path: Path, card: RateCard, aliases: Mapping[str, str]) -> tuple[Rate, ...]:
    """The owner's rates for a card; none where there is no file.

    Raises:
        Problem: the file cannot be read.
        RateProblem: something in it cannot be; all faults at once.
    """
    from netmind_tui.ledger.rate.parse import parse_own  # noqa: PLC0415 - see above

    table = _table(path)
    if table is None:
        return ()
    own, faults = parse_own(table, card, aliases, path.name)
    if faults:
        raise RateProblem([f"{path}: {each}" for each in faults])
    return own


def is_place(name: str) -> bool:
    """Whether a card is named by where it lies."""
    return "/" in name or name.endswith(".toml")


def _files_of(name: str) -> Iterator[Path]:
    if not is_place(name):
        found = [path for path in SHIPPED.glob("*.toml") if path.stem.partition(_AT)[0] == name]
        if not found:
            raise Problem(
                f"there is no rate card {name[:80]!r}: {nearest(name, list(shipped_names()))}"
                " (earnings.rate_card; one of your own is named by its path)",
                ExitCode.USAGE,
            )
        yield from sorted(found)
        return
    path = Path(name).expanduser()
    if not path.is_dir():
        yield path
        return
    found = sorted(path.glob("*.toml"))
    if not found:
        raise Problem(f"{path} has no rate card: a file that ends in .toml is one", ExitCode.USAGE)
    yield from found


def _table(path: Path) -> dict[str, Any] | None:
    """The table in a file; ``None`` where there is none."""
    data = read_bytes(path, "file of rates", _LARGEST_BYTES)
    return None if data is None else parse_table(path, data.removeprefix(_BOM))
