"""The self-test as a process, with small matrices: on the CPU, and through the real CUDA provider on a stub card."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys

import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.child import WorkerGoneError
from netmind_tui.cli.selftest import selftest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, Stopped
from netmind_tui.node.work.selftest import Assigned, SelfTest, Wish, assigned

COMMAND = [sys.executable, "-P", "-m", "netmind_tui.cli.selftest"]
CARDS = tuple(f"GPU-5eed0000-0000-4000-8000-00000000000{each}" for each in range(2))


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The shipped catalogue with matrices of 64 by 64, whose results no digest foretells."""
    spec = importlib.util.spec_from_file_location("kernels_build", kernels_folder() / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = shutil.copytree(kernels_folder(), tmp_path_factory.mktemp("small") / "kernels")
    catalog = (folder / "catalog.toml").read_text()
    graphs = {"gemm_int8_u8_2048": (build._U8, 1), "gemm_int8_i8_4096": (build._I8, 1)}
    for name, (kinds, itemsize) in graphs.items():
        graph = folder / f"{name}.onnx"
        before = hashlib.sha256(graph.read_bytes()).hexdigest()
        graph.write_bytes(build.gemm("gemm_int8", kinds, 64, 64, itemsize))
        catalog = catalog.replace(before, hashlib.sha256(graph.read_bytes()).hexdigest())
    catalog = re.sub(r"m = (4096|2048), n = \1, k = \1", "m = 64, n = 64, k = 64", catalog)
    catalog = catalog.replace("device_memory_min_bytes = 4000000000", "device_memory_min_bytes = 9000000000000000")
    catalog = re.sub(r"golden_sha256 = \[[^\]]*\]\n", "", catalog)
    (folder / "catalog.toml").write_text(catalog)
    return folder


@pytest.fixture
def environment(tmp_path, kernels):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_", "CUDA_"))}
    return kept | {"HOME": str(tmp_path), "NETMIND_KERNELS": str(kernels)}


@pytest.fixture
def begin(environment):
    """Begin one and let the test play with it."""
    started = []

    def begin(*arguments, **more):
        child = subprocess.Popen(
            [*COMMAND, *arguments], env=environment | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture
def cards(nvml_stub, idle_card):
    """Two cards, of which the second computes nothing if so wished."""
    stub = nvml_stub("consumer")
    return {
        "NETMIND_STUB_SCENARIO": "consumer",
        "NETMIND_STUB_COUNT": "2",
        "LD_LIBRARY_PATH": f"{stub['LD_LIBRARY_PATH']}:{idle_card}",
    }


def only_child(child):
    (worker,) = psutil.Process(child.pid).children()
    return worker


def worker_of(child):
    """Its worker, once it is there; the first line comes when it is."""
    assert child.stdout.readline()
    return only_child(child)


def end(child):
    out, err = child.communicate(timeout=60)
    return child.returncode, out, err


class TestWhichDevices:
    def test_without_a_word_it_is_the_processor(self):
        assert assigned({}) == (Assigned(device="cpu"),)
        assert assigned({"CUDA_VISIBLE_DEVICES": "", "NETMIND_DEVICES": "cpu"}) == (Assigned(device="cpu"),)

    def test_cards_have_the_names_that_they_were_given(self):
        given = {"NETMIND_DEVICES": "gpu:0,gpu:3", "CUDA_VISIBLE_DEVICES": ",".join(CARDS)}
        expected = (Assigned(device="gpu:0", card=CARDS[0]), Assigned(device="gpu:3", card=CARDS[1]))
        assert assigned(given) == expected
        assert assigned(given | {"NETMIND_DEVICES": "gpu:0 gpu:3 cpu"}) == (*expected, Assigned(device="cpu"))

    def test_started_by_hand_a_card_is_called_as_cuda_knows_it(self):
        assert assigned({"CUDA_VISIBLE_DEVICES": "0"}) == (Assigned(device="0", card="0"),)

    def test_a_card_that_is_named_and_not_visible_is_missed(self):
        with pytest.raises(Problem, match="NETMIND_DEVICES names gpu:0, and CUDA_VISIBLE_DEVICES no card"):
            assigned({"NETMIND_DEVICES": "gpu:0"})


class TestOnTheProcessor:
    def test_it_works_for_the_time_that_was_asked_for_also_when_it_is_stopped_meanwhile(self, begin):
        child = begin("--load", "10", "--for", "1s")
        first, worker = child.stdout.readline(), only_child(child)
        for each in (psutil.Process(child.pid), worker):
            each.suspend()
        for each in (worker, psutil.Process(child.pid)):
            each.resume()
        code, last, err = end(child)
        assert (code, err) == (0, "")
        assert first == "cpu: gemm.int8, 10 % of the time, 64 × 64 × 64\n"
        said = r"cpu: [\d.]+ [kMGT]?OP/s in \d+ % of [\d.]+ s, \d+ products, 2 checked and right\n"
        assert re.fullmatch(said, last)

    def test_asked_to_end_it_is_gone_with_its_worker(self, begin):
        child = begin("--load", "5")
        worker = worker_of(child)
        child.terminate()
        assert end(child)[0] == 143
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE

    def test_when_all_of_it_is_asked_to_end_the_worker_is_not_taken_for_crashed(self, begin):
        child = begin("--load", "5")
        worker = worker_of(child)
        worker.terminate()
        child.terminate()
        code, _, err = end(child)
        assert (code, err) == (143, "")

    def test_a_worker_that_is_killed_ends_it(self, begin):
        child = begin("--load", "5")
        worker_of(child).kill()
        code, _, err = end(child)
        assert code == 4
        assert "cpu: the worker was killed by SIGKILL" in err


def test_a_worker_that_a_signal_ended_first_leaves_time_for_ones_own(kernels, monkeypatch):
    """Whoever ends a whole group may end the worker first."""
    monkeypatch.setenv("NETMIND_KERNELS", str(kernels))
    test = SelfTest(Wish(), {}, lambda _line: None)

    def gone(*_arguments):
        raise WorkerGoneError("the worker was killed by SIGTERM")

    def told(_seconds):
        raise Stopped(ExitCode.TERMINATED)

    monkeypatch.setattr("netmind_tui.node.work.selftest.WorkerChild", gone)
    monkeypatch.setattr("netmind_tui.node.work.selftest.time.sleep", told)
    with pytest.raises(Stopped):
        test.run()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"load": 0.0}, "--load 0: expected per cent of the time, from 1 to 100"),
        ({"load": 100.5}, "--load 100.5: expected per cent of the time, from 1 to 100"),
        ({"load": float("nan")}, "--load nan: expected per cent"),
        ({"for_": "10"}, '"10s" or "10m"?'),
        ({"for_": "0s"}, "--for 0s: expected a length of time of at least 1s"),
        ({"kernel": "stream.add"}, "--kernel stream.add: there is no such work; known: gemm.int8, gemm.fp32"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(wish, words):
    with pytest.raises(Problem) as refused:
        selftest(**wish)
    assert refused.value.code == 2
    assert words in refused.value.sentence


def test_a_mistyped_option_is_refused_in_a_line(begin):
    code, out, err = end(begin("--device", "cpu"))
    assert (code, out) == (2, "")
    assert err == "netmind: error: No such option: --device (see netmind-selftest --help)\n"


@pytest.mark.parametrize("share", ["0", "101", "much"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(Problem, match="expected a number from 1 to 100"):
        SelfTest(Wish(), {"NETMIND_GPU_MEMORY_SHARE_PCT": share}, lambda _line: None)


class TestOnCards:
    def test_both_cards_work_and_their_results_are_right(self, begin, cards):
        given = {"NETMIND_DEVICES": "gpu:0,gpu:1", "CUDA_VISIBLE_DEVICES": ",".join(CARDS)}
        code, out, err = end(begin("--load", "5", "--for", "1s", **cards, **given))
        assert (code, err) == (0, "")
        lines = [line for line in out.splitlines() if "checked and right" in line]
        assert sorted(line.partition(": ")[0] for line in lines) == ["gpu:0", "gpu:1"]

    def test_a_card_that_computes_nothing_is_found_out(self, begin, cards):
        code, _, err = end(
            begin("--load", "5", "--for", "5s", **cards, CUDA_VISIBLE_DEVICES=CARDS[0], NETMIND_STUB_CUBLAS="idle")
        )
        assert code == 1
        assert f"{CARDS[0]}: a result of gemm.int8 is wrong (freivalds)" in err

    def test_it_takes_no_more_of_a_card_than_the_owner_gave(self, begin, cards):
        given = {"CUDA_VISIBLE_DEVICES": CARDS[0], "NETMIND_GPU_MEMORY_SHARE_PCT": "5"}
        code, _, err = end(begin(**cards, **given))
        assert code == 3
        assert "raise gpu_memory_share_pct" in err

    def test_a_card_that_is_not_there_is_named(self, begin, cards):
        code, _, err = end(begin(**cards, CUDA_VISIBLE_DEVICES="GPU-1234"))
        assert code == 3
        assert "CUDA_VISIBLE_DEVICES names GPU-1234, which is not there" in err
