"""``netmind energy``: a period of the books, and baselines that are measured only where nothing happens."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from netmind_tui.bench.lock import held
from netmind_tui.cli import energy_calibrate
from netmind_tui.cli.energy_view import calibration_table, table
from netmind_tui.cli.page import Page
from netmind_tui.document import convert, schema
from netmind_tui.ledger.energy.baseline import add_baselines, read_baselines
from netmind_tui.ledger.store import open_ledger
from netmind_tui.model.control import PeriodQuery
from netmind_tui.model.energy import Baseline, Calibration, Energy, Uncalibrated
from netmind_tui.model.ledger import Account, Draft, EntryKind, Move, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset
from netmind_tui.model.period import PeriodName

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
EUR = Asset(code="EUR", exponent=2)
DEADLINE_S = 30


def baseline(idle_w: float = 18.5, **more) -> Baseline:
    known = {
        "device": "gpu:0",
        "uuid": "GPU-0",
        "made_at": datetime.now(UTC) - timedelta(days=3),
        "spread_w": 0.4,
        "readings": 12,
        "duration_s": 60.0,
        "method": EnergyMethod.NVML_ENERGY,
    }
    return Baseline(idle_w=idle_w, **{**known, **more})


def valid(done, name):
    jsonschema.Draft202012Validator(schema(name)).validate(done.document)
    return done.document


@pytest.fixture
def machine(node, monkeypatch, tmp_path):
    """A user without an agent and without a GPU."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LD_LIBRARY_PATH", "")
    user = node("ana")
    user.baselines = user.home / ".local/state/netmind/energy/baseline.json"
    return user


@pytest.fixture
def worked(machine):
    """A quarter of an hour of work on each of two cards, at 300 W, of which 50 W idle, that begins now."""
    path = machine.home / ".local/state/netmind/ledger/ledger.db"
    path.parent.mkdir(parents=True)
    now = datetime.now(UTC)
    with closing(open_ledger(path)) as ledger:
        ledger.append([_quarter(now, "a"), _quarter(now, "b", "gpu:1")], now)
    return machine


def _quarter(at: datetime, name: str, device: str = "gpu:0") -> Draft:
    ms, quarter = 900_000, timedelta(minutes=15)
    cost = {Account.ENERGY_MARGINAL: Fraction(1875, 100_000), Account.ENERGY_IDLE: Fraction(375, 100_000)}
    return Draft(
        id=name,
        kind=EntryKind.METERED,
        at=at,
        until=at + quarter,
        subject=Subject(node="n", device=device, uuid=f"GPU-{device[-1]}", workload="llm"),
        moves=tuple(Move(debit=to, credit=Account.ENERGY_OWED, asset=EUR, exact=it) for to, it in cost.items()),
        usage=Usage(
            activity=Activity.WORK,
            duration_ms=ms,
            energy_ms=ms,
            energy_mj=300 * ms,
            idle_mj=50 * ms,
            uncertain_mj=15 * ms,
            method=EnergyMethod.NVML_ENERGY,
        ),
    )


def test_without_books_everything_is_nothing_and_that_is_no_fault(machine):
    done = machine("energy", "--json")
    assert (done.code, done.err) == (0, "")
    document = valid(done, "energy")
    assert (document["total"]["energy"]["full_kwh"], document["lines"], document["by"]) == (None, [], "device")
    assert "nothing was metered" in machine("energy").out


def test_a_period_is_told_by_device(worked):
    document = valid(worked("energy", "today", "--json"), "energy")
    assert [(each["device"], each["work_hours"]) for each in document["lines"]] == [("gpu:0", 0.25), ("gpu:1", 0.25)]
    assert document["total"]["energy"]["marginal_kwh"] == 0.125
    assert document["total"]["energy"]["uncertainty_pct"] == pytest.approx(5.0)
    # Each device's cents are its own: what is below one is carried to its next.
    assert document["total"]["cost"] == [{"asset": "EUR", "amount": "0.02"}]


def test_a_period_is_told_by_day(worked):
    document = valid(worked("energy", "--by", "day", "--json"), "energy")
    assert [each["day"] for each in document["lines"]] == [f"{datetime.now(ZoneInfo(document['zone'])):%Y-%m-%d}"]


def test_people_see_work_idle_cost_and_what_is_not_calibrated(worked):
    add_baselines(worked.baselines, [baseline()])
    done = worked("energy", "today")
    assert done.code == 0
    assert "for work  0.125 kWh  0.02 EUR" in done.out
    assert "18.5 ± 0.4 W  3 days ago" in done.out
    assert "not known: netmind energy calibrate" in done.out


