"""Nodes that certify and verify: each with a home of its own, run within the test's process."""

import json
import shutil
import signal
import socket
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.cli.main import main
from netmind_tui.model.kernel import Provider

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)

    def check(self, name: str, file: int = 0) -> tuple[str, str]:
        """The answer and the sentence of one check of a JSON report."""
        found = {each["check"]: each for each in self.document["files"][file]["checks"]}[name]
        return found["answer"], found["sentence"]


class Node:
    """A user with a home, who runs ``netmind``."""

    def __init__(self, home: Path, monkeypatch, capsys) -> None:
        self.home, self._monkeypatch, self._capsys = home, monkeypatch, capsys
        home.mkdir()

    @property
    def identity(self) -> Path:
        return self.home / ".local/share/netmind/identity"

    @property
    def shelf(self) -> list[Path]:
        """The certificates that were kept, oldest first."""
        folder = self.home / ".local/state/netmind/certificates"
        return sorted(path for path in folder.rglob("*.json") if not path.name.endswith(".result.json"))

    def __call__(self, *arguments: object) -> Done:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            self._monkeypatch.delenv(name, raising=False)
        self._monkeypatch.setenv("HOME", str(self.home))
        self._monkeypatch.setenv("NETMIND_LOCKS", str(self.home))
        before = [signal.getsignal(number) for number in _SIGNALS]
        self._capsys.readouterr()
        try:
            code = main([str(each) for each in arguments])
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)
        told = self._capsys.readouterr()
        return Done(int(code), told.out, told.err)

    def keep(self, run: dict) -> str:
        """Keep a run as if it had been measured here, and return its id."""
        folder = self.home / ".local/state/netmind/runs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{run['run_id']}.json").write_text(json.dumps(run))
        return run["run_id"]

    def certify(self, run: dict, path: Path, *options: object) -> Path:
        """Certify a run into a file."""
        done = self("certify", "--run", self.keep(run), "-o", path, *options)
        assert done.code == 0, done.err
        return path

    def keys(self, path: Path) -> Path:
        """The list of keys of whoever trusts this node."""
        done = self("identity", "export-public", "--word", self.home.name)
        path.write_text(done.out)
        return path


@pytest.fixture
def node(tmp_path, monkeypatch, capsys) -> Callable[[str], Node]:
    return lambda name: Node(tmp_path / name, monkeypatch, capsys)


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _onto(run: dict, card: dict) -> None:
    """The same figures as if they had been measured on a card: what needs another shape there is left out."""
    run["devices"] = [deepcopy(card)]
    for name in ("measurements", "capacity"):
        run[name] = [row | {"device": card["id"]} for row in run[name] if row["kernel"] in ("dispatch", "stream.add")]
    kernels = {kernel.id: kernel for kernel in open_catalog().kernels}
    for row in run["measurements"]:
        variant = next(each for each in kernels[row["kernel"]].variants if each.provider is Provider.CUDA)
        row |= {"provider": "cuda", "kernel_sha256": variant.sha256, "shape": dict(variant.shape) | row["shape"]}
        row["placement"] = {"provider": "cuda", "nodes": 1, "read": True}
        row["peak"] = row["efficiency"] = row["threads"] = None


@pytest.fixture
def recorded() -> Callable[..., dict]:
    """A recorded run as if this machine had just finished it: ``recorded(card={…}, driver="580.65", suite=…)``."""

    def make(*, card=None, driver=None, ago=timedelta(minutes=1), **changes) -> dict:
        run = json.loads(RECORDING.read_text())
        finished = datetime.now(UTC) - ago
        later = finished - datetime.fromisoformat(run["finished_at"])
        run["run_id"] = f"{finished:%Y%m%dT%H%M%S}Z-{finished.microsecond:06x}"
        for each in (run, *run["measurements"]):
            for name in {"started_at", "finished_at"} & each.keys():
                each[name] = written(datetime.fromisoformat(each[name]) + later)
        run["host"]["hostname"] = socket.gethostname()
        if card is not None:
            _onto(run, card)
            run["environment"]["driver"] = {"version": driver or "580.65.06"}
        return run | changes

    return make


@pytest.fixture(scope="session")
def small_catalog(tmp_path_factory, hasty_kernels) -> Path:
    """The shipped catalogue, whose quick suite has two kernels and is done in a moment."""
    folder = shutil.copytree(hasty_kernels, tmp_path_factory.mktemp("catalog") / "kernels")
    text = (folder / "catalog.toml").read_text()
    head, _, tail = text.partition('name = "quick"')
    begin = tail.index("kernels = [")
    end = tail.index("]", begin) + 1
    for name in ("left_out_on_gpus = [", "sizes = {"):  # name kernels that are no longer in it
        at = tail.index(name)
        assert at < tail.index("[[suites]]")
        tail = tail[:at] + "# " + tail[at:]
    (folder / "catalog.toml").write_text(
        f'{head}name = "quick"{tail[:begin]}kernels = ["dispatch", "gemm.int8"]{tail[end:]}'
    )
    return folder
