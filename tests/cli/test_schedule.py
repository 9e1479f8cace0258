"""``netmind schedule``: with an agent behind a socket and without one, as a person and as a program."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netmind_tui.cli import page
from netmind_tui.cli.preview_view import table as preview_table
from netmind_tui.document import convert, schema
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.forecast import forecast
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.model.timeline import Timeline
from netmind_tui.node.policy.file import source_of

POLICY = """# mine
zone = "Europe/Berlin"

[profile.night]
power_cap_w = 200

[profile.weekend]

[[window]]
days = "mon-fri"
from = "22:00"
to = "06:00"
profile = "night"

[[window]]
days = "weekend"
from = "08:00"
to = "20:15"
profile = "weekend"

[guard.disk]
min_free = "1 MiB"
"""
ALWAYS = '[[window]]\ndays = "daily"\nfrom = "00:00"\nto = "24:00"\n'
PLAIN = page.Page(100, is_terminal=False, encoding="utf-8")


@pytest.fixture
def box(node, tmp_path, monkeypatch):
    """A machine without cards on which no agent runs."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    for name in ("NETMIND_POLICY", "NETMIND_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("netmind_tui.probe.gpu.GpuProbe.library_found", lambda: False)
    monkeypatch.setattr("netmind_tui.node.sense.survey._APART_S", 0.0)
    return node("box")


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "draft.toml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def policy_file(box) -> Path:
    return box.home / ".config/netmind/policy.toml"


def test_without_a_policy_it_is_said_that_nothing_runs(box):
    done = box("schedule", "show")
    assert done.code == 0
    assert "Nothing ever runs: there is no policy." in done.out
    assert not policy_file(box).exists()


def test_a_policy_is_put_in_the_file_and_what_changes_is_said(box, written):
    done = box("schedule", "set", written(POLICY))
    assert done.code == 0, done.err
    assert done.out.splitlines()[:4] == [
        "changed",
        "hours a week: 0 -> 64.5",
        "  night: 0 -> 40",
        "  weekend: 0 -> 24.5",
    ]
    assert policy_file(box).read_text() == POLICY
    assert policy_file(box).stat().st_mode & 0o777 == 0o600
    assert box("schedule", "set", written(POLICY)).out == "unchanged\n"


def test_the_week_is_a_picture_with_a_letter_for_each_profile(box, written):
    box("schedule", "set", written(POLICY))
    lines = box("schedule", "show").out.splitlines()
    rows = {line[:3]: line[12:] for line in lines if line[:3] in ("Mon", "Tue", "Sat", "Sun")}
    assert rows["Mon"] == "·" * 44 + "N" * 4
    assert rows["Tue"] == "N" * 12 + "·" * 32 + "N" * 4
    assert rows["Sat"] == "N" * 12 + "·" * 4 + "W" * 24 + "w" + "·" * 7
    assert any("N  night  40 h a week · power cap 200 W" in line for line in lines)
    assert any("disk" in line and "less than 1 MiB" in line.replace("0.0 GiB", "1 MiB") for line in lines)


def test_a_terminal_without_unicode_gets_plain_signs(box, written):
    from netmind_tui.cli.schedule_place import own_file  # noqa: PLC0415 - the home is the test's
    from netmind_tui.cli.schedule_view import table  # noqa: PLC0415 - see above

    box("schedule", "set", written(POLICY))
    shown = table(own_file(), datetime.fromisoformat("2026-11-23"), page.Page(100, is_terminal=False, encoding="ascii"))
    assert shown.isascii()
    assert "Mon         " + "-" * 44 + "NNNN" in shown


def test_a_narrow_terminal_gets_a_sign_for_each_hour(box, written):
    from netmind_tui.cli.schedule_place import own_file  # noqa: PLC0415 - the home is the test's
    from netmind_tui.cli.schedule_view import table  # noqa: PLC0415 - see above

    box("schedule", "set", written(POLICY))
    narrow = page.Page(50, is_terminal=False, encoding="utf-8")
    shown = table(own_file(), datetime.fromisoformat("2026-11-23"), narrow)
    assert "Sat         NNNNNN··WWWWWWWWWWWWw···" in shown.splitlines()


def test_the_document_keeps_its_schema(box, written):
    box("schedule", "set", written(POLICY))
    document = box("schedule", "show", "--json").document
    assert convert(document, PolicyDocument).policy.zone == "Europe/Berlin"
    assert document["text"] == POLICY
    assert document["sha256"] == sha256(POLICY.encode()).hexdigest()
    assert set(schema("policy")["$defs"]["PolicyDocument"]["properties"]) == set(document)


