"""Several GPUs at once through the real command: eight stand-in cards whose copies take the time that they should."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder

NETMIND = [sys.executable, "-m", "netmind_tui"]
CARD_5 = "GPU-5eed0000-0000-4000-8000-000000000005"
H2D, D2H = "transfer.h2d", "transfer.d2h"


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The shipped catalogue with copies of 4 MiB, and a ``standard`` suite that takes a second."""
    folder = shutil.copytree(kernels_folder(), tmp_path_factory.mktemp("small") / "kernels")
    catalog = (folder / "catalog.toml").read_text()
    suites, _, rest = catalog.partition("[[kernels]]")
    blocks = re.split(r"(?=^\[\[suites\]\])", suites, flags=re.MULTILINE)
    for place, block in enumerate(blocks):
        small = re.sub(
            r"^(sizes|memory_part|memory_share|alone|kernels|left_out_on_gpus) = .*\n", "", block, flags=re.MULTILINE
        )
        if 'name = "standard"' in block:
            small = re.sub(r"min_s = [\d.]+, cap_s = [\d.]+", "min_s = 0.3, cap_s = 0.6", small)
            small = re.sub(r"warm_up_cap_s = .*", "warm_up_cap_s = 0.2", small)
            small += f'kernels = ["{H2D}"]\nalone = ["{H2D}"]\n'
        elif "[[suites]]" in block:
            small += f'kernels = ["{H2D}", "{D2H}"]\n'
        if "[[suites]]" in block:
            small += 'sizes = { "transfer.h2d" = 4194304, "transfer.d2h" = 4194304 }\n'
        blocks[place] = small
    text = "\n".join(blocks) + "\n[[kernels]]" + rest
    (folder / "catalog.toml").write_text(text)
    return folder


