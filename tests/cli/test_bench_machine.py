"""``netmind bench`` of what has no graph: copies, memory and disks, as people run it, and what can go wrong."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.bench.room import room_refusal
from netmind_tui.document import schema

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
BYTES = 4 * 2**20
SHM = Path("/dev/shm")  # noqa: S108 - what is tested


@pytest.fixture(scope="module")
def kernels(tmp_path_factory, hasty_kernels):
    """The catalogue of little time with small buffers too: the stand-in card copies with a processor."""
    folder = tmp_path_factory.mktemp("kernels")
    for path in hasty_kernels.iterdir():
        if path.suffix != ".toml":
            (folder / path.name).symlink_to(path)
    catalog = (hasty_kernels / "catalog.toml").read_text()
    catalog = catalog.replace("shape = { bytes = 268435456 }", f"shape = {{ bytes = {BYTES} }}")
    catalog = catalog.replace("shape = { bytes = 1073741824 }", "shape = { bytes = 134217728 }")
    (folder / "catalog.toml").write_text(catalog)
    return folder


@pytest.fixture
def bench(tmp_path, kernels):
    """The command in an empty home, with locks of its own."""
    locks = tmp_path / "locks"
    locks.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    own = {"HOME": str(tmp_path), "NETMIND_LOCKS": str(locks), "NETMIND_KERNELS": str(kernels), "LD_LIBRARY_PATH": ""}

    def run(*arguments, env=None, **options):
        return subprocess.run(
            [*NETMIND, "bench", "--json", *arguments],
            env=kept | own | (env or {}),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def card(bench, nvml_stub, idle_card):
    """The command on a machine with a stand-in card; keywords are the runtime's settings."""

    def run(*arguments, scenario="consumer", **settings):
        stub = nvml_stub(scenario)
        env = {name: stub[name] for name in ("NETMIND_STUB_SCENARIO",)}
        env["LD_LIBRARY_PATH"] = f"{stub['LD_LIBRARY_PATH']}:{idle_card}"
        env |= {f"NETMIND_STUB_{name.upper()}": str(value) for name, value in settings.items()}
        return bench("--provider", "cuda", *arguments, env=env)

    return run


def rows(done):
    assert "Traceback" not in done.stderr
    return {(m["kernel"], m["device"]): m for m in json.loads(done.stdout)["measurements"]}


class TestCopies:
    def test_are_measured_both_ways_and_held_against_the_link(self, card):
        done = card("-k", "transfer.*", copy_bytes_per_s=2e9)
        assert done.returncode == 0, done.stderr
        jsonschema.Draft202012Validator(schema("bench")).validate(json.loads(done.stdout))
        for name in ("transfer.h2d", "transfer.d2h"):
            row = rows(done)[name, "gpu:0"]
            assert row["verified"] == row["verified"] | {"method": "bitwise", "before": True, "after": True}
            assert row["placement"] is None
            assert row["kernel_sha256"] is None
            assert row["shape"] == {"bytes": BYTES}
            # A stand-in card is never faster than it was told to be.
            assert 0 < row["value"] < 2.02e9
            assert row["peak"] == {
                "value": pytest.approx(31.5e9, rel=1e-3),
                "source": "PCIe 4.0 ×16: 31.5 GB/s each way, 128b/130b",
                "calibrated": True,
            }

    @pytest.mark.parametrize("fault", ["idle", "flip", "alias"])
    def test_that_are_wrong_fail_without_a_rate(self, card, fault):
        done = card("-k", "transfer.*", copy=fault)
        assert done.returncode == 1
        wrong = [row for row in rows(done).values() if row["status"] == "fail"]
        assert len(wrong) == 2 if fault != "alias" else wrong
        assert all(row["value"] is None and row["reasons"][0]["id"] == "wrong-result" for row in wrong)

    def test_that_go_wrong_under_load_fail(self, card):
        done = card("-k", "transfer.h2d", copy="idle", copy_after=20, copy_bytes_per_s=1e9)
        (row,) = rows(done).values()
        assert done.returncode == 1
        assert (row["verified"]["before"], row["verified"]["after"]) == (True, False)

    def test_for_which_there_is_no_memory_end_4(self, card):
        done = card("-k", "transfer.h2d", malloc_bytes=2**20)
        (row,) = rows(done).values()
        assert done.returncode == 4
        assert row["reasons"][0]["id"] == "out-of-memory"
        assert "cudaMalloc: out of memory" in row["reasons"][0]["detail"]

    def test_that_the_driver_refuses_end_4_with_its_words(self, card):
        done = card("-k", "transfer.d2h", copy="error", copy_after=1)
        (row,) = rows(done).values()
        assert done.returncode == 4
        assert "an illegal memory access" in row["reasons"][0]["detail"]

    def test_are_nothing_for_a_processor(self, bench):
        done = bench("-d", "cpu", "--force", "-k", "transfer.*")
        assert done.returncode == 3
        assert {row["status"] for row in rows(done).values()} == {"skip"}

    def test_show_which_of_eight_cards_is_slower(self, card):
        # So slow that no busy moment of this machine makes another card slower.
        settings = {"copy_bytes_per_s": 1e8, "slow": "GPU-5eed0000-0000-4000-8000-000000000005=75"}
        done = card("-k", "transfer.h2d", scenario="h100x8", **settings)
        rates = {device: row["value"] for (_, device), row in rows(done).items()}
        assert len(rates) == 8
        assert min(rates, key=rates.get) == "gpu:5"
        assert rates["gpu:5"] < 0.5 * sorted(rates.values())[4]


