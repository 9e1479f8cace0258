import os
import re
import socket
from decimal import Decimal
from pathlib import Path

import pytest

from netmind_tui import paths
from netmind_tui.config import Config, config_path, read_config, read_source
from netmind_tui.config.check import Place, find_place, read_value
from netmind_tui.config.edit import edited
from netmind_tui.config.edit import write as write_back
from netmind_tui.config.setting import BY_KEY, SETTINGS
from netmind_tui.config.source import from_environment
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.span import read_span


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test ever sees the real home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NETMIND_CONFIG", raising=False)
    return tmp_path


def write(home, text):
    path = home / "config/netmind/config.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.skipif("sys.platform != 'linux'", reason="XDG variables are Linux'")
def test_folders_follow_the_variables_and_are_not_made_by_asking(home):
    assert paths.config_dir() == home / "config/netmind"
    assert paths.cache_dir() == home / "cache/netmind"
    assert paths.runs_dir() == home / "state/netmind/runs"
    assert list(home.iterdir()) == []


def test_without_a_file_everything_is_default():
    assert read_config() == Config()


def test_aliases_are_read(home):
    write(home, '[alias]\nbig = "gpu:0"\npair = "gpu:0-1"\n')

    assert read_config().alias == {"big": "gpu:0", "pair": "gpu:0-1"}


def test_the_variable_names_another_file(home, monkeypatch):
    (home / "mine.toml").write_text('alias = {big = "cpu"}')
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "mine.toml"))

    assert config_path() == home / "mine.toml"
    assert read_config().alias == {"big": "cpu"}


