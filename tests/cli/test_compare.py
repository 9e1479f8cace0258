"""``netmind compare`` and ``netmind bench --history`` as people run them, over files made from one recorded run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.document import schema

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"


def made(run_id, *, factor=1.0, kernels=("gemm.fp32", "stream.add"), day=1, **changes):
    """The recorded run, with samples close to their median, and its rates moved by a factor."""
    run = json.loads(RECORDING.read_text())
    run |= {"run_id": run_id, "started_at": f"2026-02-{day:02}T00:00:00.000Z", "verdict": "pass", **changes}
    run["host"]["boundaries"] = {}  # on a machine of its own: in a virtual one nobody sees the neighbours
    run["measurements"] = [m for m in run["measurements"] if m["kernel"] in kernels]
    for m in run["measurements"]:
        value = m["value"] * factor
        m |= {"value": value, "status": "pass", "reasons": [], "samples": [value] * 3, "n": 3}
        m |= {
            "p5": value * 0.997,
            "p95": value * 1.003,
            "ci95": [value * 0.999, value * 1.001],
            "mad": 0.0,
            "cv": 0.002,
        }
    return run


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def kept(home):
    """Keep a run under its id."""
    folder = home / ".local/state/netmind/runs"
    folder.mkdir(parents=True)

    def keep(run):
        path = folder / f"{run['run_id']}.json"
        path.write_text(json.dumps(run))
        return path

    return keep


@pytest.fixture
def netmind(home):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    given = clean | {"HOME": str(home), "PYTHONUTF8": "1", "COLUMNS": "100"}

    def run(*arguments, **env):
        command = [*NETMIND, *map(str, arguments)]
        done = subprocess.run(command, env=given | env, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        return done

    return run


class TestComparing:
    def test_the_document_holds_to_its_schema(self, netmind, kept):
        base, new = kept(made("a")), kept(made("b", factor=0.8, day=2, suite="standard"))
        done = netmind("compare", base, new, "--json")
        assert done.returncode == 1
        found = json.loads(done.stdout)
        jsonschema.Draft202012Validator(schema("compare")).validate(found)
        assert found["schema"] == "netmind.compare/1"
        assert (found["base"], found["new"], found["verdict"]) == (["a"], ["b"], "fail")
        assert found["conditions"] == [{"what": "suite", "device": None, "base": "quick", "new": "standard"}]
        judged = {row["kernel"]: row for row in found["kernels"]}
        assert judged["gemm.fp32"]["judgement"] == "worse"
        assert judged["gemm.fp32"]["ratio"] == pytest.approx(0.8)
        low, high = judged["gemm.fp32"]["interval"]
        assert low < 0.8 < high < 0.95
        assert judged["stream.add"]["judgement"] == "same"

    @pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (0.8, 1), (1.3, 0)])
    def test_only_a_regression_ends_1(self, netmind, kept, factor, code):
        kept(made("a"))
        kept(made("b", factor=factor, day=2))
        assert netmind("compare", "last~1", "last").returncode == code

    def test_the_threshold_is_per_cent(self, netmind, kept):
        kept(made("a"))
        kept(made("b", factor=0.9, day=2))
        assert netmind("compare", "a", "b").returncode == 1
        assert netmind("compare", "a", "b", "--threshold", "20").returncode == 0

    def test_what_cannot_be_compared_ends_1_only_strictly(self, netmind, kept):
        kept(made("a"))
        kept(made("b", kernels=("gemm.fp32", "dispatch")))
        done = netmind("compare", "a", "b")
        assert done.returncode == 0
        assert "stream.add: not in the new run" in done.stdout
        assert netmind("compare", "a", "b", "--strict").returncode == 1

    def test_nothing_comparable_ends_3(self, netmind, kept):
        kept(made("a", kernels=("gemm.fp32",)))
        kept(made("b", kernels=("dispatch",)))
        done = netmind("compare", "a", "b")
        assert done.returncode == 3
        assert "nothing comparable" in done.stdout

    def test_a_shape_that_grows_is_no_other_kernel(self, netmind, kept):
        larger = made("b")
        for measurement in larger["measurements"]:
            measurement["shape"]["n"] *= 2
        kept(made("a"))
        kept(larger)
        rows = json.loads(netmind("compare", "a", "b", "--json").stdout)["kernels"]
        assert {row["kernel"]: row["judgement"] for row in rows} == {
            "gemm.fp32": "not-comparable",
            "stream.add": "same",
        }

    def test_a_folder_is_a_series_without_the_new_run(self, netmind, kept):
        for day in range(1, 6):
            path = kept(made(f"run{day}", factor=1 + day / 1000, day=day))
        damaged = path.with_name("damaged.json")
        damaged.write_text("{")
        done = netmind("compare", path.parent, "last", "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["base"] == ["run1", "run2", "run3", "run4"]
        assert f"warning: left out: {damaged}" in done.stderr

    @pytest.mark.parametrize("width", [40, 60, 80, 120])
    def test_tables_fit_any_width(self, netmind, kept, width):
        kept(made("20260101T000000Z-aaaaaa"))
        kept(made("20260102T000000Z-bbbbbb", factor=0.8, suite="standard", kernels=("gemm.fp32", "dispatch")))
        for arguments in (("compare", "20260101", "20260102"), ("bench", "--history")):
            done = netmind(*arguments, COLUMNS=str(width))
            assert max(map(len, done.stdout.splitlines())) <= width
            assert "gemm.fp32" in done.stdout
            assert "…" not in done.stdout
        shown = netmind("compare", "20260101", "20260102", COLUMNS=str(width)).stdout
        assert "0.800" in shown
        assert "worse" in shown
        assert "quick → standard" in shown
        for figure in ("200.3 GFLOP/s", "160.2 GFLOP/s", "incomparable" if width == 80 else "not comparable"):
            assert figure in shown
        assert shown.index("quick → standard") < shown.index("0.800")

    def test_markdown_is_a_table(self, netmind, kept):
        kept(made("a"))
        kept(made("b", factor=0.8, seed=8))
        done = netmind("compare", "a", "b", "--format", "markdown")
        assert "| gemm.fp32 | cpu |" in done.stdout
        assert "**worse**" in done.stdout
        assert "- seed: 7 → 8" in done.stdout
        rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) == 1

    def test_what_a_terminal_would_obey_is_not_shown(self, netmind, kept):
        hostile = made("b")
        hostile["host"]["hostname"] = "\x1b]0;owned\x07"
        hostile["measurements"][0]["kernel"] = "gemm\x1b[2J"
        kept(made("a"))
        kept(hostile)
        for arguments in (("compare", "a", "b"), ("compare", "a", "b", "--format", "markdown"), ("bench", "--history")):
            shown = netmind(*arguments).stdout
            assert "gemm?[2J" in shown
            assert "\x1b" not in shown

    def test_a_file_gets_the_same_bytes(self, netmind, kept, tmp_path):
        kept(made("a"))
        target = tmp_path / "out.json"
        assert netmind("compare", "a", "a", "--json", "-o", target).returncode == 0
        assert target.read_text() == netmind("compare", "a", "a", "--json").stdout


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), ("BASE... NEW",)),
            (("a",), ("two runs are expected",)),
            (("a", "nosuch"), ("nosuch", "no such run")),
            (("a", "last~9"), ("last~9", "2 runs are kept")),
            (("2", "a"), ("beginning of 2 runs",)),
            (("a", "b.json"), ("b.json", "no such file")),
            (("a", "a", "--threshold", "nan"), ("--threshold", "per cent")),
            (("a", "a", "--threshold", "-1"), ("--threshold", "0 or more")),
            (("a", "a", "--threshold", "x"), ("--threshold",)),
            (("a", "a", "--format", "csv"), ("--format csv", "table, json, markdown")),
            (("a", "a", "--json", "--format", "table"), ("contradict",)),
            (("a", "a", "-o", "missing/x"), ("cannot write missing/x",)),
            (("a", "a", "--nonsense"), ("--nonsense",)),
        ],
    )
    def test_it_ends_2_with_one_sentence(self, netmind, kept, arguments, words):
        kept(made("20a"))
        kept(made("20b"))
        done = netmind("compare", *("20a" if word == "a" else word for word in arguments))
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert done.stdout == ""
        for word in words:
            assert word in done.stderr

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (RECORDING.read_text()[:3000], "not valid JSON"),
            ("", "is empty"),
            ('{"schema": "netmind.info/1"}', "expected schema netmind.bench/1, found netmind.info/1"),
            ('{"schema": "netmind.bench/2"}', "expected schema netmind.bench/1, found netmind.bench/2"),
        ],
    )
    def test_a_file_that_is_no_run_is_named(self, netmind, kept, tmp_path, content, words):
        kept(made("a"))
        path = tmp_path / "x.json"
        path.write_text(content)
        done = netmind("compare", "a", path)
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert words in done.stderr


class TestHistory:
    def test_the_newest_run_comes_first_and_a_damaged_file_is_one_warning(self, netmind, kept):
        for day in (2, 3, 1):
            path = kept(made(f"run{day}", day=day))
        path.with_name("bad.json").write_text("{")
        done = netmind("bench", "--history")
        assert done.returncode == 0
        assert [done.stdout.index(f"run{day}") for day in (3, 2, 1)] == sorted(
            done.stdout.index(f"run{day}") for day in (1, 2, 3)
        )
        assert "GFLOP/s" in done.stdout
        assert done.stderr.count("\n") == 1
        assert "bad.json is not valid JSON" in done.stderr

    def test_its_document_holds_to_its_schema(self, netmind, kept):
        kept(made("a"))
        kept(made("b", day=2, kernels=("dispatch",)))
        done = netmind("bench", "--history", "--json")
        found = json.loads(done.stdout)
        jsonschema.Draft202012Validator(schema("history")).validate(found)
        assert [run["run_id"] for run in found["runs"]] == ["b", "a"]
        assert found["runs"][0]["figures"][0]["unit"] == "s"

    def test_kernels_and_devices_can_be_chosen(self, netmind, kept):
        kept(made("a"))
        kept(made("b", kernels=("stream.add",)))
        found = json.loads(netmind("bench", "--history", "-k", "gemm.*", "-d", "cpu", "--json").stdout)
        assert [[figure["kernel"] for figure in run["figures"]] for run in found["runs"]] == [["gemm.fp32"]]
        assert json.loads(netmind("bench", "--history", "-d", "gpu:0", "--json").stdout)["runs"] == []
        assert len(json.loads(netmind("bench", "--history", "--suite", "quick", "--json").stdout)["runs"]) == 2

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("-k", "gemm.fp23"), "did you mean gemm.fp32?"),
            (("-d", "nonsense"), "nonsense"),
            (("--suite", "quik"), "did you mean quick?"),
            (("--format", "csv"), "table, json"),
        ],
    )
    def test_bad_input_ends_2(self, netmind, kept, arguments, words):
        kept(made("a"))
        done = netmind("bench", "--history", *arguments)
        assert done.returncode == 2
        assert words in done.stderr

    def test_without_runs_it_says_so_and_leaves_nothing(self, netmind, home):
        home.mkdir()
        done = netmind("bench", "--history")
        assert (done.returncode, done.stdout) == (0, "0 runs kept\n")
        assert list(home.iterdir()) == []
