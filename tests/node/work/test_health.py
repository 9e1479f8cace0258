import asyncio

import pytest

from netmind_tui.node.work.call import call
from netmind_tui.node.work.health import FAILS, watch


async def at_once(_seconds):
    await asyncio.sleep(0)


def asked(works, *command, **more):
    """What is wrong in the end."""
    workload = works.workload(["x"], health=command, health_timeout_s=5.0, **more)
    return asyncio.run(asyncio.wait_for(watch(workload, works.place(), at_once), 30))


def test_what_fails_often_enough_in_a_row_is_unwell(works):
    count = works.file("count")
    script = works.script("check", f'#!/bin/sh\necho x >>"{count}"\n[ "$(wc -l <"{count}")" = 2 ]\n')
    assert asked(works, script) == f"{script} ended with 1, {FAILS} times in a row"
    assert len(count.read_text().split()) == 2 + FAILS


def test_it_sees_what_the_work_sees_but_is_none_of_it(works):
    script = works.script("check", f'#!/bin/sh\nenv >"{works.file("env")}"\npwd >>"{works.file("env")}"\nexit 3\n')
    asked(works, script, environment={"A": "b"})
    seen = works.file("env").read_text()
    assert "NETMIND_DEVICES=cpu" in seen
    assert "A=b" in seen
    assert "NETMIND_INSTANCE" not in seen
    assert seen.splitlines()[-1] == str(works.folder)


@pytest.mark.parametrize(
    ("command", "why"), [(("/no/such",), "is not installed here"), (("sleep", "1000"), "did not end within 0.05 s")]
)
def test_a_check_that_cannot_be_run_or_does_not_end_is_none(works, command, why):
    workload = works.workload(["x"], health=command, health_timeout_s=0.05)
    assert why in asyncio.run(asyncio.wait_for(watch(workload, works.place(), at_once), 30))


def test_where_there_is_no_room_for_another_process_a_check_cannot_be_run(works, monkeypatch):
    async def full(*_words, **_more):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", full)
    assert asked(works, "true") == f"true cannot be run: can't start new thread, {FAILS} times in a row"


def test_of_what_floods_the_end_is_kept_or_nothing():
    words = ["sh", "-c", "yes | head -c 3000001; exit 3"]
    heard = asyncio.run(call(words, 30))
    assert (heard.code, heard.output) == (3, ("y\n" * (1 << 15))[1:] + "y")
    unheard = asyncio.run(call(words, 30, is_heard=False))
    assert (unheard.code, unheard.output) == (3, "")