@pytest.fixture
def environment(tmp_path, nvml_stub, idle_card, kernels):
    """A home of one's own, and eight cards of 400 MB/s."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    stub = nvml_stub("h100x8")
    own = {
        "HOME": str(tmp_path),
        "NETMIND_LOCKS": str(tmp_path),
        "NETMIND_KERNELS": str(kernels),
        "NETMIND_STUB_SCENARIO": "h100x8",
        "NETMIND_STUB_LOADED": "1",
        "NETMIND_STUB_COPY_BYTES_PER_S": "4e8",
        "LD_LIBRARY_PATH": f"{stub['LD_LIBRARY_PATH']}:{idle_card}",
        "COLUMNS": "100",
    }
    return kept | own


@pytest.fixture
def begin(environment):
    """Begin a run of these cards and let the test play with it."""
    started = []

    def begin(*arguments, device="gpu", **more):
        command = [*NETMIND, "bench", "--device", device, "--json", *arguments]
        child = subprocess.Popen(
            command, env=environment | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


def end(child):
    out, err = child.communicate(timeout=180)
    return child.returncode, json.loads(out) if out else None, err


def workers(child):
    """The workers of a run by the card that each of them sees."""
    found = {}
    for process in psutil.Process(child.pid).children(recursive=True):
        try:
            found[process.environ().get("CUDA_VISIBLE_DEVICES")] = process
        except psutil.Error:
            continue
    found.pop(None, None)
    return found


def wait_for(holds, seconds=60.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError("it never happened")


def test_the_card_that_is_eight_per_cent_slow_is_found(begin):
    code, run, err = end(begin(NETMIND_STUB_SLOW=f"{CARD_5}=8"))
    assert code == 0, err
    assert run["together"] is True
    assert {m["status"] for m in run["measurements"]} <= {"pass", "unstable"}
    assert [(m["device"], m["kernel"]) for m in run["measurements"]] == [
        (f"gpu:{card}", kernel) for card in range(8) for kernel in (H2D, D2H)
    ]
    (finding,) = [each for each in run["findings"] if each["id"] == "slower-than-peers"]
    assert finding["device"] == "gpu:5"
    # Both directions of card 5 are slow by the same eight per cent; which is said first is the noise's.
    assert H2D in finding["actual"] or D2H in finding["actual"]


def test_they_work_at_the_same_time_unless_asked_otherwise(begin):
    code, run, err = end(begin("--alone", "--kernel", H2D, device="gpu:0-1"))
    assert code == 0, err
    assert run["together"] is False
    assert run["sharing"] == []
    _, together, _ = end(begin("--kernel", H2D, device="gpu:0-1"))
    for one, at_once in ((run, False), (together, True)):
        first, second = (m for m in one["measurements"] if m["device"] in ("gpu:0", "gpu:1"))
        assert (second["before"]["at"] < first["after"]["at"]) is at_once


def test_what_they_keep_of_their_rate_together_is_stated(begin):
    code, run, err = end(begin("--suite", "standard", device="gpu:0-1"))
    assert code == 0, err
    assert [(m["device"], m["kernel"]) for m in run["alone"]] == [("gpu:0", H2D), ("gpu:1", H2D)]
    assert len(run["sharing"]) == 2
    for share in run["sharing"]:
        assert share["ratio"] == pytest.approx(share["together"] / share["alone"])


def test_a_worker_that_dies_costs_one_row_and_nobody_waits_for_it(begin):
    child = begin()
    wait_for(lambda: workers(child).get(CARD_5)).kill()
    code, run, err = end(child)
    assert code == 4, err
    rows = {(m["device"], m["kernel"]): m for m in run["measurements"]}
    assert rows["gpu:5", H2D]["reasons"][0]["id"] == "worker-killed"
    others = [m for key, m in rows.items() if key != ("gpu:5", H2D)]
    assert all(m["value"] for m in others)


def test_a_card_that_is_lost_at_the_start_leaves_seven(begin):
    code, run, err = end(begin("--kernel", H2D, NETMIND_STUB_SCENARIO="falls-off-now"))
    assert code == 3, err
    rows = {m["device"]: m for m in run["measurements"]}
    assert rows["gpu:5"]["reasons"][0]["id"] == "device-lost"
    assert sum(1 for m in rows.values() if m["value"]) == 7


def test_a_card_that_falls_off_under_way_is_left_and_seven_go_on(begin):
    code, run, err = end(begin(NETMIND_STUB_SCENARIO="falls-off", NETMIND_STUB_LOST_AFTER="3"))
    assert code == 3, err
    lost = [m for m in run["measurements"] if m["device"] == "gpu:5"]
    assert {m["reasons"][0]["id"] for m in lost if m["value"] is None} == {"device-lost"}
    assert "stopped answering while it was measured" in str(lost)
    others = [m for m in run["measurements"] if m["device"] != "gpu:5"]
    assert len(others) == 14
    assert all(m["value"] for m in others)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_of_them_and_keeps_what_was_finished(begin, tmp_path, number, code):
    child = begin("--kernel", H2D, "--kernel", D2H)
    running = wait_for(lambda: len(found := workers(child)) == 8 and found)
    child.send_signal(number)
    ended, run, err = end(child)
    assert ended == code, err
    assert run["stopped"] == ("interrupted" if number == signal.SIGINT else "terminated")
    assert psutil.wait_procs(list(running.values()), timeout=10)[1] == []
    assert len(list(tmp_path.glob(".local/state/netmind/runs/*.json"))) == 1


def test_the_time_limit_ends_all_of_them(begin):
    code, run, err = end(begin("--max-time", "0.5"))
    assert code == 124, err
    assert run["stopped"] == "timed-out"


def test_a_run_on_a_held_card_measures_the_others(begin, environment, tmp_path):
    holder = begin("--suite", "standard", "--kernel", H2D, device="gpu:3", NETMIND_STUB_COPY_BYTES_PER_S="4e6")
    wait_for(lambda: workers(holder))
    code, run, err = end(begin("--kernel", H2D, device="gpu:2-4"))
    assert code == 3, err
    rows = {m["device"]: m for m in run["measurements"]}
    assert rows["gpu:3"]["reasons"][0]["id"] == "device-held"
    assert rows["gpu:2"]["value"]
    assert rows["gpu:4"]["value"]