class TestMemory:
    def test_of_a_card_and_of_the_host_is_examined(self, card, bench):
        for done, device in (
            (card("-k", "memory.*"), "gpu:0"),
            (bench("-d", "cpu", "--force", "-k", "memory.*"), "cpu"),
        ):
            row = rows(done)["memory.integrity", device]
            assert done.returncode == 0, done.stderr
            assert (row["status"], row["value"], row["unit"], row["n"]) == ("pass", 2**27, "bytes", 1)
            assert row["before"] is not None
            # What was examined is no rate.
            assert json.loads(done.stdout)["capacity"] == []

    @pytest.mark.parametrize("fault", ["idle", "flip", "alias", "stuck"])
    def test_that_is_broken_fails_and_says_where(self, card, fault):
        done = card("-k", "memory.integrity", copy=fault)
        (row,) = rows(done).values()
        assert done.returncode == 1
        assert row["value"] is None
        assert row["reasons"][0]["id"] == "wrong-result"
        assert "offset 0x" in row["reasons"][0]["detail"]

    def test_that_cannot_be_had_ends_4(self, card):
        done = card("-k", "memory.integrity", malloc_bytes=2**20)
        assert done.returncode == 4
        assert rows(done)["memory.integrity", "gpu:0"]["reasons"][0]["id"] == "out-of-memory"

    def test_is_examined_as_far_as_the_owner_says(self, bench):
        plan = json.loads(bench("-d", "cpu", "--force", "-k", "memory.*", "--memory-share", "1", "--dry-run").stdout)
        (step,) = plan["steps"]
        assert step["shape"]["bytes"] % 2**26 == 0
        assert step["memory_bytes"] == step["shape"]["bytes"]

    def test_is_no_row_of_a_comparison_when_it_is_well(self, bench, tmp_path):
        for name in ("a.json", "b.json"):
            bench("-d", "cpu", "--force", "-k", "memory.*", "-k", "dispatch", "-o", str(tmp_path / name))
        done = subprocess.run(
            [*NETMIND, "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert [row["kernel"] for row in json.loads(done.stdout)["kernels"]] == ["dispatch"]


class TestDisks:
    @pytest.fixture
    def folder(self, tmp_path):
        """A folder on a disk with room, or none of these tests."""
        folder = tmp_path / "disk"
        folder.mkdir()
        if refusal := room_refusal(folder, 2**24):
            pytest.skip(refusal.detail)
        return folder

    def test_are_measured_and_left_as_they_were(self, bench, folder):
        done = bench("-d", "cpu", "--force", "-k", "disk.*", "--disk-folder", str(folder))
        assert done.returncode == 0, done.stderr
        for row in rows(done).values():
            assert row["value"] > 0
            assert row["unit"] == "bytes/s"
            assert row["verified"] == row["verified"] | {"method": "bitwise", "before": True, "after": True}
            assert row["peak"] is None
        assert list(folder.iterdir()) == []

    @pytest.mark.usefixtures("folder")
    def test_are_measured_where_the_state_lies_unless_told(self, bench, tmp_path):
        done = bench("-d", "cpu", "--force", "-k", "disk.read")
        assert done.returncode == 0, done.stderr
        assert [path.name for path in (tmp_path / ".local/state/netmind").iterdir()] == ["runs"]

    def test_that_are_memory_are_skipped_or_an_error_if_asked_for_by_name(self, bench):
        if not SHM.is_dir():
            pytest.skip("no /dev/shm here")
        by_pattern = bench("-d", "cpu", "--force", "-k", "disk.*", "--disk-folder", str(SHM))
        by_name = bench("-d", "cpu", "--force", "-k", "disk.read", "--disk-folder", str(SHM))
        assert {row["status"] for row in rows(by_pattern).values()} == {"skip"}
        assert {row["status"] for row in rows(by_name).values()} == {"error"}
        assert (by_pattern.returncode, by_name.returncode) == (3, 3)
        assert rows(by_name)["disk.read", "cpu"]["reasons"][0]["id"] == "memory-disk"

    def test_that_take_no_file_of_that_size_are_skipped_with_nothing_left(self, bench, folder):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2**22, 2**22))

        done = bench("-d", "cpu", "--force", "-k", "disk.*", "--disk-folder", str(folder), preexec_fn=limit)
        assert done.returncode == 3
        for row in rows(done).values():
            assert row["status"] == "skip"
            assert row["reasons"][0]["id"] == "not-enough-space"
            assert "ulimit -f" in row["reasons"][0]["detail"]
        assert list(folder.iterdir()) == []

    def test_the_plan_says_why_one_would_not_be_measured(self, bench):
        done = bench("-d", "cpu", "--force", "-k", "disk.*", "--disk-folder", "/proc", "--dry-run")
        assert all(step["refused"] for step in json.loads(done.stdout)["steps"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--disk-folder", "/nowhere/at/all"], "--disk-folder /nowhere/at/all: no such folder"),
        (["--disk-folder", "/dev/null"], "--disk-folder /dev/null: no such folder"),
        (["--memory-share", "0"], "--memory-share"),
        (["--memory-share", "100"], "--memory-share"),
        (["--memory-share", "nan"], "--memory-share"),
        (["--memory-share", "half"], "--memory-share"),
    ],
)
def test_words_that_cannot_be_meant_end_2(bench, arguments, words):
    done = bench(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