def test_a_preset_is_shown_as_what_holds(box):
    box("config", "set", "schedule.preset", "nights")
    done = box("schedule", "show")
    assert "schedule.preset = nights of the configuration holds" in done.out
    assert "Mon         ##############" in done.out
    assert "63 h a week" in done.out


@pytest.mark.parametrize("command", ["set", "preview", "check"])
def test_a_draft_with_faults_ends_with_2_and_all_of_them(box, written, command):
    path = written('zone = "x"\n[[window]]\ndays = 3\n')
    done = box("schedule", command, path)
    assert done.code == 2
    assert [line.partition(f"{path}: ")[2].partition(":")[0] for line in done.err.splitlines()] == [
        "zone",
        "window 1.days",
        "window 1.from",
        "window 1.to",
    ]
    assert done.out == ""
    assert not policy_file(box).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "none.toml"), "there is no such file"),
        (("set", "."), "is a folder"),
        (("set",), "Missing argument"),
        (("preview", "none.toml"), "there is no such file"),
        (("preview", "--days", "0"), "--days"),
        (("preview", "--days", "61"), "--days"),
        (("preview", "--days", "many"), "--days"),
        (("explain", "--at", "25:00"), "--at '25:00': expected a time"),
        (("explain", "--device", "gpx"), "'gpx' names no device"),
        (("import", "none.ics"), "there is no such file"),
        (("import", "none.ics", "--devices", "gpx"), "--devices: 'gpx' names no device"),
        (("import", "none.ics", "--name", ""), "--name: expected a name"),
        (("answer", "price", "run"), "the policy has no such guard"),
        (("answer", "nonsense", "run"), "no guard of the policy"),
        (("show", "-o", "/nowhere/x"), "there is no folder"),
        ((), "Usage"),
    ],
)
def test_bad_input_is_one_sentence(box, arguments, words):
    done = box("schedule", *arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_device_that_is_not_there_ends_with_3(box):
    done = box("schedule", "preview", "--device", "gpu:7")
    assert done.code == 3
    assert "gpu:7: there is no such device" in done.err


def test_a_broken_file_is_said_by_every_command_and_set_mends_it(box, written):
    box("schedule", "set", written(POLICY))
    policy_file(box).write_text("zone = 3\n")
    for command in ("show", "preview", "explain", "check"):
        done = box("schedule", command)
        assert done.code == 2
        assert f"{policy_file(box)}: zone: expected a zone" in done.err
    assert box("schedule", "set", written(POLICY)).out.startswith("changed")
    assert policy_file(box).read_text() == POLICY


def test_a_file_that_was_edited_meanwhile_is_not_written_over(box, written, monkeypatch):
    from netmind_tui.cli import schedule_place  # noqa: PLC0415 - beside its only use

    box("schedule", "set", written(POLICY))
    real = schedule_place.draft

    def slowly(name):
        policy_file(box).write_text(POLICY + "# by hand\n")
        return real(name)

    monkeypatch.setattr(schedule_place, "draft", slowly)
    done = box("schedule", "set", written(ALWAYS))
    assert done.code == 2
    assert "somebody changed it meanwhile" in done.err
    assert policy_file(box).read_text().endswith("# by hand\n")


def test_a_preview_tries_out_a_draft_and_writes_nothing(box, written):
    done = box("schedule", "preview", written(ALWAYS), "--days", "2")
    assert done.code == 0, done.err
    assert "a draft" in done.out
    assert "guards are not counted" in box("schedule", "preview", written(POLICY)).err
    assert done.out.count("####") >= 1
    assert not policy_file(box).exists()


def test_a_preview_is_a_document_for_programs(box, written):
    document = box("schedule", "preview", written(ALWAYS), "--days", "2", "--json").document
    timeline = convert(document, Timeline)
    (line,) = timeline.devices
    assert line.device == "cpu"
    assert line.spans[0].state == "contributing"
    assert timeline.painted_hours == pytest.approx(timeline.runs_hours)
    assert timeline.end.astimezone(ZoneInfo("Europe/Berlin")).hour == 0


def test_an_explanation_gives_the_reasons_of_a_moment(box, written):
    box("schedule", "set", written(POLICY))
    done = box("schedule", "explain", "--at", "2026-11-30T23:00")
    assert "Mon 2026-11-30 23:00 Europe/Berlin" in done.out
    assert "inside window night (inside-window)" in done.out
    document = convert(box("schedule", "explain", "--at", "2026-11-30T12:00", "--json").document, Explanation)
    assert document.devices[0].reasons[0].code == "outside-windows"
    assert document.devices[0].reasons[0].until == datetime(2026, 11, 30, 21, tzinfo=UTC)


def test_a_check_shows_what_each_guard_sees_and_ends_with_0(box, written):
    done = box("schedule", "check", written(POLICY))
    assert done.code == 0, done.err
    assert "allows now: " in done.out
    assert "read from file system" in done.out
    assert done.out.endswith("valid\n")


def test_a_check_says_which_devices_of_a_rule_are_not_here(box, written):
    draft = written(POLICY + 'devices = ["cpu", "gpu:5", "gpu:6"]\n')
    done = box("schedule", "check", draft)
    assert done.code == 0
    assert "guard.disk.devices: gpu:5-6 is not here now" in done.err


def test_a_calendar_of_a_long_name_is_marked_with_a_short_one_of_its_own(box, written):
    box("schedule", "set", written(POLICY))
    path = written(calendar(3), f"{'x' * 90}.ics")
    assert box("schedule", "import", path).out.startswith("changed\n")
    assert box("schedule", "import", path).out == "unchanged\n"
    box("schedule", "import", written(calendar(3), f"{'x' * 91}.ics"))
    assert policy_file(box).read_text().count("[[exception]]") == 2


def test_what_only_the_owner_can_answer_ends_with_3_until_it_is_answered(box, written):
    box("schedule", "set", written(ALWAYS + '# dear\n[guard.price]\nmax_per_kwh = "0.35 EUR"\n'))
    done = box("schedule", "check")
    assert done.code == 3
    assert "waits for your answer" in done.out
    assert "netmind schedule answer guard.price pause|run" in done.err
    assert 'on_unknown = "pause" (or "run") in [guard.price]' in done.err
    assert box("schedule", "answer", "guard.price", "maybe").code == 2
    assert box("schedule", "answer", "guard.price", "run").out == "answered\n"
    assert policy_file(box).read_text().endswith('max_per_kwh = "0.35 EUR"\non_unknown = "run"\n')
    assert "# dear" in policy_file(box).read_text()
    assert box("schedule", "check").code == 0


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:1
SUMMARY:Trip
DTSTART;VALUE=DATE:{first:%Y%m%d}
DTEND;VALUE=DATE:{last:%Y%m%d}
END:VEVENT
END:VCALENDAR
"""


def calendar(days: int) -> str:
    first = datetime.now(UTC) + timedelta(days=days)
    return CALENDAR.format(first=first, last=first + timedelta(days=2)).replace("\n", "\r\n")


def test_a_calendar_becomes_exceptions_once(box, written):
    box("schedule", "set", written(POLICY))
    path = written(calendar(3), "work.ics")
    tried = box("schedule", "import", path, "--dry-run")
    assert tried.out.splitlines()[0] == "changed"
    assert policy_file(box).read_text() == POLICY
    done = box("schedule", "import", path, "--devices", "cpu")
    assert done.code == 0, done.err
    assert "Trip  [work.ics]" in done.out
    text = policy_file(box).read_text()
    assert text.startswith(POLICY)
    assert 'source = "work.ics"' in text
    assert box("schedule", "import", path, "--devices", "cpu").out == "unchanged\n"
    later = written(calendar(10), "work.ics")
    box("schedule", "import", later, "--devices", "cpu", "--replace")
    assert policy_file(box).read_text().count("[[exception]]") == 1
    assert "Trip" in box("schedule", "show").out


def test_a_calendar_needs_a_policy(box, written):
    done = box("schedule", "import", written(calendar(3), "work.ics"))
    assert done.code == 2
    assert "there is no policy yet" in done.err


def preview_of(text: str, now: datetime, days: int, devices=("cpu",), facts=()) -> str:
    policy = source_of(Path("p.toml"), text.encode()).policy
    zone = ZoneInfo(policy.zone)
    states = tuple(DeviceFact(device=each) for each in devices)
    timeline = forecast(policy, zone, now, now, now + timedelta(days=days), states, (), facts)
    return preview_table(timeline, policy, zone, "p.toml", PLAIN)


def test_the_night_in_which_clocks_are_put_back_is_said(box):
    shown = preview_of(POLICY, datetime(2026, 10, 23, 12, tzinfo=UTC), 3)
    assert "Sun 25 Oct *" in shown
    assert "* Sun 25 Oct: clocks are put back, the day has 25 hours" in shown
    spring = preview_of(POLICY, datetime(2027, 3, 26, 12, tzinfo=UTC), 3)
    assert "* Sun 28 Mar: clocks are put forward, the day has 23 hours" in spring
    row = next(line for line in spring.splitlines() if line.startswith("Sun 28 Mar"))
    assert row[12:20] == "····  ··"


def test_hours_that_a_rule_takes_are_marked_and_counted():
    text = POLICY + '[[exception]]\nname = "visitors"\nfrom = 2026-11-24\nto = 2026-11-24\n'
    shown = preview_of(text, datetime(2026, 11, 23, 11, tzinfo=UTC), 2)
    row = next(line for line in shown.splitlines() if line.startswith("Tue 24 Nov"))
    assert row[12:] == "x" * 12 + "·" * 32 + "x" * 4
    assert "painted 16.0, would run 8.0 (hours)" in shown
    assert "8.0  taken by: never during visitors (exception)" in shown


def test_equal_devices_are_shown_once():
    shown = preview_of(POLICY, datetime(2026, 11, 23, 11, tzinfo=UTC), 1, ("gpu:0", "gpu:1", "gpu:2", "cpu"))
    assert shown.count("Mon 23 Nov  ") == 1
    assert "gpu:0-2" in shown
    assert "device-hours of 4 devices" in shown


def test_a_preview_of_windows_for_other_devices_says_so(box, written):
    text = POLICY.replace("power_cap_w = 200", 'devices = ["gpu"]').replace(
        "[profile.weekend]", '[profile.weekend]\ndevices = ["gpu"]'
    )
    assert "no window of the policy is about these devices" in box("schedule", "preview", written(text)).out


@pytest.fixture
def kept(agents, box, tmp_path):
    """An agent that keeps ``POLICY`` behind the socket."""

    class Node(agents.MadeNode):
        async def policy(self):
            source = source_of(Path("/p/policy.toml"), self.text.encode())
            return source.document

        async def set_policy(self, text, asker):
            self.heard.append(("policy", text, asker))
            self.text = text
            return await self.policy()

    made = Node(cards=2)
    made.text = POLICY
    with agents.running(tmp_path / "a.sock", node=made):
        yield made


def test_with_an_agent_a_policy_is_in_force_at_once(box, kept, written):
    assert "the agent keeps it" in box("schedule", "show").out
    done = box("schedule", "set", written(ALWAYS))
    assert done.code == 0, done.err
    assert "hours a week: 64.5 -> 168" in done.out
    assert kept.text == ALWAYS
    assert not policy_file(box).exists()


def test_with_an_agent_its_devices_and_its_word_count(box, kept):
    shown = box("schedule", "preview", "--device", "gpu:1", "--json").document
    assert [line["device"] for line in shown["devices"]] == ["gpu:1"]
    assert box("schedule", "explain", "--at", "23:00").out.count("gpu:0-1") == 1
    outside = box("schedule", "explain", "--at", "12:00").out
    assert "outside every window of gpu:0-1" in outside
    assert "gpu:0 " not in outside


def test_a_policy_that_changed_at_the_agent_meanwhile_is_not_written_over(box, kept, written, monkeypatch):
    from netmind_tui.cli import schedule_place  # noqa: PLC0415 - beside its only use

    real = schedule_place.draft

    def slowly(name):
        kept.text = POLICY + "# by another\n"
        return real(name)

    monkeypatch.setattr(schedule_place, "draft", slowly)
    done = box("schedule", "set", written(ALWAYS))
    assert done.code == 2
    assert "somebody changed it meanwhile" in done.err
    assert not [each for each in kept.heard if each[0] == "policy"]


def test_answers_go_to_the_agent(box, kept):
    assert box("schedule", "answer", "disk", "pause").code == 0
    assert kept.text.endswith('on_unknown = "pause"\n')
    assert box("schedule", "answer", "replaced.gpu:0", "yes").code == 0
    assert kept.heard[-1][1:3] == ("replaced.gpu:0", "yes")
    assert box("schedule", "answer", "replaced.gpu:0", "perhaps").code == 2


def test_a_refused_file_of_the_agent_is_said(box, kept):
    kept.refused = "/p/policy.toml: zone: is none"
    assert "this is the last good one: /p/policy.toml: zone: is none" in box("schedule", "show").out
    done = box("schedule", "check")
    assert (done.code, "zone: is none" in done.err) == (2, True)


def test_what_a_guard_says_is_shown_as_it_is(box, kept, monkeypatch):
    fact = GuardFact(kind="disk", denies=True, value="3 GiB", limit="10 GiB", source="file system")
    real = kept.status

    async def status():
        return replace(await real(), facts=(fact,))

    monkeypatch.setattr(kept, "status", status)
    assert "denies now: 3 GiB, limit 10 GiB, read from file system" in box("schedule", "check").out


def test_documents_have_schemas(box):
    for name in ("policy", "timeline", "explanation"):
        assert json.loads(box("schema", name).out)["title"].startswith("netmind.")
