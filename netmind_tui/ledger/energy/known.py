"""What is known of this machine's power: what its owner declared, and what was calibrated."""

import os
from collections.abc import Sequence
from pathlib import Path

from netmind_tui.config import Config
from netmind_tui.ledger.energy.baseline import read_baselines
from netmind_tui.ledger.energy.power import PowerBook
from netmind_tui.model.device import Device
from netmind_tui.model.problem import Problem


def known_power(config: Config, path: Path, devices: Sequence[Device] = ()) -> tuple[PowerBook, str | None]:
    """All of it; and why nothing that was calibrated counts, where its file cannot be read.

    Args:
        config: with what the owner declared.
        path: of the baselines.
        devices: this machine's, for names that only they can tell, such as slots.
    """
    try:
        baselines, trouble = read_baselines(path), None
    except Problem as problem:
        baselines, trouble = (), problem.sentence
    book = PowerBook(
        config.watts,
        config.idle_watts,
        baselines,
        devices=devices,
        aliases=config.alias,
        logical_cpus=os.cpu_count() or 0,
    )
    return book, trouble