def test_a_file_that_was_named_and_is_missing_is_an_error(home, monkeypatch):
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "none.toml"))

    with pytest.raises(Problem, match=r"none\.toml: no such file"):
        read_config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[alias]\nbig = "gpu', "not valid TOML"),
        ("[alias\n", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("alais = {}", "alais is not a key; did you mean alias?"),
        ("zzz = 1", "known: alias"),
        ('alias = "gpu:0"', "alias: expected a table of names, found a string"),
        ("[alias]\nbig = 0", 'alias.big: expected a device such as "gpu:0", found a number'),
        ("[alias]\nbig = true", "found true or false"),
        ("[alias]\nbig = 2026-01-01", "found a date or time"),
        ('[alias]\nbig = "gpu;0"', "alias.big: 'gpu;0' names no device"),
        ('[alias]\nCPU = "gpu:0"', "alias.CPU: cpu always means devices of this machine"),
        ('[alias]\n"a:b" = "gpu:0"', "alias.a:b: a name is one word without colon"),
        ('[alias]\n"a b" = "gpu:0"', "alias.a b: a name is one word without"),
        ('[alias]\n"" = "gpu:0"', "alias: the name for 'gpu:0' is empty"),
        ('[alias]\n"a\\nb" = "gpu:0"', r"alias.'a\nb': a name is one word without"),
        ('[alias]\n"a\\u001b" = 1', r"alias.'a\x1b': expected a device"),
        ('"a\\u001b[31m" = 1', r"'a\x1b[31m' is not a key"),
        ('"" = 1', "'' is not a key"),
        ("[tui]\nthme = 1", "tui.thme is not a key; did you mean tui.theme?"),
        ("[tui]\ntheme = 1", "tui.theme: expected one of dark, light, colour-blind, found a number"),
        ('[tui]\ntheme = "drak"', "tui.theme: 'drak' is not known; did you mean dark?"),
        ('[tui]\nread_only = "yes"', "tui.read_only: expected true or false, found a string"),
        ("tui = 1", "tui: expected a table of settings, found a number"),
        ("[electricity]\nprice_per_kwh = 0.30", 'expected a price such as "0.30 EUR", found a number'),
        ('[electricity]\nprice_per_kwh = "cheap"', "electricity.price_per_kwh: expected a price such as"),
        ('[electricity]\ntariff = "tariff.toml"', "electricity.tariff: expected a file's path that begins with /"),
        ('[electricity]\ntariff = "http://a.example/x"', "electricity.tariff: beyond this machine https is expected"),
        ('[earnings]\ncurrency = "Euro"', "earnings.currency: expected three capital letters"),
        ("[asset.glm]\ndecimals = 18", "asset.glm: a token's code is 2 to 12 capital letters and digits"),
        ("[asset.GLM]\ndecimals = 19", "asset.GLM.decimals: expected a whole number from 0 to 18, found 19"),
        ("[asset.GLM]\ndecimal = 18", "asset.GLM.decimal is not a key; did you mean decimals?"),
        ("[electricity]\nfee_pct = 100", "electricity.fee_pct: expected a number from 0 to below 100, found 100"),
        ("[electricity]\nfee_pct = nan", "electricity.fee_pct: expected a number from 0 to below 100, found nan"),
        ("[electricity]\nfee_pct = true", "found true or false"),
        ('[device."gpu:0"]\nwatts = 0.5', "device.gpu:0.watts: expected a number of watts from 1 to 10000, found 0.5"),
        ('[device."gpu:0"]\nwats = 250', "device.gpu:0.wats is not a key; did you mean watts or idle_watts?"),
        ('[device]\n"gpu:0" = 250', "device.gpu:0: expected a table with watts or idle_watts, found a number"),
        ("[device.gpo]\nwatts = 250", "device.gpo: 'gpo' names no device"),
        ("[device.gpu]\nwatts = 250", "device.gpu: expected one device such as gpu:0"),
        ("[keys]\nbench = 1", 'keys.bench: expected a key such as "ctrl+r", found a number'),
        ('[keys]\nbench = "ctrl r"', "keys.bench: expected a key such as"),
        ('[keys]\nbensh = "x"', "keys.bensh: unknown action; did you mean bench"),
        ('[keys]\nzzzz = "x"', "keys.zzzz: unknown action; the nearest are "),
        ('[keys]\nbench = "contrl+b"', "keys.bench: 'contrl' goes before no key; did you mean ctrl?"),
        ('[keys]\nbench = "ctrl+pagup"', "keys.bench: 'pagup' is no key; did you mean pageup"),
        ('[schedule]\npreset = "night"', "schedule.preset: 'night' is not known; did you mean nights?"),
        ('[payer]\nname = " "', "payer.name: expected a name, found ' '"),
        ("[certificate]\nchallenger = 1", 'expected a URL such as "https://challenger.example:8443", found a number'),
        (
            '[certificate]\nchallenger = "challenger.example"',
            "a URL such as https://challenger.example:8443 is expected, found 'challenger.example'",
        ),
        (
            '[certificate]\nchallenger = "http://challenger.example"',
            "certificate.challenger: beyond this machine https is expected, found 'http://challenger.example'",
        ),
        ('[certificate]\nchallenger = "https://a b"', "certificate.challenger: expected a URL such as"),
        (
            '[certificate]\nrenew_before = "31d"',
            'certificate.renew_before: expected a length of time from "0d" to "30d"',
        ),
        ("[certificate]\nrenew_before = 7", 'such as "7d" or "12h", found a number'),
        (
            '[access]\ncontrol = "ana"',
            'access.control: expected a list of names such as ["ana", "ben"], found a string',
        ),
        ("[access]\npolicy = [7]", "access.policy: expected a list of names"),
        ("[host.box]\nport = 1", "host.box.port is not a key"),
        (
            '[host."-oProxyCommand=x"]\nsocket = "/a"',
            "host.-oProxyCommand=x: a host's name as ssh knows it is expected",
        ),
        ("[host]\nbox = 1", "host.box: expected a table with socket, found a number"),
        ('[alias]\nbig = "gpu:0,,2"', "alias.big: 'gpu:0,,2': a name is missing beside a comma"),
    ],
)
def test_a_wrong_file_is_a_usage_error_that_names_file_key_and_expectation(home, text, words):
    write(home, text)

    with pytest.raises(Problem) as caught:
        read_config()

    assert caught.value.code is ExitCode.USAGE
    assert caught.value.sentence.startswith(str(home / "config/netmind/config.toml"))
    assert words in caught.value.sentence
    assert caught.value.sentence.isprintable()


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such files")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkdir, "is a folder, not a file"),
        (os.mkfifo, "is a pipe, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
        (make_socket, "is a socket, not a file"),
    ],
)
def test_what_is_no_file_is_a_usage_error_and_is_not_read(home, monkeypatch, make, words):
    monkeypatch.chdir(home)
    monkeypatch.setenv("NETMIND_CONFIG", "c.toml")
    make(Path("c.toml"))

    with pytest.raises(Problem) as caught:
        read_config()

    assert (caught.value.sentence, caught.value.code) == (f"c.toml: {words}", ExitCode.USAGE)


def test_a_link_to_a_file_is_the_file(home, monkeypatch):
    (home / "real.toml").write_text('alias = {big = "gpu:0,2"}')
    (home / "link.toml").symlink_to(home / "real.toml")
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "link.toml"))

    assert read_config().alias == {"big": "gpu:0,2"}


