"""``netmind energy tariff`` and ``import-prices``: a day of prices, and prices of currencies that are taken whole."""

import io
import json
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from netmind_tui.cli.page import Page
from netmind_tui.cli.tariff_view import table
from netmind_tui.document import schema
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.worth import Prices, PriceText

BERLIN = ZoneInfo("Europe/Berlin")
BANDS = """
zone = "Europe/Berlin"
currency = "EUR"
price = "0.3299"
[[band]]
price = "0.2199"
from = "22:00"
to = "06:00"
[[band]]
price = "-0.01"
from = "12:00"
to = "14:00"
"""
SLOTS = "start,end,price,currency\n2026-11-22T00:00Z,2026-11-22T00:15Z,0.10,EUR\n"
HEAD = "date,asset,currency,price,source\n"


@pytest.fixture
def ana(node, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    return node("ana")


@pytest.fixture
def bands(tmp_path):
    path = tmp_path / "bands.toml"
    path.write_text(BANDS)
    return path


@contextmanager
def served(body, status=200):
    """A server on this machine that says one thing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            """Tests are silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/rates?token=secret"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_file_is_told_by_its_own_clock_and_as_its_schema_says(ana, bands):
    done = ana("energy", "tariff", bands, "--date", "2026-10-25", "--json")
    assert done.code == 0, done.err
    jsonschema.Draft202012Validator(schema("prices")).validate(done.document)
    assert [done.document["start"], done.document["end"]] == ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]
    assert [slot["price_per_kwh"] for slot in done.document["slots"]] == [
        "0.2199",
        "0.3299",
        "-0.01",
        "0.3299",
        "0.2199",
    ]
    assert {slot["basis"] for slot in done.document["slots"]} == {"published"}


def test_a_day_of_25_hours_is_said_to_be_one_and_when_it_is_cheap(ana, bands):
    done = ana("energy", "tariff", bands, "--date", "2026-10-25")
    assert "25 hours: clocks are put back" in done.out
    assert "1 h from 12:00 at -0.0100" in done.out
    assert [line.split()[:3] for line in done.out.splitlines() if line[:1].isdigit()] == [
        ["00:00", "06:00", "0.2199"],
        ["06:00", "12:00", "0.3299"],
        ["12:00", "14:00", "-0.0100"],
        ["14:00", "22:00", "0.3299"],
        ["22:00", "24:00", "0.2199"],
    ]


def test_what_is_in_force_is_the_plan_and_then_the_static_price(ana, tmp_path):
    path = tmp_path / "slots.csv"
    path.write_text(SLOTS)
    ana("config", "set", "electricity.tariff", path)
    ana("config", "set", "electricity.price_per_kwh", "0.30 EUR")
    found = ana("energy", "tariff", "--date", "2026-11-22", "--json").document
    assert {(slot["price_per_kwh"], slot["basis"]) for slot in found["slots"]} >= {
        ("0.10", "published"),
        ("0.30", "static"),
    }
    assert found["known"].startswith(f"published: {path}, read ")


def test_without_any_price_it_says_how_to_set_one(ana):
    done = ana("energy", "tariff")
    assert (done.code, done.out.count("netmind config set electricity.price_per_kwh")) == (0, 1)
    assert ana("energy", "tariff", "--json").document["slots"] == []


def test_a_url_is_fetched_and_what_it_told_is_known_for_the_hour(ana):
    with served(SLOTS) as url:
        ana("config", "set", "electricity.tariff", url)
        first = ana("energy", "tariff", "--date", "2026-11-22", "--json")
    assert [slot["basis"] for slot in first.document["slots"]] == ["published"]
    assert "secret" not in first.out
    again = ana("energy", "tariff", "--date", "2026-11-22", "--json")
    assert again.document["slots"] == first.document["slots"]


