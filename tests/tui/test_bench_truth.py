"""Every figure that the screen shows of a real run is the one in the stored document: read back from the picture."""

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netmind_tui.paths import runs_dir
from netmind_tui.tui.bench_page import COMPARISON, HISTORY, RESULT, RUNNING, VERIFIED

_spec = importlib.util.spec_from_file_location("bench_live", Path(__file__).parent / "bench_live.py")
live = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(live)

surroundings, app = live.surroundings, live.app
press, turn, words = live.press, live.turn, live.words

UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "/s": 1.0, "%": 0.01, "": 1.0}
SCALES = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
FIGURE = r"([\d.]+)\s*(\S*/s|[mµn]?s\b|%)?"


def factor(unit):
    """What a unit as it is written stands for, in the document's units."""
    if unit in UNITS:
        return UNITS[unit]
    return SCALES.get(unit[0], 1.0) if unit.endswith("/s") else 1.0


def is_what_is_kept(number, unit, kept):
    """Whether a written figure is the kept one, rounded where its digits end."""
    _, _, decimals = number.partition(".")
    step = 10.0 ** -len(decimals) if decimals or kept / factor(unit) < 1000 else 1.0
    return kept / factor(unit) == pytest.approx(float(number), abs=0.51 * step)


def line_of(text, kernel):
    """The line that begins with a kernel."""
    (found,) = [each for each in text.splitlines() if re.search(rf"[✔▲✖] {re.escape(kernel)} ", each)]
    return found


def stored():
    """Every kept document, oldest first, as it stands in its file."""
    return [json.loads(path.read_bytes()) for path in sorted(runs_dir().glob("*.json"))]


