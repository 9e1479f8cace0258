from netmind_tui.model.policy import Limits, Policy, Profile, Window
from netmind_tui.model.weekplan import any_hours_a_week, hours_a_week, layers, week_cells

NIGHT = Window(days=(0, 6), start_minute=22 * 60, end_minute=6 * 60 + 15, profile="night")
DAY = Window(days=(0,), start_minute=600, end_minute=720)


def test_a_window_that_crosses_midnight_goes_on_the_next_day_and_around_the_week():
    cells = week_cells([NIGHT])
    assert [cell.profile for cell in cells[0][:13]] == ["night"] * 13
    assert [cell.profile for cell in cells[0][44:]] == ["night"] * 4
    assert [cell.profile for cell in cells[1][:14]] == ["night"] * 13 + [None]
    assert all(cell.profile is None for cell in cells[3])


def test_a_half_hour_that_is_painted_in_part_says_so():
    cells = week_cells([NIGHT])
    assert (cells[1][11].is_whole, cells[1][12].is_whole) == (True, False)


def test_hours_of_a_week_are_by_profile_and_overlaps_count_once():
    policy = Policy(windows=(NIGHT, DAY, DAY), profiles=(Profile(name="night"),))
    assert hours_a_week(policy) == {"night": 16.5, "": 2.0}
    assert any_hours_a_week(policy) == 18.5


def test_the_whole_week_is_168_hours():
    always = Window(days=tuple(range(7)), start_minute=0, end_minute=1440)
    assert any_hours_a_week(Policy(windows=(always,))) == 168


def test_windows_for_different_devices_lie_in_layers_of_their_own():
    profiles = tuple(Profile(name=name, limits=Limits(devices=(name,))) for name in ("cpu", "gpu"))
    windows = tuple(Window(days=(0,), start_minute=0, end_minute=60, profile=name) for name in ("cpu", "gpu"))
    assert [devices for devices, _ in layers(Policy(windows=windows, profiles=profiles))] == [("cpu",), ("gpu",)]
    assert len(layers(Policy(windows=(NIGHT, DAY), profiles=(Profile(name="night"),)))) == 1
