"""Reading the owner's policy: what a file means, and one sentence for each thing in it that cannot be."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from netmind_tui.model.contribution import Rung
from netmind_tui.model.policy import GuardKind, OnUnknown, Policy
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.file import Origin, PolicyProblem, read_policy, read_source, source_of

WINDOW = '[[window]]\ndays = "daily"\nfrom = "22:00"\nto = "06:00"\n'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without any configuration, in a zone that is known."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "Europe/Paris")
    for name in ("XDG_CONFIG_HOME", "NETMIND_CONFIG", "NETMIND_POLICY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def policy_of(text: str) -> Policy:
    return source_of(Path("p.toml"), text.encode()).policy


def faults_of(text: str) -> list[str]:
    with pytest.raises(PolicyProblem) as refused:
        policy_of(text)
    return [each.removeprefix("p.toml: ") for each in refused.value.faults]


def test_without_a_file_nothing_is_allowed(home):
    source = read_source(home / "policy.toml")
    assert source.policy == Policy(zone="Europe/Paris")
    assert source.origin is Origin.NOWHERE
    assert source.document.sha256 is None


@pytest.mark.parametrize(("preset", "minutes"), [("nights", (1320, 420)), ("away", (0, 1440)), ("always", (0, 1440))])
def test_without_a_file_the_preset_of_the_configuration_holds(home, preset, minutes):
    (home / ".config/netmind").mkdir(parents=True)
    (home / ".config/netmind/config.toml").write_text(f'[schedule]\npreset = "{preset}"\n')
    source = read_source(home / "policy.toml")
    assert source.preset == preset
    (window,) = source.policy.windows
    assert (window.start_minute, window.end_minute) == minutes
    assert (GuardKind.USER_ACTIVE in {each.kind for each in source.policy.guards}) is (preset == "away")


def test_a_file_comes_before_the_preset(home):
    (home / ".config/netmind").mkdir(parents=True)
    (home / ".config/netmind/config.toml").write_text('[schedule]\npreset = "always"\n')
    path = home / "policy.toml"
    path.write_text(WINDOW)
    path.chmod(0o600)
    assert read_policy(path).windows[0].start_minute == 22 * 60
    assert read_source(path).origin is Origin.FILE


def test_the_machines_own_zone_holds_where_the_file_names_none():
    assert policy_of(WINDOW).zone == "Europe/Paris"
    assert policy_of('zone = "Asia/Tokyo"\n' + WINDOW).zone == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["Nowhere/Land", "CET-1CEST"])
def test_a_machine_whose_zone_has_no_name_is_in_utc(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    assert policy_of(WINDOW).zone == "UTC"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"mon"', (0,)),
        ('"Mon-Fri"', (0, 1, 2, 3, 4)),
        ('"fri-mon"', (0, 4, 5, 6)),
        ('["sunday", "mon", "mon"]', (0, 6)),
        ('"weekend"', (5, 6)),
        ('"weekdays"', (0, 1, 2, 3, 4)),
        ('"tue, thu-fri"', (1, 3, 4)),
    ],
)
def test_days_may_be_written_in_several_ways(written, meant):
    assert policy_of(WINDOW.replace('"daily"', written)).windows[0].days == meant


def test_times_of_day_may_be_in_quotes_or_not_and_midnight_is_an_end():
    (window,) = policy_of(WINDOW.replace('"22:00"', "22:00:00").replace('"06:00"', '"00:00"')).windows
    assert (window.start_minute, window.end_minute) == (22 * 60, 1440)


def test_an_exception_of_dates_lasts_to_the_end_of_the_last_one():
    text = WINDOW + '[[exception]]\nname = "x"\nfrom = 2026-12-24\nto = "2026-12-26"\n'
    (exception,) = policy_of(text).exceptions
    assert (exception.start, exception.end) == (
        datetime.fromisoformat("2026-12-24"),
        datetime.fromisoformat("2026-12-27"),
    )
    assert not exception.allows


def test_windows_that_are_written_twice_are_one():
    assert len(policy_of(WINDOW + WINDOW).windows) == 1


def test_guards_have_what_is_usual_unless_the_owner_says_otherwise():
    text = WINDOW + '[guard.temperature]\nmax_c = 80\n[guard.exclusive]\nprograms = "steam"\non_unknown = "run"\n'
    hot, alone = policy_of(text).guards
    assert (hot.limit, hot.margin, hot.give_way, hot.on_unknown) == (80.0, 5.0, Rung.SUSPEND, None)
    assert (alone.programs, alone.leave_s, alone.give_way, alone.on_unknown) == (
        ("steam",),
        60.0,
        Rung.STOP,
        OnUnknown.RUN,
    )


def test_amounts_of_guards_are_in_the_units_that_rules_reckon_in():
    text = '[guard.energy]\nmax_kwh_per_day = 5\n[guard.disk]\nmin_free = "10 GiB"\n'
    text += '[guard.price]\nmax_per_kwh = "0.35 EUR"\n'
    energy, disk, price = policy_of(WINDOW + text).guards
    assert (energy.limit, disk.limit) == (5 * 3.6e6, 10 * 2**30)
    assert (price.limit, price.amount, price.currency) == (None, "0.35", "EUR")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "window: there is none, so nothing could ever run"),
        ("# nothing\n", "window: there is none"),
        (
            'zone = "Europe/Berln"\n' + WINDOW,
            "zone: 'Europe/Berln' is no zone of the IANA database; did you mean Europe/Berlin",
        ),
        ('zone = "europe/berlin"\n' + WINDOW, "did you mean Europe/Berlin?"),
        ('zone = "../../etc/passwd"\n' + WINDOW, "is no zone of the IANA database"),
        ('zone = "Europe"\n' + WINDOW, "is no zone of the IANA database"),
        ("zone = 3\n" + WINDOW, "zone: expected a zone such as"),
        ("lead = 10\n" + WINDOW, 'lead: expected a length of time such as "10m"'),
        ('lead = "10 years"\n' + WINDOW, "lead: expected a length of time"),
        ('lead = "9d"\n' + WINDOW, "at most 7d"),
        ("windows = 1\n" + WINDOW, "windows: is not a key; did you mean window?"),
        ("window = 3\n", "window: expected tables in double brackets, [[window]], found 3"),
        ('[window]\ndays = "mon"\n', "window: expected tables in double brackets, [[window]], found one in single"),
        (
            WINDOW.replace("22:00", "25:00"),
            'window 1.from: expected a time of day from "00:00" to "23:59", found \'25:00\'',
        ),
        (WINDOW.replace("22:00", "24:00"), 'the end of a day is to = "24:00"'),
        (WINDOW.replace("22:00", "22:60"), "window 1.from: expected a time of day"),
        (WINDOW.replace("06:00", "24:01"), "window 1.to: expected a time of day"),
        (WINDOW.replace('"22:00"', "22"), "window 1.from: expected a time of day"),
        (WINDOW.replace('"22:00"', "22:00:30"), "to the minute"),
        (WINDOW.replace('"22:00"', "2026-11-27"), "window 1.from: expected a time of day"),
        (WINDOW.replace("daily", "teu"), "window 1.days: 'teu' is no day; did you mean tue"),
        (WINDOW.replace('"daily"', "[]"), "window 1.days: expected days"),
        (WINDOW.replace('"daily"', "[1]"), "window 1.days: expected days"),
        (WINDOW.replace('days = "daily"\n', ""), "window 1.days: is missing"),
        (WINDOW + 'form = "1"\n', "window 1.form: is not a key; did you mean from"),
        (WINDOW.replace("06:00", "22:00"), "window 1.to: it ends at 22:00, when it begins: it has no length"),
        (
            WINDOW + 'profile = "nigt"\n[profile.night]\n',
            "window 1.profile: 'nigt' is not defined; did you mean night?",
        ),
        (WINDOW + 'profile = "night"\n', "add [profile.night]"),
        (WINDOW + "profile = 1\n", "window 1.profile: expected a name"),
        ("profile = 3\n" + WINDOW, "profile: expected tables"),
        (WINDOW + "[profile]\nnight = 3\n", "profile.night: expected a table, found 3"),
        (WINDOW + "[profile.a]\ncpu_share_pct = 101\n", "profile.a.cpu_share_pct: expected a whole number"),
        (WINDOW + "[profile.a]\ncpu_share_pct = 0.5\n", "profile.a.cpu_share_pct: expected a whole number"),
        (WINDOW + "[profile.a]\ncpu_share_pct = true\n", "profile.a.cpu_share_pct: expected a whole number"),
        (WINDOW + "[profile.a]\npower_cap_w = nan\n", "profile.a.power_cap_w: expected a number of watts"),
        (WINDOW + "[profile.a]\npower_cap_w = 0\n", "profile.a.power_cap_w: expected a number of watts"),
        (WINDOW + '[profile.a]\ndevices = ["gpx"]\n', "profile.a.devices: 'gpx' names no device"),
        (WINDOW + "[profile.a]\ndevices = []\n", "an empty list names no device"),
        (
            WINDOW + '[[exception]]\nname="x"\nfrom=2026-12-02\nto=2026-12-01\n',
            "exception 1.to: it ends 2026-12-02 00:00:00 and begins",
        ),
        (WINDOW + '[[exception]]\nname="x"\nfrom=2026-12-02T10:00:00Z\nto=2026-12-03\n', "without an offset"),
        (
            WINDOW + '[[exception]]\nname="x"\nfrom="2026-13-02"\nto=2026-12-03\n',
            "exception 1.from: expected a local date-time",
        ),
        (
            WINDOW + '[[exception]]\nname="x"\nfrom=1500-12-02\nto=2026-12-31\n',
            "exception 1.from: expected a year from",
        ),
        (
            WINDOW + '[[exception]]\nname="x"\nfrom=2026-12-02\nto=2026-12-03\nprofile="p"\n[profile.p]\n',
            "add allow = true",
        ),
        (WINDOW + "[[exception]]\nfrom=2026-12-02\nto=2026-12-03\n", "exception 1.name: is missing"),
        (WINDOW + '[[holiday]]\ndate="02-30"\n', "holiday 1.date: expected a date"),
        (WINDOW + '[[holiday]]\ndate="12-25"\nas="sundey"\n', "holiday 1.as: 'sundey' is no day"),
        (
            WINDOW + '[[holiday]]\ndate="12-25"\n[[holiday]]\ndate="12-25"\nas="sat"\n',
            "holiday 2.as: 12-25 counts as sun already",
        ),
        (WINDOW + "[guard]\nbattery = 3\n", "guard.battery: expected a table"),
        (WINDOW + "[[guard.battery]]\nmin_charge_pct=3\n", "there is one guard of a kind"),
        (WINDOW + "[guard.batery]\n", "guard.batery: is no guard; did you mean battery"),
        (WINDOW + "[guard.battery]\n", "guard.battery: has no threshold; add min_charge_pct = 90"),
        (WINDOW + "[guard.gpu-in-use]\n", 'add memory = "1 GiB" or util_pct = 10'),
        (WINDOW + "[guard.user-active]\nidle = 180\n", "guard.user-active.idle: expected a length of time"),
        (
            WINDOW + "[guard.temperature]\nmax_c = 900\n",
            "guard.temperature.max_c: expected a number of °C from 20 to 120",
        ),
        (WINDOW + "[guard.temperature]\nmax_c = 20\nmargin_c = 15\n", "guard.temperature: it would never let go"),
        (WINDOW + "[guard.cpu-busy]\nmax_pct = 3\n", "max_pct = 3 less margin_pct = 5 is -2 %; give a smaller"),
        (WINDOW + '[guard.user-active]\nidle = "0s"\n', "guard.user-active.idle: expected more than nothing"),
        (WINDOW + '[guard.disk]\nmin_free = "0 GiB"\n', "guard.disk.min_free: expected more than nothing"),
        ("[[window]]\nfrom = 22:00\n", 'a time of day needs quotes, as in from = "22:00"'),
        (WINDOW + '[guard.user-active]\nidle = "3"\n', "found 3 without a unit"),
        (WINDOW * 201, "window: 200 are read at most, found 201"),
        (WINDOW + "".join(f"[profile.p{n}]\n" for n in range(201)), "profile: 200 are read at most, found 201"),
        (
            WINDOW + "[profile.a]\ndevices = [" + ",".join(f'"gpu:{n}-{n + 1000}"' for n in range(3000)) + "]\n",
            "devices: 100 different names are read at most, found 3000",
        ),
        (WINDOW + '[guard.temperature]\nmax_c = "80"\n', "guard.temperature.max_c: expected a number"),
        (
            WINDOW + "[guard.temperature]\nmax_c = 80\nmargin = 3\n",
            "guard.temperature.margin: is not a key; did you mean margin_c",
        ),
        (WINDOW + '[guard.disk]\nmin_free = "10 bananas"\n', "guard.disk.min_free: expected"),
        (WINDOW + "[guard.disk]\nmin_free = 10\n", "without a unit"),
        (WINDOW + '[guard.price]\nmax_per_kwh = "0.35"\n', "the currency too"),
        (WINDOW + "[guard.price]\nmax_per_kwh = 0.35\n", "guard.price.max_per_kwh: expected an amount"),
        (WINDOW + "[guard.exclusive]\nprograms = []\n", "guard.exclusive.programs: expected a list of names"),
        (WINDOW + '[guard.exclusive]\nprograms = ["a\\u0007"]\n', "guard.exclusive.programs: expected a name"),
        (
            WINDOW + '[guard.battery]\nmin_charge_pct = 9\ngive_way = "sleep"\n',
            "guard.battery.give_way: expected 'stop' or 'suspend'",
        ),
        (
            WINDOW + '[guard.battery]\nmin_charge_pct = 9\non_unknown = "ask"\n',
            "guard.battery.on_unknown: expected 'pause' or 'run'",
        ),
        ('"a\\u001b[31m" = 1\n' + WINDOW, r"'a\x1b[31m': is not a key"),
    ],
)
def test_what_cannot_be_is_one_sentence_with_the_key_and_the_fix(text, words):
    found = faults_of(text)
    assert len(found) == 1, found
    assert words in found[0]
    assert found[0].isprintable()


def test_all_faults_are_said_at_once_and_the_first_counts_the_others():
    text = 'zone = "x"\nlead = 1\n' + WINDOW.replace("22:00", "25:00") + "[guard.disk]\n"
    assert [each.partition(":")[0] for each in faults_of(text)] == ["zone", "lead", "window 1.from", "guard.disk"]
    with pytest.raises(PolicyProblem, match=r"\(and 3 more\)") as refused:
        policy_of(text)
    assert refused.value.code == 2


PROFILES = '[profile.a]\n[profile.b]\n[profile.cpu]\ndevices = ["cpu"]\n'
PROFILES += '[profile.card]\ndevices = ["GPU-5eed0000-0000-4000-8000-000000000001"]\n'
PROFILES += '[profile.cards]\ndevices = ["gpu"]\n[profile.first]\ndevices = ["gpu:0"]\n'


def two(one: str, other: str, hours=("22:00", "06:00", "05:00", "07:00"), days=("mon", "tue")) -> str:
    row = '[[window]]\ndays = "{}"\nfrom = "{}"\nto = "{}"\nprofile = "{}"\n'
    return PROFILES + row.format(days[0], *hours[:2], one) + row.format(days[1], *hours[2:], other)


@pytest.mark.parametrize(
    ("one", "other", "when"),
    [
        (("a", "b"), {}, "Tue 05:00–06:00"),
        (("a", "cpu"), {}, "Tue 05:00–06:00"),
        (("cards", "first"), {}, "Tue 05:00–06:00"),
        (("a", "card"), {}, "Tue 05:00–06:00"),
        (("a", "b"), {"days": ("sun", "mon")}, "Mon 05:00–06:00"),
        (("a", "b"), {"hours": ("10:00", "12:00", "11:59", "13:00"), "days": ("wed", "wed")}, "Wed 11:59–12:00"),
        (("a", "b"), {"hours": ("20:00", "24:00", "23:00", "01:00"), "days": ("sat", "sat")}, "Sat 23:00–24:00"),
    ],
)
def test_windows_of_different_profiles_must_not_overlap_for_a_device(one, other, when):
    (found,) = faults_of(two(*one, **other))
    assert found.startswith("window 1 and window 2: they overlap with different profiles")
    assert when in found


@pytest.mark.parametrize(
    "text",
    [
        two("a", "a"),
        two("cpu", "cards"),
        two("a", "b", hours=("22:00", "05:00", "05:00", "07:00")),
        two("a", "b", days=("mon", "wed")),
        two("a", "b", hours=("22:00", "24:00", "00:00", "07:00"), days=("sun", "mon")),
    ],
)
def test_windows_that_touch_or_are_about_other_devices_are_fine(text):
    assert len(policy_of(text).windows) == 2


def test_what_is_possible_and_hardly_meant_is_a_doubt():
    (doubt,) = source_of(Path("p.toml"), (WINDOW + "[profile.left]\n").encode()).doubts
    assert doubt == "p.toml: profile.left: no window and no exception names it"


def doubts_of(text: str) -> list[str]:
    return [each.removeprefix("p.toml: ") for each in source_of(Path("p.toml"), text.encode()).doubts]


@pytest.mark.parametrize("date", ['"11-04"', "2026-11-04"])
def test_windows_that_only_a_holiday_lays_over_each_other_are_a_doubt(date):
    row = '[[window]]\ndays = "{}"\nfrom = "{}"\nto = "{}"\nprofile = "{}"\n'
    text = "[profile.a]\n[profile.b]\n" + row.format("mon-thu", "22:00", "07:00", "a")
    text += row.format("sun", "00:00", "24:00", "b")
    assert doubts_of(text) == []
    (doubt,) = doubts_of(text + f'[[holiday]]\nname = "x"\ndate = {date}\n')
    assert doubt == (
        "window 1 and window 2: they overlap with different profiles ('a' and 'b') 00:00–07:00 at the holiday "
        "11-04 (x): the first holds"
    )


def test_a_program_with_arguments_is_a_doubt():
    (doubt,) = doubts_of(WINDOW + '[guard.exclusive]\nprograms = ["steam -silent", "blender"]\n')
    assert doubt.startswith("guard.exclusive: 'steam -silent' is compared as one name")


def test_a_file_of_another_system_is_read_all_the_same():
    data = b"\xef\xbb\xbf" + WINDOW.replace("\n", "\r\n").encode()
    source = source_of(Path("p.toml"), data)
    assert len(source.policy.windows) == 1
    assert "\ufeff" not in source.document.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0", "is not valid TOML"),
        (b"zone = \n", "is not valid TOML: invalid value (at line 1, column 8)"),
        ("zone = 'ü'".encode("latin-1"), "is not UTF-8 text (byte 8)"),
        (WINDOW.encode("utf-16"), "is not UTF-8 text"),
        (b"a = " + b"[" * 50_000, "is not valid TOML"),
        (b"#" * ((1 << 20) + 1), "is larger than 1 MiB"),
        (b"a = 1\na = 2\n", "is not valid TOML"),
        (b"a = " + b"9" * 5000, "is not valid TOML"),
    ],
)
def test_what_is_no_text_of_ours_is_one_sentence(home, data, words):
    path = home / "policy.toml"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(PolicyProblem) as refused:
        read_policy(path)
    assert words in refused.value.sentence
    assert refused.value.sentence.isprintable()


def test_a_folder_a_pipe_and_what_cannot_be_read_are_no_policy(home):
    os.mkfifo(home / "pipe")
    (home / "locked").mkdir()
    for path, words in ((home, "is a folder"), (home / "pipe", "is no file"), (home / "a\0b", "cannot be read")):
        with pytest.raises(PolicyProblem, match=words):
            read_policy(path)


@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_a_policy_that_others_can_write_is_none(home, mode):
    path = home / "policy.toml"
    path.write_text(WINDOW)
    path.chmod(mode)
    with pytest.raises(PolicyProblem, match=f"chmod 600 {path}"):
        read_policy(path)
    assert read_source(path, is_draft=True).policy.windows


def test_a_draft_that_is_not_there_is_a_fault(home):
    with pytest.raises(PolicyProblem, match="there is no such file"):
        read_source(home / "none.toml", is_draft=True)


def test_a_broken_configuration_is_said_where_a_preset_is_looked_for(home):
    (home / ".config/netmind").mkdir(parents=True)
    (home / ".config/netmind/config.toml").write_text('[schedule]\npreset = "sometimes"\n')
    with pytest.raises(Problem, match=r"schedule\.preset"):
        read_policy(home / "policy.toml")
