"""The work of this machine: everything that a crew needs, put together."""

import asyncio
import os
from functools import partial
from pathlib import Path

from netmind_tui.config import Config
from netmind_tui.node.agent.clock import Clock
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.agent.memory import Keeper
from netmind_tui.node.agent.news import News
from netmind_tui.node.meter.meter import Kept, Meter
from netmind_tui.node.work.awake import Awake
from netmind_tui.node.work.care import Care
from netmind_tui.node.work.crew import Crew
from netmind_tui.node.work.definitions import Definitions
from netmind_tui.node.work.file import read_workloads
from netmind_tui.node.work.freed import Memory
from netmind_tui.node.work.health import watch
from netmind_tui.node.work.instance import Left
from netmind_tui.node.work.leftover import end_leftovers
from netmind_tui.node.work.make import make_instance
from netmind_tui.node.work.outside import end_outside
from netmind_tui.node.work.owners_word import OwnersWord
from netmind_tui.node.work.power import PowerCaps
from netmind_tui.node.work.stranger import Strangers
from netmind_tui.node.work.upkeep import Upkeep
from netmind_tui.paths import work_dir, workloads_path
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.logind import Logind
from netmind_tui.probe.process_list import ProcessList


def crew_of_this_machine(
    folder: Path, config: Config, *, clock: Clock, news: News, keeper: Keeper, metered: Kept, gpus: GpuProbe | None
) -> Crew:
    """It.

    Args:
        folder: the agent's own.
        config: the owner's configuration.
        clock: all clocks.
        news: where things are told.
        keeper: the agent's memory.
        metered: where intervals stay.
        gpus: reads and limits GPUs, where there are some.
    """
    loop = asyncio.get_running_loop()

    def tell(found: Told) -> None:
        news.tell(found.kind, found.sentence, device=found.device, data=found.data)
        # It lasts without waiting for the next look.
        loop.call_soon(lambda: asyncio.ensure_future(news.write(0.0)))

    care = Care(
        clock,
        news,
        work_dir(),
        meter=Meter(metered, clock),
        upkeep=Upkeep(PowerCaps(folder, gpus), Awake(Logind() if config.keeps_awake else None), tell),
        memory=None if gpus is None else Memory(gpus, hides=ProcessList().is_contained),
        strangers=Strangers(),
        leftovers=_end_left,
    )
    return Crew(
        clock=clock,
        news=news,
        definitions=Definitions(workloads_path(), partial(read_workloads, uid=os.geteuid())),
        word=OwnersWord(keeper, news),
        make=make_instance,
        folder=work_dir(),
        care=care,
        health=watch,
        aliases=config.alias,
    )


async def _end_left(folder: Path) -> tuple[Left, ...]:
    """What an agent before this one left behind: its own processes first, then what runs at somebody else's."""
    found = await end_leftovers(folder)
    await end_outside(folder)
    return found
