"""The real command in a child process, with a home of its own."""

import json
import os
import stat
import subprocess
import sys

import jsonschema
import pytest

from netmind_tui.document import schema

unix = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and modes of Unix")
MINE = """\
# what I like
[tui]
theme = "dark"   # at night

[alias]
big = "gpu:0"
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config/netmind/config.toml"


@pytest.fixture
def mine(file):
    file.parent.mkdir(parents=True)
    file.write_text(MINE)
    return file


@pytest.fixture
def config(tmp_path):
    """Run a subcommand; what it prints, its code and its narration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_", "COLUMNS"))}
    given = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONUTF8": "1"}

    def run(*arguments, before="", **environment):
        code = f"{before}\nfrom netmind_tui.cli.main import run; run()"
        command = [sys.executable, "-P", "-c", code, "config", *arguments]
        done = subprocess.run(
            command, env=kept | given | environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert "Traceback" not in done.stderr
        return done

    return run


def test_without_a_file_every_setting_is_a_default(config, file):
    document = json.loads(config("show", "--json").stdout)

    jsonschema.validate(document, schema("config"))
    assert {entry["origin"] for entry in document["settings"]} == {"default"}
    assert all(entry["meaning"].endswith(".") for entry in document["settings"])
    assert (document["path"], document["exists"]) == (str(file), False)
    assert not file.parent.exists()


def test_a_value_tells_whether_the_file_or_a_variable_set_it(config, mine):
    settings = {each["key"]: each for each in json.loads(config("show", "--json").stdout)["settings"]}
    assert (settings["tui.theme"]["value"], settings["tui.theme"]["origin"]) == ("dark", "file")
    assert settings["alias.big"]["value"] == "gpu:0"

    shown = config("show", "--json", NETMIND_TUI_THEME="light")
    theme = next(each for each in json.loads(shown.stdout)["settings"] if each["key"] == "tui.theme")
    assert (theme["value"], theme["origin"], theme["variable"]) == ("light", "environment", "NETMIND_TUI_THEME")


@pytest.mark.parametrize("columns", ["60", "100"])
def test_a_table_shows_values_origins_and_meanings_within_its_width(config, mine, columns):
    done = config("show", COLUMNS=columns)

    assert "alias.big" in done.stdout
    assert "colour-blind" in done.stdout
    assert all(len(line) <= int(columns) for line in done.stdout.splitlines()[:-1])


def test_a_document_for_people_to_paste(config, mine):
    assert "| `tui.theme` | dark | file |" in config("show", "--format", "markdown").stdout


def test_one_value_alone(config, mine):
    assert config("get", "alias.big").stdout == "gpu:0\n"
    assert config("get", "tui.read_only").stdout == "false\n"
    assert config("get", "payer.name").stdout == "\n"
    assert config("get", "alias.small").stdout == "\n"


def test_setting_a_value_changes_it_alone_and_only_once(config, mine):
    assert config("set", "tui.theme", "light").stdout == "changed\n"
    assert mine.read_text() == MINE.replace('"dark"', '"light"')
    assert config("set", "tui.theme", "light").stdout == "unchanged\n"
    assert config("get", "tui.theme").stdout == "light\n"


def test_an_empty_value_takes_the_setting_out(config, mine):
    assert config("set", "alias.big", "").stdout == "changed\n"
    assert mine.read_text() == MINE.removesuffix('\n[alias]\nbig = "gpu:0"\n') + "\n"
    assert config("set", "alias.big", "").stdout == "unchanged\n"


@unix
def test_a_new_file_is_its_owners_alone_and_an_old_one_keeps_its_mode(config, file):
    config("set", "payer.name", "Example Ltd")
    assert file.read_text() == '[payer]\nname = "Example Ltd"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    file.chmod(0o640)
    config("set", "device.gpu:0.watts", "250")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert '[device."gpu:0"]\nwatts = 250\n' in file.read_text()


def test_a_variable_that_wins_over_what_was_set_is_told(config, file):
    done = config("set", "tui.theme", "dark", NETMIND_TUI_THEME="light")

    assert (done.returncode, done.stdout) == (0, "changed\n")
    assert "NETMIND_TUI_THEME=light is set and wins" in done.stderr


def test_a_file_that_a_variable_names_can_be_made(config, tmp_path):
    there = str(tmp_path / "there.toml")
    assert config("set", "tui.signs", "ascii", NETMIND_CONFIG=there).stdout == "changed\n"
    assert config("get", "tui.signs", NETMIND_CONFIG=there).stdout == "ascii\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get", "tui.thme"], "tui.thme is not a key; did you mean tui.theme?"),
        (["get", "keys.bensh"], "keys.bensh: unknown action; did you mean bench"),
        (["set", "keys.bensh", "x"], "keys.bensh: unknown action; did you mean bench"),
        (["set", "keys.bench", "ctrl+escap"], "keys.bench: 'escap' is no key; did you mean escape"),
        (["set", "theme", "dark"], "theme is not a key; did you mean tui.theme"),
        (["set", "tui.theme", "drak"], "tui.theme: 'drak' is not known; did you mean dark?"),
        (["set", "tui.read_only", "yes"], "tui.read_only: expected true or false, found 'yes'"),
        (["set", "electricity.price_per_kwh", "cheap"], "expected a price such as \"0.30 EUR\", found 'cheap'"),
        (["set", "electricity.fee_pct", "100"], "expected a number from 0 to below 100, found 100"),
        (["set", "electricity.fee_pct", "-1"], "expected a number from 0 to below 100"),
        (["set", "device.gpu:0.watts", "nan"], "expected a number of watts from 1 to 10000, found 'nan'"),
        (["set", "device.gpu:0-3.watts", "200"], "expected one device such as gpu:0"),
        (["set", "device.gpo.watts", "200"], "'gpo' names no device"),
        (["set", "alias.cpu", "gpu:0"], "cpu always means devices of this machine"),
        (["set", "alias.big", "gpo"], "alias.big: 'gpo' names no device"),
        (["set", "payer.name", "a\nb"], "payer.name: expected a name"),
        (["set", "certificate.challenger", "ftp://a"], "a URL such as https://challenger.example:8443 is expected"),
        (["set", "certificate.challenger", "http://10.0.0.1"], "beyond this machine https is expected"),
        (["set", "certificate.renew_before", "7"], 'in days or hours, such as "7d" or "12h", found \'7\''),
        (["set", "tui.theme"], "Missing argument"),
        (["shwo"], "shwo"),
        (["apply", "none.toml"], "none.toml: no such file"),
        (["check", "none.toml"], "none.toml: no such file"),
        (["show", "--format", "csv"], "--format csv: this command writes table, json, markdown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_asked_wrongly_is_one_sentence_and_changes_nothing(config, mine, arguments, words):
    done = config(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert mine.read_text() == MINE


@pytest.mark.parametrize("arguments", [["show"], ["get", "tui.theme"], ["set", "tui.theme", "light"], ["check"]])
@pytest.mark.parametrize("broken", ["[tui\n", '[tui]\nthme = "dark"\n'])
def test_a_broken_file_is_named_and_never_overwritten(config, mine, arguments, broken):
    mine.write_text(broken)
    done = config(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert str(mine) in done.stderr
    assert mine.read_text() == broken


def test_every_fault_of_a_file_is_told(config, tmp_path):
    (tmp_path / "a.toml").write_text('[tui]\ntheme = 1\nsings = "ascii"\n[payer]\nname = ""\n')
    done = config("check", "a.toml")

    assert done.returncode == 2
    assert "tui.theme: expected one of dark, light, colour-blind, found a number" in done.stderr
    assert "tui.sings is not a key; did you mean tui.signs?" in done.stderr
    assert "payer.name: expected a name, found ''" in done.stderr


def test_a_good_file_is_valid(config, mine):
    assert config("check").stdout == "valid\n"
    assert config("check", str(mine)).stdout == "valid\n"


def test_applying_a_file_sets_what_it_has_and_leaves_the_rest(config, mine, tmp_path):
    (tmp_path / "site.toml").write_text('[tui]\ntheme = "light"\n[electricity]\nfee_pct = 12.5\n')

    would = config("apply", "site.toml", "--check", "--diff")
    assert (would.returncode, would.stdout.splitlines()[-1]) == (1, "changed")
    assert '-theme = "dark"   # at night\n+theme = "light"   # at night\n' in would.stdout
    assert mine.read_text() == MINE

    done = config("apply", "site.toml")
    assert (done.returncode, done.stdout) == (0, "changed\n")
    assert mine.read_text() == MINE.replace('"dark"', '"light"') + "\n[electricity]\nfee_pct = 12.5\n"

    again = config("apply", "site.toml", "--check", "--diff")
    assert (again.returncode, again.stdout) == (0, "unchanged\n")


def test_a_file_with_a_fault_is_not_applied(config, mine, tmp_path):
    (tmp_path / "site.toml").write_text('[tui]\ntheme = "light"\nsigns = "runes"\n')
    done = config("apply", "site.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert "site.toml: tui.signs: 'runes' is not known" in done.stderr
    assert mine.read_text() == MINE


@unix
@pytest.mark.parametrize(("make", "words"), [(os.mkdir, "is a folder"), (os.mkfifo, "is a pipe")])
def test_what_is_no_file_is_neither_read_nor_written(config, tmp_path, make, words):
    make(tmp_path / "odd.toml")

    for arguments in (["apply", "odd.toml"], ["check", "odd.toml"]):
        assert f"odd.toml: {words}, not a file" in config(*arguments).stderr
    done = config("set", "tui.theme", "light", NETMIND_CONFIG="odd.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"odd.toml: {words}, not a file" in done.stderr


@unix
def test_a_disk_that_is_full_loses_nothing(config, mine):
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))"
    )
    done = config("set", "tui.theme", "light", before=limited)

    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing was changed" in done.stderr
    assert mine.read_text() == MINE
    assert [path.name for path in mine.parent.iterdir()] == ["config.toml"]


def test_a_folder_that_is_missing_is_told(config, tmp_path):
    done = config("set", "tui.theme", "light", NETMIND_CONFIG=str(tmp_path / "none/c.toml"))

    assert done.returncode == 2
    assert "there is no folder" in done.stderr