def test_a_price_and_watts_make_a_floor(worked):
    worked("config", "set", "electricity.price_per_kwh", "0.40 EUR")
    worked("config", "set", "electricity.fee_pct", "50")
    floors = valid(worked("energy", "--json"), "energy")["floors"]
    assert {(each["device"], each["per_hour"], each["currency"]) for each in floors} == {
        ("gpu:0", "0.240000", "EUR"),
        ("gpu:1", "0.240000", "EUR"),
    }


@pytest.mark.parametrize(
    ("rate", "booked", "per_hour"),
    [
        ('amount = "1 EUR"\nfee_pct = 70\nburnt_pct = 5\n', {}, "0.480000"),
        ('amount = "1 EUR"\nfee_pct = 0\n', {}, "0.120000"),
        # Which card that is only the agent knows, and so does what it booked.
        (
            'amount = "1 EUR"\nfee_pct = 75\nmodel = "NVIDIA H100"\n',
            {"rate": "1 EUR per device-hour", "fee_pct": "70", "burnt_pct": "5"},
            "0.480000",
        ),
        ('amount = "1 EUR"\nfee_pct = 75\nmodel = "NVIDIA H100"\n', {}, "0.240000"),
    ],
)
def test_the_floor_is_after_what_the_card_keeps_else_after_the_owners_fee(machine, rate, booked, per_hour):
    now, ledger = datetime.now(UTC), machine.home / ".local/state/netmind/ledger/ledger.db"
    ledger.parent.mkdir(parents=True)
    with closing(open_ledger(ledger)) as books:
        books.append([replace(_quarter(now, "a"), note=booked)], now)
    machine("config", "set", "electricity.price_per_kwh", "0.40 EUR")
    machine("config", "set", "electricity.fee_pct", "50")
    (machine.home / ".config/netmind/rates.toml").write_text(
        f'[[rate]]\nper = "device-hour"\nfrom = 2020-01-01\n{rate}'
    )
    found = valid(machine("energy", "--json"), "energy")
    assert ({each["per_hour"] for each in found["floors"]}, found["warnings"]) == ({per_hour}, [])


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["week", "--by", "day"], PeriodQuery(period=PeriodName.WEEK, by="day")),
        (
            ["--from", "2026-11-01T00:00Z", "--to", "2026-11-02T06:00Z"],
            PeriodQuery(
                period=PeriodName.BETWEEN,
                start=datetime(2026, 11, 1, tzinfo=UTC),
                end=datetime(2026, 11, 2, 6, tzinfo=UTC),
                by="device",
            ),
        ),
    ],
)
def test_another_users_agent_tells_of_its_own_energy(worked, agents, tmp_path, monkeypatch, arguments, asked):
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    made = agents.MadeNode()
    with agents.running(tmp_path / "a.sock", node=made):
        document = valid(worked("energy", *arguments, "--json"), "energy")
    assert document["lines"] == []
    assert ("energy", asked) in made.heard


def test_an_agent_that_keeps_its_baselines_elsewhere_is_named(machine, agents, tmp_path, monkeypatch):
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    measured(monkeypatch, Calibration(baselines=(baseline(),)))
    with agents.running(tmp_path / "a.sock", node=agents.MadeNode()):
        done = machine("energy", "calibrate")
    assert done.code == 0
    assert "reads /energy/baseline.json: copy it there" in done.err


