"""``netmind earnings card``: as a person sees it, as a program does, and what cannot be asked."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product

import jsonschema
import pytest

from netmind_tui.document import schema
from netmind_tui.model.metering import Activity, Interval
from netmind_tui.node.meter.opening import NAME
from netmind_tui.node.meter.store import Store

RATE = '[[rate]]\ncard = "netmind-power"\nlevel = "5"\nper = "device-hour"\namount = "1.5 NMT"\nfrom = 2026-11-01\n'


@pytest.fixture
def box(node, monkeypatch, tmp_path):
    """A user with a home."""
    for name in ("NETMIND_CONFIG", "NETMIND_RATES", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    monkeypatch.setenv("COLUMNS", "100")
    return node("box")


def enter(box, text: str) -> None:
    path = box.home / ".config/netmind/rates.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_a_card_it_says_that_each_rate_is_to_be_entered(box):
    done = box("earnings", "card")
    assert done.code == 0, done.err
    assert done.out.startswith("manual 1")
    assert "enter yours in rates.toml" in done.out


def test_the_card_of_a_network_says_what_it_does_not_publish_and_where_sources_disagree(box):
    out = " ".join(box("earnings", "card", "netmind-power").out.split())
    for words in (
        "does not publish the rate of its connection reward: enter yours in rates.toml",
        "no payer is connected by this card",
        "more than 5 h online of 24 h",
        "80 % are burnt",
        "80 % are paid to providers",
        "not chosen: your work is not rated by it",
        "read 2026-11,",
    ):
        assert words in out


def test_what_the_owner_entered_stands_beside_it(box):
    enter(box, RATE)
    box("config", "set", "earnings.rate_card", "netmind-power")
    out = " ".join(box("earnings", "card").out.split())
    assert "1.5 NMT per device-hour from 2026-11-01, level 5, yours" in out
    assert "connection reward: the one that you entered is taken" in out
    assert "your work is rated by it" in out


def test_a_card_of_ones_own_is_the_chosen_one_however_its_place_is_written(box, tmp_path, monkeypatch):
    path = tmp_path / "lab.toml"
    head = 'schema = "netmind.card/1"\nname = "lab"\nversion = "1"\ntitle = "lab"\ndate = 2026-11-01\n'
    path.write_text(f'{head}[[reward]]\nname = "work"\ntitle = "work"\n')
    box("config", "set", "earnings.rate_card", str(path))
    monkeypatch.chdir(tmp_path)
    assert "your work is rated by it" in box("earnings", "card", f"{tmp_path}/./lab.toml").out


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_it_fits_its_terminal(box, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, box("earnings", "card", "netmind-power").out.splitlines())) <= columns


def test_the_documents_keep_their_schemas_and_have_money_as_text(box):
    enter(box, RATE)
    found = box("earnings", "card", "netmind-power", "--json").document
    jsonschema.validate(found, schema("rate-card"))
    assert found["own"][0]["amount"] == "1.5"
    assert found["card"]["emissions"][1]["daily"] == "20547.945210"
    assert [rate["amount"] for rate in found["card"]["rates"]] == [None, None]
    listed = box("earnings", "card", "--list", "--json").document
    jsonschema.validate(listed, schema("rate-cards"))
    assert [(each["name"], each["is_chosen"]) for each in listed["cards"]] == [
        ("manual", True),
        ("netmind-power", False),
    ]


def test_shared_it_names_no_home(box):
    found = box("earnings", "card", "--json", "--share")
    assert (found.code, str(box.home) in found.out) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["netmind"], "there is no rate card 'netmind': did you mean netmind-power?"),
        (["/nowhere.toml"], "/nowhere.toml: there is no such rate card"),
        (["manual", "--list"], "--list shows every card"),
        (["--format", "csv"], "this command writes table, json"),
        (["-o", "/nowhere/card.txt"], "there is no folder /nowhere"),
    ],
)
def test_what_cannot_be_asked_ends_with_2_and_one_sentence(box, arguments, sentence):
    done = box("earnings", "card", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1


def meter(box, *hours_ago: float, each_h: float = 0.25) -> None:
    """What two devices did, in pieces of a quarter of an hour."""
    folder = box.home / ".local/state/netmind/agent"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    with closing(Store(folder / NAME)) as store:
        for ago, device in product(hours_ago, ("gpu:0", "gpu:1")):
            start = now - timedelta(hours=ago)
            end = start + timedelta(hours=each_h)
            length_ms = (end - start) // timedelta(milliseconds=1)
            kind = Activity.READY if device == "gpu:0" else Activity.WORK
            members = {"device": device, "activity": kind, "start": start, "end": end, "duration_ms": length_ms}
            store.put([Interval(id=store.new_id(), workload="job", instance=f"{device}-{ago}", **members)], {})


def test_the_way_to_the_hours_that_a_card_asks_for_is_shown(box):
    meter(box, 30, 24.1, 20, 3, 2)
    box("config", "set", "earnings.rate_card", "netmind-power")
    found = box("earnings", "--json").document["online"]
    assert found["hours"] == pytest.approx(0.15 + 3 * 0.25, abs=0.01)
    assert (found["needed_hours"], found["of_hours"]) == (5, 24)
    box("config", "set", "earnings.rate_card", "manual")
    assert box("earnings", "--json").document["online"] is None


def test_a_fault_in_the_owners_rates_names_file_key_and_what_was_expected(box):
    enter(box, RATE.replace('"1.5 NMT"', "1.5"))
    done = box("earnings", "card")
    assert done.code == 2
    assert 'rates.toml: rate 1.amount: expected money in quotes, with its asset, such as "1.5 EUR"' in done.err


def test_a_card_that_cannot_be_named_so_is_refused_where_it_is_set(box):
    done = box("config", "set", "earnings.rate_card", "My Card")
    assert done.code == 2
    assert 'expected a card such as "netmind-power", or the path of one that begins with /' in done.err
