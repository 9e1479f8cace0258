"""``netmind earnings``: what this machine's work came to, entry by entry, verified, and for other programs."""

import typer

from netmind_tui.cli.earnings_card import card
from netmind_tui.cli.earnings_entries import entries
from netmind_tui.cli.earnings_export import export
from netmind_tui.cli.earnings_show import show
from netmind_tui.cli.earnings_verify import verify
from netmind_tui.cli.group import Group

earnings = typer.Typer(
    name="earnings",
    cls=Group,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Show what your work came to: metered by you, accepted by payers, settled; its energy, and what is left."
    " netmind earnings week is netmind earnings show week.",
)

earnings.command()(show)
earnings.command()(entries)
earnings.command()(verify)
earnings.command()(export)
earnings.command()(card)


@earnings.callback()
def _earnings() -> None:
    pass