def test_damaged_baselines_are_said_and_the_books_told_all_the_same(worked):
    worked.baselines.parent.mkdir(parents=True)
    worked.baselines.write_text("{")
    done = worked("energy", "--json")
    assert done.code == 0
    assert any("netmind energy calibrate" in each for each in done.document["warnings"])


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_the_table_fits_its_page(worked, columns):
    add_baselines(worked.baselines, [baseline()])
    worked("config", "set", "electricity.price_per_kwh", "0.40 EUR")
    found = convert(worked("energy", "--json").document, Energy)
    lines = table(found, Page(columns, is_terminal=False, encoding="utf-8"), datetime.now(UTC)).splitlines()
    assert max(len(line) for line in lines) <= columns


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["yesteryear"], "there is no such period"),
        (["--by", "hour"], "--by hour: known: device, day"),
        (["--to", "2026-11-01"], "give --from as well"),
        (["--format", "csv"], "csv"),
        (["calibrate", "--duration", "59"], "--duration 59: seconds from 60 to 3600 are expected"),
        (["calibrate", "--duration", "nan"], "--duration nan: seconds from 60 to 3600 are expected"),
        (["calibrate", "--duration", "soon"], "--duration"),
        (["calibrate", "--device", "gpu:x"], "gpu:x"),
        (["calibrate", "now"], "now"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(machine, arguments, expected):
    done = machine("energy", *arguments)
    assert (done.code, done.out) == (2, "")
    assert expected in done.err
    assert done.err.count("\n") == 1


def test_a_damaged_file_of_baselines_is_said_before_a_minute_is_spent(machine):
    machine.baselines.parent.mkdir(parents=True)
    machine.baselines.write_text("{")
    done = machine("energy", "calibrate")
    assert done.code == 2
    assert "move it away" in done.err
    assert machine.baselines.read_text() == "{"


def measured(monkeypatch, found: Calibration, *, is_missing: bool = False):
    monkeypatch.setattr(energy_calibrate, "_measured", lambda _names, _duration_s: (found, is_missing))


def test_what_was_measured_is_kept_with_its_date_and_told_beside_the_one_before(machine, monkeypatch):
    before, now = baseline(), baseline(21.5, made_at=datetime.now(UTC))
    add_baselines(machine.baselines, [before])
    measured(monkeypatch, Calibration(baselines=(now,), failed=(Uncalibrated(device="cpu", why="it is busy"),)))
    done = machine("energy", "calibrate", "--json")
    assert (done.code, done.err) == (0, "netmind: warning: cpu: it is busy\n")
    assert valid(done, "energy-calibration")["baselines"][0]["idle_w"] == 21.5
    assert read_baselines(machine.baselines) == (before, now)
    page = Page(100, is_terminal=False, encoding="utf-8")
    told = calibration_table(Calibration(baselines=(now,)), [before], page)
    assert "21.5 ± 0.4 W" in told
    assert f"18.5 ± 0.4 W, {before.made_at.astimezone():%Y-%m-%d}" in told


@pytest.mark.parametrize(
    ("arguments", "found", "is_missing"),
    [
        (
            ["--device", "cpu"],
            Calibration(baselines=(baseline(),), failed=(Uncalibrated(device="cpu", why="it is busy"),)),
            False,
        ),
        (["--device", "gpu"], Calibration(baselines=(baseline(),)), True),
        ([], Calibration(failed=(Uncalibrated(device="cpu", why="it is busy"),)), False),
    ],
    ids=["a named one failed", "a named one is missing", "none was measured"],
)
def test_what_was_asked_for_and_not_measured_ends_with_3(machine, monkeypatch, arguments, found, is_missing):
    measured(monkeypatch, found, is_missing=is_missing)
    assert machine("energy", "calibrate", *arguments).code == 3


def test_a_shared_calibration_names_no_card(machine, monkeypatch):
    uuid = "GPU-12345678-1234-1234-1234-123456789abc"
    measured(monkeypatch, Calibration(baselines=(baseline(uuid=uuid),)))
    assert uuid not in machine("energy", "calibrate", "--json", "--share").out
    assert read_baselines(machine.baselines)[0].uuid == uuid


@pytest.fixture
def child(tmp_path, nvml_stub):
    """Start the real command over the stub's machine."""
    home = tmp_path / "home"
    home.mkdir()

    def start(*arguments, scenario="h100x8", **overrides):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
        stub = nvml_stub(scenario, **({"count": 1, "utilization_pct": 0} | overrides))
        given = {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}
        own = {"HOME": str(home), "NETMIND_LOCKS": str(tmp_path), "NETMIND_SOCKET": str(tmp_path / "none.sock")}
        command = [*NETMIND, "energy", "calibrate", *arguments]
        return subprocess.Popen(
            command, env=kept | given | own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    start.baselines = home / ".local/state/netmind/energy/baseline.json"
    return start


def test_an_interruption_leaves_the_baseline_of_before(child):
    before = baseline()
    add_baselines(child.baselines, [before])
    process = child("--device", "gpu:0")
    assert process.stderr.readline() == "netmind: measuring gpu:0 idle for 60 s\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (130, "")
    assert read_baselines(child.baselines) == (before,)


def test_a_card_that_somebody_computes_on_is_refused_by_name(child):
    process = child("--device", "gpu:0", "--json", busy_pid=os.getpid())
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 3
    assert f"gpu:0: pid {os.getpid()} (" in err
    assert json.loads(out)["failed"][0]["device"] == "gpu:0"
    assert not child.baselines.exists()


def test_a_device_that_is_being_measured_is_refused(machine, monkeypatch):
    with held("cpu", since="2026-11-27T18:00:00Z", folder=machine.home):
        done = machine("energy", "calibrate", "--device", "cpu")
    assert done.code == 3
    assert "cpu: it is being measured by pid" in done.err
