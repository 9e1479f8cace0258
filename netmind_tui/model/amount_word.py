"""Amounts as people read them. Documents keep every decimal; only tables and screens come through here."""

from netmind_tui.model.money import AmountText

_MOST_DECIMALS = 6
_FEWEST_DECIMALS = 2
_CUT = "…"


def figure_of(amount: AmountText) -> str:
    """The number alone: ``1,204.50``; of a token six decimals, and ``…`` where it goes on (never rounded up)."""
    sign = "-" if amount.amount.startswith("-") else ""
    whole, _, rest = amount.amount.removeprefix("-").partition(".")
    if len(rest) > _MOST_DECIMALS:
        kept, lost = rest[:_MOST_DECIMALS], rest[_MOST_DECIMALS:].strip("0")
        rest = kept + _CUT if lost else kept.rstrip("0").ljust(_FEWEST_DECIMALS, "0")
    written = f"{int(whole):,}"
    return f"{sign}{written}.{rest}" if rest else f"{sign}{written}"


def amount_word(amount: AmountText) -> str:
    """The amount with its asset: ``1,204.50 EUR``."""
    return f"{figure_of(amount)} {amount.asset}"


def is_zero(amount: AmountText) -> bool:
    """Whether it is nothing."""
    return not amount.amount.strip("-0.")
