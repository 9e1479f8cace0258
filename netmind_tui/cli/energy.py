"""``netmind energy``: what work draws, what devices draw anyway, what power costs, and when it is cheap."""

import typer

from netmind_tui.cli.energy_calibrate import calibrate
from netmind_tui.cli.energy_import_prices import import_prices
from netmind_tui.cli.energy_show import show
from netmind_tui.cli.energy_tariff import tariff
from netmind_tui.cli.group import Group

energy = typer.Typer(
    name="energy",
    cls=Group,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Show what your work draws and costs, measure what devices draw idle, and see when power is cheap."
    " netmind energy week is netmind energy show week.",
)

energy.command()(show)
energy.command()(calibrate)
energy.command()(tariff)
energy.command("import-prices")(import_prices)


@energy.callback()
def _energy() -> None:
    pass
