"""Whether work that runs is well, by a command of its owner that is run now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work.call import call
from netmind_tui.node.work.container_line import NAME, name_of
from netmind_tui.node.work.instance import Place
from netmind_tui.node.work.outside import to_daemon
from netmind_tui.node.work.surroundings import environment_of, filled_all, folder_of

FAILS = 3
"""So often in a row it must say that something is wrong."""


async def watch(workload: Workload, place: Place, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> str:
    """Look after it for as long as it is well; what is wrong then, in a clause."""
    failures = 0
    while True:
        await sleep(workload.health_every_s)
        why = await _ask(workload, place)
        failures = failures + 1 if why is not None else 0
        if why is not None and failures >= FAILS:
            return f"{why}, {FAILS} times in a row"


async def _ask(workload: Workload, place: Place) -> str | None:
    """Run the command once; what it has against it, if anything."""
    words, environment = filled_all(workload.health, place), environment_of(workload, place)
    folder = folder_of(workload, place) if workload.kind is WorkKind.PROGRAM else place.folder
    if workload.kind is WorkKind.CONTAINER:
        environment[NAME] = name_of(place)
    try:
        called = await call(
            words,
            workload.health_timeout_s,
            environment=to_daemon() | environment,
            folder=str(folder) if folder.is_dir() else None,
            is_heard=False,
        )
    except OSError as error:
        return str(error)
    return f"{words[0]} ended with {called.code}" if called.code else None