def test_every_setting_is_read(home):
    write(
        home,
        """
[tui]
theme = "light"
signs = "ascii"
read_only = true
[keys]
bench = "ctrl+b"
[electricity]
price_per_kwh = "0.30 EUR"
fee_pct = 12.5
[device."gpu:0"]
watts = 250
[schedule]
preset = "nights"
[payer]
name = "Example Ltd"
[certificate]
challenger = "https://challenger.example:8443"
renew_before = "36h"
[declared]
date = "2026-11-22"
download_mbps = 940.5
ports = 24
""",
    )

    assert read_config() == Config(
        theme="light",
        signs="ascii",
        read_only=True,
        keys={"bench": "ctrl+b"},
        price_per_kwh="0.30 EUR",
        fee_pct=Decimal("12.5"),
        watts={"gpu:0": 250.0},
        schedule="nights",
        payer="Example Ltd",
        challenger="https://challenger.example:8443",
        renew_before_s=36 * 3600,
        declared={"download_mbps": 940.5, "ports": 24.0},
        declared_on="2026-11-22",
    )


def test_defaults_are_those_of_the_schema():
    found = Config()
    assert {name: BY_KEY[f"tui.{name}"].default for name in ("theme", "signs", "read_only")} == {
        "theme": found.theme,
        "signs": found.signs,
        "read_only": found.read_only,
    }
    assert BY_KEY["schedule.preset"].default == found.schedule
    assert BY_KEY["electricity.fee_pct"].default == found.fee_pct
    assert read_span(BY_KEY["certificate.renew_before"].default) == found.renew_before_s


def test_a_variable_is_checked_as_its_setting_is():
    assert from_environment("tui.theme", {"NETMIND_TUI_THEME": "Colour-Blind"}) == "colour-blind"
    assert from_environment("tui.theme", {"NETMIND_TUI_THEME": ""}) is None
    with pytest.raises(Problem, match=r"NETMIND_TUI_THEME: tui\.theme: 'drak' is not known; did you mean dark"):
        from_environment("tui.theme", {"NETMIND_TUI_THEME": "drak"})


def test_a_command_without_colours_does_not_mind_the_theme(monkeypatch):
    monkeypatch.setenv("NETMIND_TUI_THEME", "drak")
    assert read_config() == Config()


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("tui.theme", ("tui", "theme")),
        ("alias.big.one", ("alias", "big.one")),
        ("device.mig:0.1.watts", ("device", "mig:0.1", "watts")),
        ('device."gpu:0".watts', ("device", "gpu:0", "watts")),
        ("keys.look again", ("keys", "look again")),
    ],
)
def test_a_key_leads_to_its_place(key, path):
    place = find_place(key)
    assert place.path == path
    assert find_place(place.key) == place


@pytest.mark.parametrize("key", ["", "tui", "tui.", "alias.", "alias.<name>", "device.gpu:0", "device..watts", "x.y"])
def test_what_is_no_key_is_a_usage_error(key):
    with pytest.raises(Problem, match="is not a key"):
        find_place(key)


SAMPLES = {
    "choice": ("dark", "nights", "ascii"),
    "switch": ("true", "False"),
    "name": ("Example Ltd", "0"),
    "price": ("0.30", "0.30 EUR", "12EUR"),
    "percent": ("0", "12.5", "99"),
    "watts": ("1", "250.5"),
    "devices": ("gpu:0", "cpu"),
    "key": ("ctrl+r", "comma"),
    "number": ("0", "12", "18"),
    "date": ("2026-11-22",),
    "url": ("https://challenger.example:8443", "http://127.0.0.1:8443", "https://[::1]/a"),
    "span": ("7d", "12h", "0d"),
    "names": ("ana", "ana, ben", "svc-monitor$"),
    "address": ("127.0.0.1:9876", "[::1]:1", "localhost:65535"),
    "program": ("notify-send netmind", "/opt/tell 'two words'"),
    "path": ("/run/netmind/agent.sock",),
    "tariff": ("/home/ana/my tariff.toml", "https://tariff.example/rates?size=96", "http://127.0.0.1:8080/rates"),
    "currency": ("EUR",),
    "card": ("netmind-power", "/srv/rates/lab.toml"),
}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_what_a_person_writes_comes_back_from_the_file(home, setting):
    place = Place(
        setting,
        {"device": "gpu:0", "keys": "bench", "hooks": "device-lost", "asset": "GLM"}.get(setting.table, "big")
        if setting.is_family
        else "",
    )
    empty = read_source(config_path())
    for text in SAMPLES[setting.kind]:
        if setting.choices and text not in setting.choices:
            continue
        value = read_value(place, text)
        after = edited(empty, {place: value})
        write_back(read_source(config_path()), after)
        assert read_source(config_path()).table == after.table
        assert edited(after, {place: value}) is after
        assert edited(after, {place: None}).table == {}


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("declared.date", "22.11.2026", "a date in quotes"),
        ("declared.date", "2026-02-30", "a date in quotes"),
        ("declared.date", "20261122", "a date in quotes"),
        ("declared.ports", "2.5", "a whole number from 0 to 65535"),
        ("declared.ports", "65536", "a whole number from 0 to 65535"),
        ("declared.uptime_pct", "101", "a number from 0 to 100"),
        ("declared.download_mbps", "fast", "a number from 0 to 1000000"),
        ("access.control", "ana,,ben", "a list of names such as"),
        ("access.policy", "ana ben", "a list of names such as"),
        ("agent.metrics", "0.0.0.0:9876", "an address of this machine alone"),
        ("agent.metrics", "127.0.0.1", "an address of this machine alone"),
        ("agent.metrics", "127.0.0.1:65536", "an address of this machine alone"),
        ("agent.metrics_file", "node.prom", "a path that begins with /"),
        ("host.big.socket", "agent.sock", "a path that begins with /"),
    ],
)
def test_what_cannot_be_declared_is_refused_with_what_was_expected(key, text, expected):
    with pytest.raises(Problem, match=f"{key}: expected {expected}"):
        read_value(find_place(key), text)


