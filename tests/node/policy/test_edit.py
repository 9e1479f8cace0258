"""Changing the owner's policy: one part at a time, nothing else touched, and nothing that somebody else wrote."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from netmind_tui.model.policy import Exception_, GuardKind, OnUnknown
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.edit import with_answer, with_exceptions
from netmind_tui.node.policy.file import PolicyProblem, PolicySource, read_source, source_of
from netmind_tui.node.policy.preset import preset_policy
from netmind_tui.node.policy.render import render
from netmind_tui.node.policy.write import write, write_policy

TEXT = """# my terms
zone = "Europe/Paris"   # where I live

[[window]]
days = "daily"
from = "22:00"
to = "06:00"

[[exception]]   # mine
name = "LAN party"
from = 2026-11-27T18:00:00
to = 2026-11-28

[guard.battery]  # the laptop
min_charge_pct = 90   # enough
[guard.disk]
min_free = "10 GiB"
"""
STANDUP = Exception_(
    name="Standup", start=datetime.fromisoformat("2026-12-02T09:00"), end=datetime.fromisoformat("2026-12-02T09:30")
)
TRIP = Exception_(
    name='The "trip" \\ back',
    start=datetime.fromisoformat("2026-12-03"),
    end=datetime.fromisoformat("2026-12-05"),
    devices=("gpu",),
)


def source(text: str = TEXT) -> PolicySource:
    return source_of(Path("p.toml"), text.encode())


def test_an_answer_is_one_line_more_and_every_comment_stays():
    after = with_answer(source(), GuardKind.BATTERY, OnUnknown.RUN)
    assert after.policy.guards[0].on_unknown is OnUnknown.RUN
    new = [line for line in after.data.decode().splitlines() if line not in TEXT.splitlines()]
    assert new == ['on_unknown = "run"']
    again = with_answer(after, GuardKind.BATTERY, OnUnknown.PAUSE)
    assert again.data.decode() == after.data.decode().replace('"run"', '"pause"')


def test_a_calendars_times_come_and_go_and_the_owners_own_stay():
    before = source()
    one = with_exceptions(before, "work.ics", [STANDUP, TRIP])
    assert [each.source for each in one.policy.exceptions] == ["policy", "work.ics", "work.ics"]
    assert one.policy.exceptions[2] == replace(TRIP, source="work.ics")
    assert with_exceptions(one, "work.ics", [STANDUP, TRIP]) is one
    two = with_exceptions(one, "home.ics", [STANDUP])
    three = with_exceptions(two, "work.ics", [])
    assert [each.source for each in three.policy.exceptions] == ["policy", "home.ics"]
    assert with_exceptions(three, "home.ics", []).data == before.data


def test_what_the_owner_wrote_below_a_calendars_times_stays_when_they_go():
    filled = with_exceptions(source(), "work.ics", [STANDUP, TRIP]).data.decode()
    own = "\n# the cat sleeps on it\n[guard.cpu-busy]\nmax_pct = 30\n\n# nothing below\n"
    after = with_exceptions(source(filled + own), "work.ics", [])
    assert after.data.decode() == TEXT + own
    between = filled.replace('name = "Standup"\n', 'name = "Standup"\n# of theirs\n')
    assert with_exceptions(source(between), "work.ics", []).data.decode() == TEXT


def test_a_file_of_another_system_keeps_its_line_ends():
    after = with_answer(source(TEXT.replace("\n", "\r\n")), GuardKind.DISK, OnUnknown.RUN)
    assert after.data.count(b"\r\n") == after.data.count(b"\n")


def test_a_layout_that_cannot_be_edited_without_loss_is_refused():
    inline = (
        TEXT.replace("[[exception]]   # mine\n", "")
        .replace('name = "LAN party"\n', "")
        .replace("from = 2026-11-27T18:00:00\nto = 2026-11-28\n", "")
    )
    inline = 'exception = [{name = "x", from = 2026-11-27, to = 2026-11-28}]\n' + inline
    with pytest.raises(Problem, match="exception cannot be changed as this file is laid out"):
        with_exceptions(source(inline), "work.ics", [STANDUP])


def test_an_answer_to_a_guard_that_is_not_there_is_refused():
    with pytest.raises(Problem, match="there is no guard price"):
        with_answer(source(), GuardKind.PRICE, OnUnknown.RUN)


@pytest.mark.parametrize("name", ["nights", "away", "always"])
def test_a_preset_becomes_a_file_once_something_is_to_be_kept(name):
    preset = PolicySource(path=Path("p.toml"), policy=preset_policy(name, "Asia/Tokyo"), preset=name)
    after = with_answer(preset, GuardKind.BATTERY, OnUnknown.RUN)
    assert after.data.startswith(f"# Made from schedule.preset = {name}".encode())
    assert after.policy.windows == preset.policy.windows
    assert after.policy.zone == "Asia/Tokyo"


def test_times_of_a_calendar_need_a_policy_that_they_are_exceptions_to():
    with pytest.raises(Problem, match="there is no policy yet"):
        with_exceptions(PolicySource(path=Path("p.toml")), "work.ics", [STANDUP])


EVERYTHING = """
zone = "Australia/Lord_Howe"
lead = "90s"
[profile."my night"]
power_cap_w = 200.5
cpu_share_pct = 50
devices = ["gpu:0-3", "cpu"]
[profile.other]
[[window]]
days = "sat-sun"
from = "22:10"
to = "24:00"
profile = "my night"
[[window]]
days = ["mon"]
from = "00:00"
to = "01:00"
[[exception]]
name = "a"
from = 2026-11-27T18:00:30
to = 2026-11-28
allow = true
profile = "other"
[[holiday]]
date = "02-29"
as = "sat"
[[holiday]]
name = "once"
date = 2027-04-02
[guard.user-active]
idle = "150s"
remote_logins = true
[guard.battery]
min_charge_pct = 90
margin_pct = 0
leave_after = "5m"
[guard.temperature]
max_c = 80.5
margin_c = 6
for = "10s"
devices = ["gpu"]
give_way = "stop"
[guard.gpu-in-use]
util_pct = 10
ignore = ["Xorg"]
[guard.cpu-busy]
max_pct = 30
for = "0s"
[guard.exclusive]
programs = ["a b", "c"]
on_unknown = "pause"
[guard.disk]
min_free = "1.5 GiB"
[guard.energy]
max_kwh_per_day = 2.5
[guard.price]
max_per_kwh = "0.35 EUR"
give_way = "stop"
[guard.profit]
min_per_hour = "0.01 EUR"
"""


def test_what_is_written_from_a_policy_is_read_as_that_policy():
    policy = source(EVERYTHING).policy
    assert len(policy.guards) == len(GuardKind)
    assert source(render(policy, "two\n\nlines")).policy == policy


def test_a_new_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "policy.toml"
    write_policy(path, TEXT.encode())
    assert path.read_text() == TEXT
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["policy.toml"]


def test_a_policy_with_a_fault_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "policy.toml"
    write_policy(path, TEXT.encode())
    with pytest.raises(PolicyProblem):
        write_policy(path, b"zone = 3\n")
    assert path.read_text() == TEXT


def test_what_somebody_wrote_meanwhile_is_not_written_over(tmp_path):
    path = tmp_path / "policy.toml"
    write_policy(path, TEXT.encode())
    before = read_source(path)
    after = with_answer(before, GuardKind.DISK, OnUnknown.RUN)
    path.write_text(TEXT + "# and this\n")
    with pytest.raises(Problem, match="somebody changed it meanwhile"):
        write(before, after)
    assert path.read_text().endswith("# and this\n")


def test_a_file_that_appeared_meanwhile_is_not_written_over(tmp_path):
    path = tmp_path / "policy.toml"
    before = PolicySource(path=path)
    path.write_text(TEXT)
    with pytest.raises(Problem, match="somebody changed it meanwhile"):
        write(before, replace(source(), path=path))
