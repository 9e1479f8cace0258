"""``netmind earnings``: what work came to, for people and for programs, with books and without."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.cli.earnings_view import table
from netmind_tui.cli.page import Page
from netmind_tui.document import schema
from netmind_tui.model.earnings import Earnings, EarningsLine, EnergyFigure
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity, Interval
from netmind_tui.model.money import AmountText
from netmind_tui.node.meter.store import Store

MADE = Path(__file__).parents[1] / "ledger/books_made.py"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="session")
def booked():
    """The module ``books_made.py``: work, answers and payments made by hand."""
    spec = spec_from_file_location("tests_books_made", MADE)
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def user(node, monkeypatch, tmp_path):
    """A user without an agent, and without books yet."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TZ", "UTC")
    for name in ("NETMIND_CONFIG", "NETMIND_POLICY", "NETMIND_RATES", "NETMIND_PRICES", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    ana = node("ana")
    ana.ledger = ana.home / ".local/state/netmind/ledger/ledger.db"
    return ana


@pytest.fixture(scope="session")
def made_books(booked, tmp_path_factory):
    """Books of work of this hour: some is open, some accepted, one piece paid."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    books = booked.opened(tmp_path_factory.mktemp("books") / "ledger.db")
    with closing(books.ledger):
        paid = books.work(now, booked.subject("gpu:0"), (booked.claim("2"), booked.energy("0.25")))
        books.accept(paid, 200, payer="acme", fee=20)
        books.settle(paid)
        books.work(now, booked.subject("gpu:1"), (booked.claim("1.234567891234567891", booked.NMT),))
        books.reject(books.work(now, booked.subject("gpu:1", workload="boinc"), (booked.claim("3"),)))
        ready = booked.usage(Activity.READY)
        books.work(now, booked.subject("gpu:1"), (booked.energy("0.01", Account.ENERGY_IDLE),), used=ready)
    return books.path, now


@pytest.fixture
def worker(user, made_books):
    """A user with these books."""
    path, user.now = made_books
    user.ledger.parent.mkdir(parents=True)
    shutil.copy(path, user.ledger)
    return user


ALL = ("--from", "2020-01-01")


def test_without_books_everything_is_nothing_and_nobody_pays(user):
    done = user("earnings")
    assert (done.code, done.err) == (0, "")
    assert "no payer is connected" in done.out
    assert "nothing was metered in that time" in done.out
    assert [line for line in done.out.splitlines() if line.split()[:3] == ["0", "0", "0"]]
    assert not user.ledger.parent.exists()


@pytest.mark.parametrize("word", ["today", "week", "month", "MONTH"])
def test_a_period_has_a_name_with_the_command_and_without(user, word):
    found = user("earnings", word, "--json").document
    jsonschema.validate(found, schema("earnings"))
    assert found["period"] == word.lower()
    assert user("earnings", "show", word, "--json").document == found


def test_a_month_is_meant_where_nothing_is_said(user):
    assert user("earnings", "--json").document["period"] == "month"


def test_the_calendar_is_that_of_the_policy(user):
    path = user.home / ".config/netmind/policy.toml"
    path.parent.mkdir(parents=True)
    path.write_text('zone = "Asia/Kathmandu"\n[[window]]\ndays = "daily"\nfrom = "22:00"\nto = "23:00"\n')
    path.chmod(0o600)
    found = user("earnings", "--json").document
    assert found["zone"] == "Asia/Kathmandu"
    assert found["start"].endswith("T18:15:00Z")


def test_three_figures_stand_side_by_side_and_what_is_left_below(worker):
    found = worker("earnings", *ALL, "--json").document
    total = found["total"]
    assert total["metered"] == [
        {"asset": "EUR", "amount": "5.00"},
        {"asset": "NMT", "amount": "1.234567891234567891"},
    ]
    assert total["accepted"] == [{"asset": "EUR", "amount": "2.00"}]
    assert total["settled"] == [{"asset": "EUR", "amount": "1.80"}]
    assert total["fees"] == [{"asset": "EUR", "amount": "0.20"}]
    assert total["net"] == {"asset": "EUR", "amount": "1.55"}
    text = worker("earnings", *ALL).out
    for words in ("gross", "- fees", "- energy", "= net", "1.55 EUR", "by payers", "1.234567…"):
        assert words in text


def test_without_a_word_on_it_the_currency_is_that_of_the_tariff(user):
    tariff = user.home / "bands.toml"
    tariff.write_text('zone = "UTC"\ncurrency = "NOK"\nprice = "3.30"\n')
    assert user("earnings", "--json").document["currency"] is None
    user("config", "set", "electricity.tariff", str(tariff))
    assert user("earnings", "--json").document["currency"] == "NOK"


@pytest.mark.parametrize(
    ("by", "names"), [("device", ["gpu:0", "gpu:1"]), ("workload", ["boinc", "llm"]), ("payer", ["acme", "no payer"])]
)
def test_lines_are_told_apart(worker, by, names):
    found = worker("earnings", *ALL, "--by", by, "--json").document
    assert len(found["lines"]) == 2
    text = worker("earnings", *ALL, "--by", by).out
    assert all(name in text for name in names)


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("words", [("--by", "device"), ("--by", "workload"), ("entries",), ("verify",)])
def test_no_line_is_wider_than_the_page(worker, monkeypatch, columns, words):
    monkeypatch.setenv("COLUMNS", str(columns))
    given = (*words, *(ALL if words[0] == "entries" else ())) if words[0] != "--by" else (*ALL, *words)
    done = worker("earnings", *given)
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= max(columns, 66 if words[0] == "verify" else 0)


def test_on_a_narrow_page_the_figures_that_count_are_whole(worker, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = worker("earnings", *ALL, "--by", "device").out
    assert "metered" in text
    assert "net" in text
    assert not [line for line in text.splitlines() if "paye…" in line]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("yesterday",), "'yesterday': there is no such period; did you mean today?"),
        (("monht",), "did you mean month?"),
        (("entires",), "No such command 'entires'. Did you mean 'entries'?"),
        (("--by", "devise"), "--by devise: did you mean device?"),
        (("week", "--from", "2026-11-01"), "week and --from are two periods: give one"),
        (("--to", "2026-11-01"), "--to says until when: give --from as well"),
        (("--from", "soon"), "--from 'soon': expected a time"),
        (("--from", "2999-01-01"), "that is still to come"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "that is not after --from 2026-02-02"),
        (("--from", "2020-01-01", "--to", "9999-12-31"), "beyond the calendar"),
        (("entries", "--to", "9999-12-31T23:59Z"), "beyond the calendar"),
        (("--from", "0001-01-01T00:00Z"), "beyond the calendar"),
        (("--format", "csv"), "--format csv: this command writes table, json"),
        (("--json", "--format", "table"), "contradict each other"),
        (("entries", "--kind", "metred"), "--kind metred: did you mean metered"),
        (("entries", "--state", "gone"), "--state gone: known: metered, accepted"),
        (("entries", "--limit", "0"), "limit"),
        (("entries", "--after", str(2**63)), "after"),
        (("entries", "--device", "\udcff"), "--device '\\udcff': that is no UTF-8 text"),
        (("export", "--payer", "a\udcff"), "that is no UTF-8 text"),
        (("entries", "--format", "csv"), "this command writes table, json, jsonl"),
        (("verify", "--head", "3:00"), "expected an entry's number and its hash"),
        (("verify", "--file", "/nowhere/ledger.db"), "there is no such file"),
        (("export", "--format", "excel"), "--format excel: known: csv, jsonl, beancount"),
        (("export", "-o", "/nowhere/a.csv"), "cannot write /nowhere/a.csv"),
    ],
)
def test_bad_input_is_one_sentence(worker, words, sentence):
    done = worker("earnings", *words)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1


def test_what_is_left_says_what_it_is_without():
    now = datetime(2026, 11, 15, tzinfo=UTC)
    energy = EnergyFigure(marginal_kwh=1.0, full_kwh=1.0, known_pct=75.0)
    net = AmountText(asset="EUR", amount="1.00")
    total = EarningsLine(entries=1, device_hours=1.0, energy=energy, net=net, unpriced_pct=12.5)
    told = Earnings(period="month", start=now, end=now + HOUR, zone="UTC", total=total)
    text = " ".join(table(told, Page(120, is_terminal=False, encoding="utf-8"), now).split())
    assert "no price of power was known for 12.5 % of the work" in text
    assert "what was drawn is not known for 25.0 % of the time" in text


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_figure_is_ever_cut_and_each_has_its_asset(columns):
    now = datetime(2026, 11, 15, tzinfo=UTC)
    huge = (
        AmountText(asset="NMT", amount="1234567890.123456000000000000"),
        AmountText(asset="EUR", amount="-1234567.89"),
    )
    line = EarningsLine(
        entries=1,
        workload="w" * 60,
        metered=huge,
        accepted=huge,
        settled=huge,
        rejected=huge,
        open=huge[1:],
        net=huge[1],
    )
    told = Earnings(period="month", start=now, end=now + HOUR, zone="UTC", by="workload", total=line, lines=(line,))
    text = table(told, Page(columns, is_terminal=False, encoding="utf-8"), now)
    assert max(map(len, text.splitlines())) <= columns
    assert "…" not in text
    assert text.count("1,234,567,890.123456") >= 6
    assert text.count("EUR") >= 3
    assert "w" * 14 in text


def test_a_date_is_that_whole_day(worker):
    day = worker.now.date()
    found = worker("earnings", "--from", day, "--to", day, "--json").document
    assert found["total"]["entries"] == 4
    assert datetime.fromisoformat(found["end"]) - datetime.fromisoformat(found["start"]) == timedelta(days=1)
    before = day - timedelta(days=1)
    assert worker("earnings", "--from", before, "--to", before, "--json").document["total"]["entries"] == 0


def test_entries_are_listed_oldest_first_with_what_became_of_each(worker):
    found = worker("earnings", "entries", "--json").document
    jsonschema.validate(found, schema("entries"))
    assert [each["number"] for each in found["entries"]] == list(range(1, 8))
    first = found["entries"][0]
    assert (first["state"], first["worth"]) == ("settled", [{"asset": "EUR", "amount": "2.00"}])
    assert first["cost"] == [{"asset": "EUR", "amount": "0.25"}]
    assert {each["state"] for each in found["entries"] if each["kind"] != "metered"} == {None}
    text = worker("earnings", "entries").out
    for words in ("settled", "rejected", "open", "75.0 Wh", "15:00", "1.234567… NMT"):
        assert words in text


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("--state", "metered"), [4, 7]),
        (("--state", "settled"), [1]),
        (("--kind", "accepted"), [2]),
        (("--device", "gpu:0"), [1, 2, 3]),
        (("--device", "GPU-1"), [4, 5, 6, 7]),
        (("--workload", "boinc"), [5, 6]),
        (("--payer", "acme"), [2, 3]),
        (("--about", "w-1"), [1, 2, 3]),
        (("--limit", "2"), [6, 7]),
        (("--after", "2", "--limit", "2"), [3, 4]),
        (("--to", "2020-01-01"), []),
        (("--device", "gpu:7"), []),
        (("--job", "x"), []),
    ],
)
def test_entries_are_chosen(worker, words, numbers):
    found = worker("earnings", "entries", *words, "--json").document
    assert [each["number"] for each in found["entries"]] == numbers
    assert found["has_earlier"] is (words == ("--limit", "2"))


def test_jsonl_has_an_entry_a_line(worker):
    lines = [json.loads(line) for line in worker("earnings", "entries", "--format", "jsonl").out.splitlines()]
    for line in lines:
        jsonschema.validate(line, schema("ledger-entry"))
        assert line["node"] == "sha256:5eed"
    assert len(lines) == 7


def test_no_books_have_no_entries(user):
    done = user("earnings", "entries")
    assert (done.code, done.err) == (0, "")
    assert user("earnings", "entries", "--json").document["entries"] == []


def test_sound_books_are_verified_and_their_head_told(worker):
    done = worker("earnings", "verify", "--json")
    jsonschema.validate(done.document, schema("ledger-verification"))
    assert (done.code, done.document["verdict"], done.document["sound"]) == (0, "pass", 7)
    head = done.document["head"]
    assert worker("earnings", "verify", "--head", f"{head['number']}:{head['hash']}").code == 0
    forged = worker("earnings", "verify", "--head", f"{head['number']}:{'0' * 64}", "--json")
    assert (forged.code, forged.document["verdict"]) == (1, "fail")
    assert forged.document["flaws"]


def test_books_that_somebody_changed_do_not_hold_and_the_first_bad_entry_is_named(worker):
    data = worker.ledger.read_bytes()
    assert data.count(b"w-2") >= 1
    worker.ledger.write_bytes(data.replace(b"boinc", b"boing"))
    done = worker("earnings", "verify", "--json")
    assert done.code == 1
    assert done.document["flaws"][0]["number"] == 5
    assert done.document["sound"] == 4
    assert "entry 5" in worker("earnings", "verify").out


def test_what_was_exported_as_lines_is_verified_without_the_books(worker, user, tmp_path):
    path = tmp_path / "books.jsonl"
    worker("earnings", "export", "--format", "jsonl", "-o", str(path))
    head = worker("earnings", "verify", "--json").document["head"]
    worker.ledger.unlink()
    done = user("earnings", "verify", "--file", str(path), "--head", f"{head['number']}:{head['hash']}", "--json")
    assert (done.code, done.document["head"], done.document["entries"]) == (0, head, 7)
    assert user("earnings", "verify", "--file", str(path), "--head", f"{head['number']}:{'0' * 64}").code == 1
    path.write_bytes(path.read_bytes().replace(b'"boinc"', b'"boing"'))
    done = user("earnings", "verify", "--file", str(path), "--json")
    assert (done.code, done.document["verdict"]) == (1, "fail")
    assert "line 5, entry 5 (w-3): it is not what was booked" in done.document["flaws"][0]["what"]


def test_no_books_are_sound(user):
    done = user("earnings", "verify")
    assert (done.code, done.err) == (0, "")
    assert "nothing was booked yet" in done.out


def test_books_leave_in_every_form_and_each_row_names_its_node(worker, tmp_path):
    rows = list(csv.DictReader(io.StringIO(worker("earnings", "export").out)))
    assert {row["node"] for row in rows} == {"sha256:5eed"}
    lines = worker("earnings", "export", "--format", "jsonl").out.splitlines()
    assert json.loads(lines[-1])["number"] == 7
    assert all(json.loads(line)["node"] for line in lines[:-1])
    text = worker("earnings", "export", "--format", "beancount").out
    assert 'node: "sha256:5eed"' in text
    done = worker("earnings", "export", "-o", tmp_path / "a.csv")
    assert (done.code, done.out) == (0, "")
    assert list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline=""))) == rows


def test_an_export_of_a_part_has_that_part(worker):
    rows = list(csv.DictReader(io.StringIO(worker("earnings", "export", "--device", "gpu:0").out)))
    assert {row["device"] for row in rows} == {"gpu:0"}


@pytest.mark.parametrize("form", ["csv", "jsonl", "beancount"])
def test_no_books_leave_in_the_form_that_is_expected(user, form):
    done = user("earnings", "export", "--format", form)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith({"csv": "node,", "jsonl": '{"entries":0', "beancount": ";;"}[form])
    assert not user.ledger.exists()


def test_what_is_shared_names_no_card_by_its_uuid(worker, booked):
    uuid = "GPU-11111111-2222-3333-4444-555555555555"
    books = booked.opened(worker.ledger)
    with closing(books.ledger):
        books.numbers = iter([99])
        books.work(worker.now, booked.subject("gpu:2", uuid=uuid))
    for words in (("show", *ALL, "--by", "device"), ("entries",), ("verify",)):
        plain, shared = worker("earnings", *words, "--json").out, worker("earnings", *words, "--json", "--share").out
        assert str(worker.home) not in shared
        assert uuid not in shared
        assert words == ("verify",) or uuid in plain


def test_a_rate_card_with_a_fault_is_a_warning_and_the_books_are_shown(worker):
    path = worker.home / ".config/netmind/rates.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("rate = 7\n")
    done = worker("earnings", *ALL, "--json")
    assert done.code == 0, done.err
    assert [each for each in done.document["warnings"] if "rates.toml" in each]
    assert done.document["total"]["metered"]


def test_books_that_were_damaged_are_no_empty_ones(worker):
    worker.ledger.rename(worker.ledger.with_name("ledger.damaged-20261122T000000000000.db"))
    done = worker("earnings")
    assert done.code == 0
    assert "the books were damaged, and are kept as ledger.damaged-20261122T000000000000.db" in done.err


@pytest.mark.parametrize(
    "words", [("earnings",), ("earnings", "entries"), ("earnings", "verify"), ("earnings", "export")]
)
def test_a_file_that_is_no_ledger_is_one_sentence(worker, words):
    worker.ledger.write_bytes(b"x" * 8192)
    done = worker(*words)
    assert done.code in (2, 3)
    assert done.err.count("\n") == 1
    assert "is no ledger of netmind, or damaged; nothing was changed" in done.err


def test_whoever_reads_no_further_is_no_error(worker, booked):
    books = booked.opened(worker.ledger)
    with closing(books.ledger):
        books.numbers = iter(range(1000, 3000))
        books.ledger.append(
            [
                booked.Draft(
                    id=f"many-{n}",
                    kind=booked.EntryKind.METERED,
                    at=worker.now,
                    until=worker.now + HOUR / 4,
                    subject=booked.subject(),
                    moves=(booked.claim("0.05"),),
                    usage=booked.usage(),
                )
                for n in range(400)
            ],
            worker.now,
        )
    words = [sys.executable, "-m", "netmind_tui", "earnings", "export"]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "HOME": str(worker.home)},
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),  # noqa: PLW1509 - as a shell's pipe may have it
    ) as child:
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(30) == 0


def test_another_users_agent_tells_of_its_own_books(worker, agents, tmp_path, monkeypatch):
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    made = agents.MadeNode()
    with agents.running(tmp_path / "a.sock", node=made):
        found = worker("earnings", "week", "--by", "device", "--json").document
        assert (found["period"], found["total"]["entries"]) == ("week", 0)
        assert worker("earnings", "--from", "2026-11-01", "--to", "2026-11-02", "--json").code == 0
    (_, named), (_, between) = [each for each in made.heard if each[0] == "earnings"]
    assert (named.period, named.by, named.start) == ("week", "device", None)
    assert between.end - between.start == timedelta(days=2)


def test_another_machine_is_asked_through_its_agent(worker, agents, ssh_hosts):
    made = agents.MadeNode(name="alpha")
    with agents.running(ssh_hosts.add("alpha"), node=made):
        done = worker("earnings", "--host", "alpha")
    assert (done.code, done.err) == (0, "")
    assert "nothing was metered" in done.out
    assert [each[0] for each in made.heard].count("earnings") == 1


def test_books_of_another_user_that_are_closed_are_one_sentence_with_whose_they_are(worker, monkeypatch):
    real = Path.exists

    def closed(path, **options):
        if path == worker.ledger:
            raise PermissionError(13, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, "exists", closed)
    for words in (("earnings", "verify"), ("earnings",), ("ledger", "check"), ("ledger", "backups")):
        done = worker(*words)
        assert (done.code, done.out) == (2, "")
        assert "permission denied: these books are " in done.err
        assert done.err.count("\n") == 1


def test_the_hours_online_that_a_card_asks_for_are_shown_as_they_grow(worker):
    assert worker("config", "set", "earnings.rate_card", "netmind-power").code == 0
    now = datetime.now(UTC)
    with closing(Store(worker.home / ".local/state/netmind/agent/meter.db")) as meter:
        known = {"device": "gpu:0", "activity": Activity.READY, "duration_ms": 900_000}
        starts = [now - timedelta(hours=30), *(now - n * HOUR for n in range(2, 8))]
        meter.put([Interval(id=meter.new_id(), start=at, end=at + HOUR / 4, **known) for at in starts], {})
    found = worker("earnings", "--json").document
    assert (found["online"]["hours"], found["online"]["needed_hours"]) == (1.5, 5.0)
    assert "1.5 of the 5 h in 24 h" in worker("earnings").out
    assert [each for each in found["warnings"] if "publish" in each]