LAYOUTS = [
    'tui = {theme = "dark"} # inline\n',
    'tui.theme = "dark" # dotted\ntui.read_only = true\n',
    '# top\n\n[tui] # mine\n  theme = "dark" # indented\n\n# end\n',
    '[tui]\r\ntheme = "dark"\r\n',
    "[device]\n[device.\"gpu:0\"]\nwatts = 1_0.5\n[tui]\ntheme = 'dark'",
    '[tui]\ntheme = """dark"""\n',
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_the_value_changes_whatever_the_layout(home, layout):
    write(home, layout)
    theme, watts = find_place("tui.theme"), find_place("device.gpu:0.watts")
    before = read_source(config_path())
    write_back(before, edited(before, {theme: "light"}))
    text = config_path().read_bytes().decode()
    quoted = re.sub("([\"']+)dark[\"']+", '"light"', layout)
    assert text == quoted

    before = read_source(config_path())
    write_back(before, edited(before, {watts: 250}))
    text = config_path().read_bytes().decode()
    assert read_config().watts == {"gpu:0": 250.0}
    assert [line for line in quoted.splitlines() if "#" in line] == [line for line in text.splitlines() if "#" in line]
    assert ("\r\n" in layout) == ("\n" not in text.replace("\r\n", ""))


def test_a_file_that_somebody_changed_meanwhile_is_left_as_it_is(home):
    write(home, "[tui]\n")
    before = read_source(config_path())
    after = edited(before, {find_place("tui.theme"): "light"})
    config_path().write_text("# mine\n")

    with pytest.raises(Problem, match="somebody changed it meanwhile"):
        write_back(before, after)
    assert config_path().read_text() == "# mine\n"


def test_a_file_that_somebody_made_meanwhile_is_left_as_it_is(home):
    before = read_source(config_path())
    after = edited(before, {find_place("tui.theme"): "light"})
    write(home, "# mine\n")

    with pytest.raises(Problem, match="somebody changed it meanwhile"):
        write_back(before, after)


def test_a_link_stays_one_and_the_file_behind_it_is_written(home):
    (home / "real.toml").write_text("[tui]\n")
    config_path().parent.mkdir(parents=True)
    config_path().symlink_to(home / "real.toml")
    before = read_source(config_path())
    write_back(before, edited(before, {find_place("tui.theme"): "light"}))

    assert config_path().is_symlink()
    assert (home / "real.toml").read_text() == '[tui]\ntheme = "light"\n'


@pytest.mark.skipif("sys.platform == 'win32' or os.geteuid() == 0", reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(home):
    write(home, "[tui]\n")
    before = read_source(config_path())
    config_path().parent.chmod(0o500)
    with pytest.raises(Problem, match=r"cannot write .*: permission denied; nothing was changed"):
        write_back(before, edited(before, {find_place("tui.theme"): "light"}))


def test_nothing_is_written_where_nothing_changes(home):
    write(home, '[tui]\ntheme = "dark"')
    before = read_source(config_path())
    config_path().chmod(0o400)
    write_back(before, edited(before, {find_place("tui.theme"): "dark", find_place("payer.name"): None}))
    assert config_path().read_text() == '[tui]\ntheme = "dark"'


def test_a_file_larger_than_any_configuration_is_refused(home):
    write(home, "#" * (1 << 20) + "\n")
    with pytest.raises(Problem, match="larger than 1 MiB"):
        read_config()
