"""``netmind bench --price --fee --card`` as people run it."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from netmind_tui.document import schema

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "locks").mkdir()
    return tmp_path


@pytest.fixture
def bench(home, hasty_kernels):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    own = {"HOME": str(home), "NETMIND_LOCKS": str(home / "locks"), "LD_LIBRARY_PATH": "", "PYTHONUTF8": "1"}
    own |= {"NETMIND_KERNELS": str(hasty_kernels), "COLUMNS": "80"}

    def run(*arguments):
        command = [*NETMIND, "bench", *arguments]
        done = subprocess.run(command, env=kept | own, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr
        return done

    return run


def stored(home):
    return list((home / ".local/state/netmind/runs").glob("*.json"))


def test_a_run_with_a_price_and_a_card_holds_both_and_is_kept_as_printed(bench, home):
    picture = home / "card.svg"
    done = bench(
        "-k", "dispatch", "-k", "gemv.int4", "--price", "0.30 EUR", "--fee", "10", "--json", "--card", str(picture)
    )
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema("bench")).validate(run)
    (summary,) = run["summaries"]
    assert summary["cost"]["price_per_kwh"] == {"amount": "0.30", "currency": "EUR"}
    assert summary["cost"]["fee_pct"] == "10"
    known = summary["power"] is not None
    assert (summary["cost"]["an_hour"] is not None) == known
    assert (summary["cost"]["unknown"] is None) == known
    assert {each["method"] for each in summary["serving"]} == {"estimate"}
    assert "gemv.int4" in {each["basis"] for each in summary["serving"]}
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 - our own picture
    (kept,) = stored(home)
    assert json.loads(kept.read_text()) == run


def test_a_card_that_cannot_be_written_ends_2_after_the_table_and_the_keeping(bench, home):
    done = bench("-k", "dispatch", "--card", "/dev/full")
    assert done.returncode == 2
    assert "cannot write /dev/full" in done.stderr
    assert "in short" in done.stdout
    assert len(stored(home)) == 1


def test_a_card_is_drawn_beside_a_stream_too(bench, home):
    done = bench("-k", "dispatch", "--format", "jsonl", "--card", str(home / "card.svg"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kernel"] == "dispatch"
    assert (home / "card.svg").exists()


def own_price(home):
    file = home / ".config/netmind/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[electricity]\nprice_per_kwh = "0.30 EUR"\nfee_pct = 12.5\n')
    return file


def test_a_price_in_the_configuration_serves_without_the_option_and_is_named(bench, home):
    file = own_price(home)
    done = bench("-k", "dispatch", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema("bench")).validate(run)
    (summary,) = run["summaries"]
    assert summary["cost"]["price_per_kwh"] == {"amount": "0.30", "currency": "EUR"}
    assert summary["cost"]["fee_pct"] == "12.5"
    assert summary["cost"]["price_from"] == str(file)

    shared = bench("-k", "dispatch", "--json", "--share")
    assert str(home) not in shared.stdout


def test_the_options_win_over_the_configuration(bench, home):
    own_price(home)
    done = bench("-k", "dispatch", "--price", "1USD", "--fee", "5", "--json")
    (summary,) = json.loads(done.stdout)["summaries"]
    assert summary["cost"]["price_per_kwh"] == {"amount": "1", "currency": "USD"}
    assert summary["cost"]["fee_pct"] == "5"
    assert summary["cost"]["price_from"] is None

    (other,) = json.loads(bench("-k", "dispatch", "--fee", "5", "--json").stdout)["summaries"]
    assert other["cost"]["fee_pct"] == "5"
    assert other["cost"]["price_per_kwh"] == {"amount": "0.30", "currency": "EUR"}


def test_a_price_in_the_configuration_is_no_reason_to_refuse_a_list(bench, home):
    own_price(home)
    assert bench("--list").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--price", "abc"], "--price abc"),
        (["--price", "-0.30"], "--price -0.30"),
        (["--price", "nan"], "--price nan"),
        (["--price", "1e999"], "--price 1e999"),
        (["--price", "0.3", "--fee", "100"], "--fee 100"),
        (["--fee", "10"], "--price 0.30EUR"),
        (["--card", "card.png"], "card.svg"),
        (["--card", "no-such-folder/card.svg"], "no-such-folder"),
        (["--card", "one.svg", "-o", "one.svg"], "two names"),
        (["--list", "--card", "card.svg"], "nothing is measured"),
        (["--dry-run", "--price", "0.3"], "nothing is measured"),
    ],
)
def test_bad_words_end_2_before_anything_is_measured(bench, home, arguments, said):
    done = bench("-k", "dispatch", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert stored(home) == []