def test_a_url_may_be_looked_at_before_it_counts(ana):
    with served(SLOTS) as url:
        done = ana("energy", "tariff", url, "--date", "2026-11-22", "--json")
    assert len(done.document["slots"]) == 1
    assert "secret" not in done.out
    with served("no", status=500) as url:
        done = ana("energy", "tariff", url)
    assert (done.code, done.out) == (3, "")
    assert done.err.strip().endswith("/rates: HTTP 500")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--date", "2026-02-30"], "--date '2026-02-30': today, tomorrow, yesterday or a date"),
        (["--date", "9999-12-31"], "--date '9999-12-31': "),
        (["--date", "\x1b[2J"], "--date '\\x1b[2J': "),
        (["/no/such.toml"], "/no/such.toml: there is no such file"),
        (["/dev"], "/dev is no file"),
        (["http://tariff.example/x"], "beyond this machine https is expected"),
        (["file:///etc/passwd"], "a URL such as https://tariff.example/rates.json is expected"),
        (["x.toml", "--host", "box"], "--host box says otherwise"),
        (["--format", "csv"], "this command writes table, json"),
    ],
)
def test_what_cannot_be_meant_is_refused(ana, arguments, sentence):
    done = ana("energy", "tariff", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_a_tariff_with_an_overlap_is_refused_with_both_places(ana, bands):
    bands.write_text(BANDS + '[[band]]\nprice = "1"\nfrom = "13:00"\nto = "15:00"\n')
    done = ana("energy", "tariff", bands)
    assert (done.code, done.err) == (
        2,
        f"netmind: error: {bands}: band 2 overlaps band 3: both are about 13:00 on mon\n",
    )


def quarters(count=100):
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    step = timedelta(minutes=15)
    found = [
        PriceText(
            start=start + number * step,
            end=start + (number + 1) * step,
            price_per_kwh=f"{(number % 40 - 5) / 100}",
            currency="EUR",
            basis=PriceBasis.HELD,
            source="x",
        )
        for number in range(count)
    ]
    return Prices(
        start=start, end=start + 25 * timedelta(hours=1), slots=tuple(found), known="held: \x1b[2J", warnings=("a",)
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_table_fits_its_page_and_tells_no_terminal_what_to_do(width, encoding):
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    text = table(quarters(90), BERLIN, Page(width, is_terminal=False, encoding=encoding), now)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert "02:00 CEST" in text
    assert "02:00 CET" in text
    assert "not known" in text
    assert "held" in text
    assert text.count(">" if encoding == "ascii" else "▶") == 1
    assert (encoding == "ascii") == text.isascii()


def test_prices_are_imported_once_and_whole(ana, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(f"{HEAD}2026-11-20,NMT,EUR,0.40,exchange\n2026-11-20,EUR,USD,1.1,bank\n")
    kept = ana.home / ".config/netmind/prices.csv"
    assert ana("energy", "import-prices", file, "--dry-run").out.startswith(
        "2 new prices would be added, 0 known already"
    )
    assert not kept.exists()
    assert ana("energy", "import-prices", file).out == f"2 new prices, 0 known already; 2 in {kept}\n"
    assert ana("energy", "import-prices", file).out == f"0 new prices, 2 known already; 2 in {kept}\n"
    before = kept.read_bytes()
    file.write_text(f"{HEAD}2026-11-21,NMT,EUR,0.41,exchange\n2026-11-20,NMT,EUR,0.99,other\n")
    done = ana("energy", "import-prices", file)
    assert (done.code, kept.read_bytes()) == (2, before)
    assert f"{file}, line 3: NMT in EUR of 2026-11-20 is 0.99 here, and 0.40 in {kept}, line 3" in done.err


def test_prices_of_a_token_of_the_owner_are_known_by_its_decimals(ana, monkeypatch):
    def say(text):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
        return ana("energy", "import-prices", "-")

    line = f"{HEAD}2026-11-20,GLM,EUR,0.20,exchange\n"
    assert "stdin, line 2: 'GLM' is no asset that is known" in say(line).err
    assert ana("config", "set", "asset.GLM.decimals", 18).code == 0
    assert say(line).code == 0
    assert say("").code == 2


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("electricity.tariff", "tariff.toml", "expected a file's path that begins with /, or a URL"),
        ("electricity.tariff", "http://tariff.example/x", "beyond this machine https is expected"),
        ("electricity.tariff", "https://ana:word@tariff.example/x", "a URL such as"),
        ("earnings.currency", "Euro", "expected three capital letters"),
        ("asset.glm.decimals", "18", "a token's code is 2 to 12 capital letters and digits"),
        ("asset.GLM.decimals", "19", "expected a whole number from 0 to 18"),
        ("asset.GLM.decimals", "1.5", "expected a whole number from 0 to 18"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(ana, key, value, sentence):
    done = ana("config", "set", key, value)
    assert done.code == 2
    assert sentence in done.err


def test_settings_are_listed_as_they_stand(ana):
    for key, value in (
        ("electricity.tariff", "https://a.example/r?token=x"),
        ("asset.GLM.decimals", "9"),
        ("earnings.currency", "CHF"),
    ):
        assert ana("config", "set", key, value).code == 0
    found = {each["key"]: each["value"] for each in json.loads(ana("config", "show", "--json").out)["settings"]}
    assert found["electricity.tariff"] == "https://a.example/r?token=x"
    assert (found["asset.GLM.decimals"], found["earnings.currency"]) == (9, "CHF")


@pytest.mark.parametrize(("price", "told"), [("0.19845", "0.1985"), ("-0.19845", "-0.1985"), ("-0.00001", "0.0000")])
def test_a_price_is_told_by_its_digits(ana, tmp_path, price, told):
    path = tmp_path / "slots.csv"
    path.write_text(SLOTS.replace("0.10", price))
    assert f"average {told} EUR per kWh" in ana("energy", "tariff", path, "--date", "2026-11-22").out
