"""The doors to the terminal, where no terminal is needed to see what they do."""

import asyncio
import os
import signal

import pytest

from netmind_tui.tui.driver import _hear_sizes_in_turn


@pytest.fixture
def heard():
    """The sizes that were told, where the terminal is made larger while the first one is looked at."""
    told, size = [], [1]

    def hear(_number, _frame):
        seen = size[0]
        if seen == 1:
            size[0] = 2
            os.kill(os.getpid(), signal.SIGWINCH)
        told.append(seen)

    before = signal.signal(signal.SIGWINCH, hear)
    yield told
    signal.signal(signal.SIGWINCH, before)


async def test_of_sizes_that_overtake_each_other_the_newest_is_told_last(heard):
    _hear_sizes_in_turn()
    os.kill(os.getpid(), signal.SIGWINCH)
    for _ in range(4):
        await asyncio.sleep(0)
    assert heard == [1, 2]
