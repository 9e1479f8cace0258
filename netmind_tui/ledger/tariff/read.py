"""Reading a tariff: what its bytes are is told by themselves, not by the name of their file."""

from pathlib import Path

from netmind_tui.ledger.plain_file import read_bytes, text_of
from netmind_tui.ledger.tariff.plan import Listed, Plan
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


def read_tariff(path: Path, currency: str | None = None) -> Plan:
    """The plan in a file: bands of the day in TOML, or slots as CSV or JSON.

    Args:
        path: The file.
        currency: What its prices are in, where it does not say so itself.

    Raises:
        Problem: there is no file, it cannot be read, or is no tariff; the sentence names the file and the place in it.
    """
    data = read_bytes(path, "tariff")
    if data is None:
        raise Problem(f"{path}: there is no such file", ExitCode.USAGE)
    return tariff_of(data, str(path), currency)


def tariff_of(data: bytes, source: str, currency: str | None = None) -> Plan:
    """The plan in the bytes of a file.

    Raises:
        Problem: see ``read_tariff``.
    """
    text = text_of(data, source)
    if not text.strip():
        raise Problem(f"{source}: it is empty", ExitCode.USAGE)
    try:
        if _is_json(text):
            return _slots(text, source, currency)
        if _is_csv(text):
            from netmind_tui.ledger.tariff.slots_csv import read_csv  # noqa: PLC0415 - one reader is needed

            return read_csv(text, source, currency)
        from netmind_tui.ledger.tariff.bands_file import read_bands  # noqa: PLC0415 - see above

        return read_bands(text, source, currency)
    except ValueError as error:
        raise Problem(f"{source}: {error}", ExitCode.USAGE) from None


def slots_of(data: bytes, source: str, currency: str | None = None) -> Listed:
    """The slots in an answer of a server.

    Raises:
        Problem: it has none; see ``read_tariff``.
    """
    plan = tariff_of(data, source, currency)
    if not isinstance(plan, Listed):
        raise Problem(f"{source}: slots as CSV or JSON are expected from a URL", ExitCode.USAGE)
    return plan


def _slots(text: str, source: str, currency: str | None) -> Listed:
    from netmind_tui.ledger.tariff.slots_json import read_json  # noqa: PLC0415 - see above

    return read_json(text, source, currency)


def _is_json(text: str) -> bool:
    """A brace opens JSON, and so does a bracket that is not the name of a table."""
    head = text.lstrip()[:200]
    return head.startswith("{") or (head.startswith("[") and head[1:].lstrip()[:1] in ("{", "]", ""))


def _is_csv(text: str) -> bool:
    """Whether the first line that says something is a row of names."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return any(sign in line for sign in ",;\t") and "=" not in line and not line.lstrip().startswith("[")
    return False
