"""A draft in the owner's file: what is different is written, and every comment and everything else stays."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.draft import difference
from netmind_tui.model.paint import WEEK_CELLS, Brush, painted
from netmind_tui.model.policy import Exception_, GuardKind, Policy, Profile, Window
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.edit import with_draft, with_windows
from netmind_tui.node.policy.file import PolicyProblem, PolicySource, source_of
from netmind_tui.node.policy.limit import limit_hint, limit_text, with_limit
from netmind_tui.node.policy.preset import preset_policy

TEXT = """# my terms
zone = "Europe/Paris"   # where I live

[profile.night]
power_cap_w = 200
[profile.weekend]

# nights
[[window]]   # mine
# quiet hours
days = "daily"   # all
from = "22:00"
to = "07:00"
profile = "night"

# the weekend
[[window]]
days = ["sat", "sun"]
from = "10:10"
to = "16:00"
profile = "weekend"

# a party
[[exception]]   # mine
name = "LAN party"
from = 2026-11-27T18:00:00
to = 2026-11-28

[guard.battery]  # the laptop
min_charge_pct = 90   # enough
"""
SAT = 5 * 48


def source(text=TEXT):
    return source_of(Path("p.toml"), text.encode())


def written(before, draft):
    after = with_draft(before, draft)
    assert not difference(draft, after.policy)
    return after.data.decode()


def test_a_window_that_is_different_is_changed_where_it_stands_and_comments_stay():
    before = source()
    draft = painted(before.policy, [SAT + 44, SAT + 45, SAT + 46, SAT + 47, *range(SAT + 48, SAT + 62)], Brush())
    text = written(before, draft)
    assert text == TEXT.replace('"daily"   # all', '["mon", "tue", "wed", "thu", "fri", "sun"]   # all')


def test_a_new_window_comes_below_the_others_and_one_that_goes_takes_its_keys_along():
    before = source()
    more = written(before, painted(before.policy, [36, 37], Brush("weekend")))
    block = '\n[[window]]\ndays = ["mon"]\nfrom = "18:00"\nto = "19:00"\nprofile = "weekend"\n'
    assert more == TEXT.replace("\n# a party", f"{block}\n# a party")
    gone = [*range(SAT + 20, SAT + 32), *range(SAT + 68, SAT + 80)]
    fewer = written(before, painted(before.policy, gone, Brush()))
    assert [line for line in TEXT.splitlines() if line.startswith("#")] == [
        line for line in fewer.splitlines() if line.startswith("#")
    ]
    assert fewer.count("[[window]]") == 1
    assert "\n\n\n" not in fewer


def test_limits_and_dates_are_written_beside_the_windows():
    before = source()
    guard = with_limit(before.policy.guards[0], "50")
    trip = Exception_(name="trip", start=datetime.fromisoformat("2026-12-01"), end=datetime.fromisoformat("2026-12-03"))
    draft = replace(before.policy, guards=(guard,), exceptions=(trip,))
    text = written(before, draft)
    assert "min_charge_pct = 50   # enough" in text
    assert "LAN party" not in text
    assert 'name = "trip"' in text
    assert text.splitlines()[:20] == TEXT.splitlines()[:20]


def test_nothing_different_writes_nothing():
    before = source()
    assert with_draft(before, before.policy) is before
    turned = replace(before.policy, windows=tuple(reversed(before.policy.windows)))
    assert with_draft(before, turned) is before


def test_without_a_file_one_is_made_of_all_of_it():
    preset = PolicySource(path=Path("p.toml"), policy=preset_policy("nights", "UTC"), preset="nights")
    after = with_draft(preset, painted(preset.policy, [20], Brush("")))
    assert after.data.decode().startswith("# Made from schedule.preset = nights; it is yours to change.")
    assert len(after.policy.guards) == 2
    nothing = PolicySource(path=Path("p.toml"), policy=Policy(zone="UTC"))
    assert with_draft(nothing, painted(nothing.policy, [20], Brush(""))).policy.windows
    with pytest.raises(PolicyProblem, match="there is none, so nothing could ever run"):
        with_draft(nothing, nothing.policy)


def test_a_week_in_which_nothing_runs_is_refused_with_what_to_do():
    before = source()
    with pytest.raises(Problem, match="without a window nothing could ever run; paint one"):
        with_draft(before, painted(before.policy, range(WEEK_CELLS), Brush()))


def test_an_allowing_date_may_take_the_place_of_every_window():
    before = source()
    day = Exception_(
        name="day", start=datetime.fromisoformat("2026-12-01"), end=datetime.fromisoformat("2026-12-02"), allows=True
    )
    draft = replace(painted(before.policy, range(WEEK_CELLS), Brush()), exceptions=(day,))
    assert "[[window]]" not in written(before, draft)


def test_lines_that_end_as_those_of_windows_do_go_on_so():
    before = source(TEXT.replace("\n", "\r\n"))
    after = with_draft(before, painted(before.policy, [36], Brush("weekend")))
    assert b"\r\n[[window]]\r\n" in after.data
    assert b"\n" not in after.data.replace(b"\r\n", b"")


def test_a_file_that_is_laid_out_otherwise_is_changed_whole_or_refused():
    many = TEXT.replace('days = ["sat", "sun"]', 'days = [\n  "sat",  # free\n  "sun",\n]')
    before = source(many)
    # A bracket at the end of a list of days is no head of a table.
    after = with_draft(before, painted(before.policy, [SAT + 24], Brush()))
    assert after.policy.windows != before.policy.windows
    inline = 'window = [{days = "daily", from = "22:00", to = "07:00"}]\n'
    with pytest.raises(Problem, match="window cannot be changed as this file is laid out: edit it"):
        with_draft(source(inline), painted(source(inline).policy, [36], Brush("")))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sets(st.integers(0, WEEK_CELLS - 1), min_size=1, max_size=30), st.integers(0, 2)), max_size=4)
)
def test_whatever_is_painted_comes_back_from_the_file_and_its_comments_with_it(painting):
    draft = source().policy
    for cells, brush in painting:
        draft = painted(draft, cells, Brush(("night", "weekend", None)[brush]))
    text = written(source(), draft)
    for comment in ("# my terms", "# where I live", "# nights", "# the weekend", "# a party", "# the laptop"):
        assert comment in text


def test_windows_are_told_apart_by_what_they_say_and_not_by_their_order():
    before = source()
    assert with_windows(before, tuple(reversed(before.policy.windows))) is before
    same = Window(days=(0,), start_minute=600, end_minute=660)
    after = with_windows(before, (*before.policy.windows, same))
    assert after.policy.windows == (*before.policy.windows, same)


GUARDS = {
    GuardKind.TEMPERATURE: ("max_c = 80", "75", 75.0),
    GuardKind.USER_ACTIVE: ('idle = "3m"', "10m", 600.0),
    GuardKind.GPU_IN_USE: ('memory = "1 GiB"', "2 GiB", float(2 << 30)),
    GuardKind.CPU_BUSY: ("max_pct = 30", "45 %", 45.0),
    GuardKind.DISK: ('min_free = "10 GiB"', "5 GiB", float(5 << 30)),
    GuardKind.ENERGY: ("max_kwh_per_day = 5", "2.5", 9e6),
}


class TestLimits:
    @pytest.mark.parametrize("kind", GUARDS)
    def test_are_read_as_they_are_written_and_written_where_they_stand(self, kind):
        line, text, limit = GUARDS[kind]
        before = source(f'[[window]]\ndays = "daily"\nfrom = "00:00"\nto = "24:00"\n[guard.{kind}]  # a\n{line}  # b\n')
        guard = before.policy.guards[0]
        assert limit_text(guard) == line.partition(" = ")[2].strip('"')
        assert line.partition(" ")[0] in limit_hint(guard)
        new = with_limit(guard, text)
        assert new == replace(guard, limit=limit)
        after = with_draft(before, replace(before.policy, guards=(new,)))
        assert after.policy.guards == (new,)
        assert after.data.decode().count("#") == 2

    def test_of_programs_and_prices_are_lists_and_money(self):
        text = (
            '[[window]]\ndays = "daily"\nfrom = "00:00"\nto = "24:00"\n'
            '[guard.exclusive]\nprograms = ["steam"]\n[guard.price]\nmax_per_kwh = "0.35 EUR"\n'
        )
        before = source(text)
        exclusive, price = before.policy.guards
        assert with_limit(exclusive, "steam, blender").programs == ("steam", "blender")
        assert limit_text(price) == "0.35 EUR"
        new = with_limit(price, "0.30 EUR")
        after = with_draft(before, replace(before.policy, guards=(with_limit(exclusive, "steam, blender"), new)))
        assert 'max_per_kwh = "0.30 EUR"' in after.data.decode()
        assert (after.policy.guards[1].amount, after.policy.guards[1].currency) == ("0.30", "EUR")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("hot", "expected a number of °C"),
            ("400", "from 20 to 120"),
            ("", "expected a number"),
            ("nan", "expected a number"),
            ("24", None),
        ],
    )
    def test_that_cannot_be_say_why(self, text, words):
        guard = replace(source(TEXT + "[guard.temperature]\nmax_c = 80\n").policy.guards[1], margin=5.0)
        if words is None:
            assert with_limit(guard, text).limit == 24.0
        else:
            with pytest.raises(Problem, match=words):
                with_limit(guard, text)

    def test_that_would_never_let_go_are_refused(self):
        guard = source(TEXT + "[guard.temperature]\nmax_c = 80\nmargin_c = 20\n").policy.guards[1]
        with pytest.raises(Problem, match="it would never let go"):
            with_limit(guard, "25")


def test_profiles_are_no_windows():
    assert source().policy.profiles == (
        Profile(name="night", limits=replace(source().policy.profiles[0].limits, power_cap_w=200.0)),
        Profile(name="weekend"),
    )