def the_command(*arguments):
    """The document that the command prints for the same; it ends with 1 where a kernel is worse."""
    command = [sys.executable, "-m", "netmind_tui", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode in (0, 1, 3), done.stderr
    return json.loads(done.stdout)


async def finished(app, pilot, seen):
    """Measure what is chosen, and keep every picture on the way."""
    while app.state.bench.page != "choose":
        await press(pilot, "escape")
    await turn(app, pilot, lambda: app.state.bench.planned_for)
    await press(pilot, "b")
    await turn(app, pilot, lambda: app.state.bench.job is not None)

    def done():
        if app.state.bench.page == RUNNING:
            seen.append(words(app))
        return app.state.bench.job is None

    await turn(app, pilot, done)


def rows_of_a_picture(text, run):
    """The figures in the list of kernels, by kernel: of those that are finished."""
    found = {}
    for kernel in (m["kernel"] for m in run["measurements"]):
        match = re.search(rf"[✔▲✖] {re.escape(kernel)} +{FIGURE} +{FIGURE}", text)
        if match:
            found[kernel] = match.groups()
    return found


def test_what_is_shown_is_what_is_kept(app):
    async def work():
        async with app.run_test(size=(120, 40)) as pilot:
            bench = lambda: app.state.bench  # noqa: E731 - short, and it changes
            await turn(app, pilot, lambda: bench().plans)
            seen = []
            for _ in range(2):
                await finished(app, pilot, seen)
                await turn(app, pilot, lambda: bench().page == RESULT)
                check_result(words(app), stored()[-1])
                await each_in_detail(app, pilot, stored()[-1])
            check_running(seen, stored())
            await press(pilot, "h")
            await turn(app, pilot, lambda: bench().page == HISTORY and bench().kept)
            kept = the_command("bench", "--history")["runs"]
            assert [run["run_id"] for run in kept] == [run["run_id"] for run in stored()[::-1]]
            for run in kept:
                text = words(app)
                assert run["run_id"] in text
                for figure in run["figures"]:
                    number, unit = re.search(rf"{figure['kernel']} \D*{FIGURE}", line_of_figures(text, figure)).groups()
                    assert is_what_is_kept(number, unit, figure["value"])
                await press(pilot, "down")
            await press(pilot, "up", "up", "c", "down", "c")
            await turn(app, pilot, lambda: bench().page == COMPARISON)
            check_comparison(words(app), the_command("compare", *(run["run_id"] for run in stored())))

    asyncio.run(work())


def line_of_figures(text, figure):
    """The line below the list of runs that has a figure."""
    return [each for each in text.splitlines() if f" {figure['kernel']} " in each][-1]


def check_result(text, run):
    """The table: rate, interval, spread, and the share of the peak where there is one."""
    assert run["run_id"] in text
    for m in run["measurements"]:
        row = line_of(text, m["kernel"]).partition(m["kernel"])[2]
        assert m["value"] is not None, m["reasons"]
        unit = re.search(FIGURE, row)[2]
        number, *rest = re.findall(r"(?<![\w.])\d[\d.]*", row)
        assert is_what_is_kept(number, unit, m["value"]), row
        for bound in m["ci95"] or ():
            assert is_what_is_kept(rest.pop(0), unit, bound), row
        if m["cv"] is not None:  # of one sample there is none
            assert is_what_is_kept(rest.pop(0), "%", m["cv"]), row
        if m["efficiency"] is not None:
            assert is_what_is_kept(rest.pop(0), "%", m["efficiency"]), row
        assert rest == [], row


async def each_in_detail(app, pilot, run):
    """The line of details of each figure, and how it was verified."""
    for m in run["measurements"]:
        text = words(app)
        assert f"{m['n']} samples · {m['outliers']} outlier" in text
        p5, unit = re.search(rf"p5 {FIGURE}", text).groups()
        p95, _ = re.search(rf"p95 {FIGURE}", text).groups()
        assert is_what_is_kept(p5, unit, m["p5"])
        assert is_what_is_kept(p95, unit, m["p95"])
        assert is_what_is_kept(*re.search(r"took ([\d.]+) (s)", text).groups(), m["elapsed_s"])
        await press(pilot, "v")
        assert app.state.bench.page == VERIFIED
        text = words(app)
        verified = m["verified"]
        assert f"{m['kernel']} on cpu" in text
        assert m["kernel_sha256"][:16] in text
        for when, error in (("before", verified["error_before"]), ("after", verified["error"])):
            (shown,) = re.findall(rf"right {when} the timed window, off by (\S+)", text)
            assert (0.0 if shown == "nothing" else float(shown)) == pytest.approx(error, rel=0.05)
        if verified["rows"] is not None:
            assert f"{verified['rows']} rows" in text
        await press(pilot, "v", "down")
    for _ in run["measurements"]:
        await press(pilot, "up")


def check_running(seen, runs):
    """Whatever was shown as finished while the rest was measured."""
    compared = 0
    for text in seen:
        for kernel, (number, unit, spread, _) in rows_of_a_picture(text, runs[0]).items():
            rows = [m for run in runs for m in run["measurements"] if m["kernel"] == kernel]
            told = [m for m in rows if is_what_is_kept(number, unit, m["value"])]
            assert any(m["cv"] is not None and is_what_is_kept(spread, "%", m["cv"]) for m in told), (
                f"{kernel} {number} {unit} {spread}"
            )
            compared += 1
    assert compared > 0


def check_comparison(text, found):
    """Each kernel's figures and their ratio as the command gives them; what cannot be compared says so."""
    for kernel in found["kernels"]:
        row = next(each for each in text.splitlines() if re.search(rf"[▲=▼·] {re.escape(kernel['kernel'])} ", each))
        said = {"better": "better", "same": "same", "worse": "worse", "not-comparable": "not comparable"}
        assert said[kernel["judgement"]] in row
        figures = re.findall(r"([\d.]+) (\S*/s|[mµn]?s)\b", row)
        kept = [value for value in (kernel["base"], kernel["new"]) if value is not None]
        assert len(figures) == len(kept)
        for figure, value in zip(figures, kept, strict=True):
            assert is_what_is_kept(*figure, value), row
        if kernel["ratio"] is not None:
            assert f" {kernel['ratio']:.3f} " in row
