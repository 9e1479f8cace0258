"""The overview: pictures at the sizes, and what decides about order, words and wishes."""

from dataclasses import replace

import pytest

from netmind_tui.model.device import Trouble
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.sample import Sample
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Focused, Moved, Sampled, Turned
from netmind_tui.tui.picture import plain, width
from netmind_tui.tui.screen import device_chart, overview, overview_needs, overview_node, overview_row, overview_rows
from netmind_tui.tui.screen.device_chart import series
from netmind_tui.tui.screen.device_now import Heed, heed, memory_used, silence_words, spell, word
from netmind_tui.tui.state import reduce

SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
STATES = ("eight", "sixteen", "one", "none", "mig", "lost", "asleep", "hung", "wsl", "no_driver", "no_data")
FINDING = Finding(
    id="row-remapping-failed",
    title="its memory has a faulty row and no spare one left to put in its place",
    status=Status.FAIL,
    evidence="2 rows remapped",
    purpose="what is computed in it may be wrong",
    remediation="replace the card: it is a case for its warranty",
    action=Action.REPLACE,
    device="gpu:6",
)


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def with_finding(state, *findings):
    return replace(state, machine_findings=findings or (FINDING,))


def ids(state):
    return [device.id for device in overview.entries(state)]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_looks_as_it_was_kept(request, golden, show, name, size):
    state = request.getfixturevalue(name)
    golden(f"overview-{name.replace('_', '-')}-{size[0]}x{size[1]}", show(state, *size))


@pytest.mark.parametrize("name", ["eight", "one", "hung"])
def test_it_looks_as_it_was_kept_in_ascii(request, golden, show, name):
    lines = show(request.getfixturevalue(name), 80, 24, ascii=True)
    golden(f"overview-{name}-80x24-ascii", lines)
    assert all(line.isascii() for line in lines)
    assert {len(line) for line in lines} == {80}


def test_findings_are_told_with_their_next_step(golden, show, eight):
    state = with_finding(eight)
    golden("overview-finding-100x30", show(state, 100, 30))
    opened = after(state, Turned("evidence", "row-remapping-failed@gpu:6"))
    golden("overview-evidence-80x24", show(opened, 80, 24))


def test_slices_unfold_under_their_gpu(golden, show, mig):
    assert ids(mig) == ["gpu:0", "gpu:1", "gpu:2", "cpu"]
    assert overview.opened(mig, "devices", 0) == "slices gpu:0"
    state = after(mig, Turned("slices gpu:0", "open"))
    assert ids(state) == ["gpu:0", "mig:0.0", "mig:0.1", "mig:0.2", "gpu:1", "gpu:2", "cpu"]
    assert overview.opened(state, "devices", 0) == "open gpu:0"
    golden("overview-mig-open-100x30", show(state, 100, 30))


@pytest.mark.parametrize("cells", range(60, 260, 7))
@pytest.mark.parametrize("name", STATES)
def test_every_line_has_exactly_the_cells_of_the_screen(request, name, cells):
    state = with_finding(request.getfixturevalue(name))
    for rows in (17, 21, 37, 60):
        lines = overview.body(state, cells, rows, UNICODE)
        assert len(lines) == rows
        assert {width(line) for line in lines} == {cells}


def test_rows_come_in_the_order_of_what_needs_attention(lost):
    state = with_finding(lost)
    assert ids(state)[:4] == ["gpu:5", "gpu:6", "gpu:0", "gpu:1"]
    assert [heed(state, device) for device in overview.entries(state)[:4]] == [
        Heed.LOST,
        Heed.FINDING,
        Heed.HOT,
        Heed.REST,
    ]


def test_by_slot_they_stay_in_their_order(lost):
    assert ids(after(lost, Turned("sort", "slot"))) == [*(f"gpu:{index}" for index in range(8)), "cpu"]


def test_a_gpu_that_worked_a_moment_ago_keeps_its_row(one):
    device = one.gpus[0]
    rest = replace(one.own(device), gpu_util_pct=0)
    at = one.sample.at.replace("14:41:29", "14:41:30")
    later = after(one, Sampled(Sample(at=at, host=one.sample.host, devices=(rest,))))
    assert word(later, device, UNICODE.marks).text == "idle"
    assert heed(later, device) is Heed.BUSY
    much_later = after(later, Sampled(Sample(at="2026-11-22T15:00:00.000Z", host=one.sample.host, devices=(rest,))))
    assert heed(much_later, device) is Heed.REST


def test_a_lost_gpu_says_for_how_long_and_what_it_had_said_last(lost):
    device = lost.gpus[5]
    assert silence_words(lost, device) == "has not answered for 7 s; last 39 °C, 90 W"
    known = replace(device, lost="has fallen off the bus", trouble=Trouble.FALLEN_OFF)
    assert silence_words(lost, known).startswith("has fallen off the bus, for 7 s; last 39 °C")
    assert silence_words(lost, known, 22) == "has fallen off the bus"


def test_a_hung_driver_says_for_how_long_it_has_not_answered_and_the_rest_lives(hung, show):
    text = "\n".join(show(hung, 100, 30))
    assert "the driver has not answered about it for 29 s" in text
    assert "84 %" in text
    silent = replace(hung, feed=replace(hung.feed, silent_s=6.0))
    assert "for 35 s" in "\n".join(show(silent, 100, 30))


def test_a_gpu_that_answers_again_is_no_longer_lost(hung):
    device = hung.gpus[1]
    back = replace(hung.own(hung.gpus[0]), device=device.id)
    state = after(hung, Sampled(Sample(at="2026-11-22T14:41:40.000Z", host=hung.sample.host, devices=(back,))))
    assert heed(state, device) is not Heed.LOST


def test_what_is_not_known_is_never_zero(mig, show):
    row = next(line for line in show(mig, 100, 30) if "gpu:0" in line)
    assert "—" in row
    assert "under MIG" in row
    assert " 0 %" not in row


def test_the_power_is_of_all_limits_and_says_whose_is_missing(eight, hung):
    assert overview_node.draw(eight) == "1 292 of 5 600 W"
    assert overview_node.draw(hung).endswith("1 of 2 GPUs")


def test_evidence_opens_and_closes(eight):
    state = with_finding(eight)
    wish = overview.opened(state, "needs", 0)
    assert wish == "turn evidence row-remapping-failed@gpu:6"
    assert overview.opened(after(state, Turned("evidence", wish.split()[-1])), "needs", 0) == "turn evidence none"
    assert overview.opened(state, "needs", 5) is None


def test_the_chosen_finding_is_always_shown(eight, show):
    many = tuple(replace(FINDING, id=f"f{number}", title=f"trouble number {number}") for number in range(9))
    state = after(with_finding(eight, *many), Focused("needs"), Moved(box="needs", row=8))
    text = "\n".join(show(state, 60, 20))
    assert "trouble number 8" in text
    assert "of 9" in text


def test_the_chosen_row_is_shown_among_more_than_fit(sixteen, show):
    text = "\n".join(show(after(sixteen, Moved(box="devices", row=16)), 60, 20))
    assert "▸ cpu" in text
    assert "of 17" in text


def test_cards_and_rows_follow_the_number_of_gpus_and_the_choice(one, eight):
    assert overview.layout(one) == "cards"
    assert overview.layout(eight) == "rows"
    assert overview.layout(after(one, Turned("layout", "rows"))) == "rows"


@pytest.mark.parametrize("size", [(60, 20), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_two_cards_are_both_seen_on_a_small_screen(hung, one, show, size):
    two = replace(one, devices=(*one.gpus, replace(one.gpus[0], id="gpu:1"), one.cpu))
    for state in (two, hung, with_finding(two)):
        text = "\n".join(show(state, *size))
        assert "gpu:0  GeForce" in text
        assert "gpu:1  GeForce" in text


@pytest.mark.parametrize("size", [*SIZES, (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_few_devices_use_the_height_there_is(mig, show, size):
    lines = show(mig, *size)
    first = next(place for place, line in enumerate(lines) if line.startswith("╭ devices"))
    last = next(place for place, line in enumerate(lines) if place > first and line.startswith("╰"))
    blank = [line for line in lines[first:last] if not line.strip("│ ")]
    assert len(blank) <= 1


def test_a_high_row_says_more_and_those_that_need_attention_are_high_first(show, eight):
    state = with_finding(eight)
    lines = show(state, 100, 30)
    assert "slowed by power cap and heat" in "\n".join(lines)
    high = overview_rows.heights(state, overview.entries(state), 3)
    assert high == [3, 2, 1, 1, 1, 1, 1, 1, 1]
    assert overview_rows.heights(state, overview.entries(state), 8) == [2] * 8 + [1]


def test_a_column_stays_where_it_is_whatever_the_figures(one, show):
    state, own = after(one, Turned("layout", "rows")), one.own(one.gpus[0])
    low = replace(own, gpu_util_pct=9, power_draw_w=99.0, temperature_c=9, memory_used_bytes=99 << 20)
    high = replace(own, gpu_util_pct=100, power_draw_w=1000.0, temperature_c=100, memory_used_bytes=1100 << 30)
    for cells, rows in (*SIZES, (200, 50)):
        places = []
        for each in (low, high):
            lines = show(replace(state, sample=replace(state.sample, devices=(each,))), cells, rows)
            row = next(line for line in lines if "▸ gpu:0" in line)
            places.append([row.index(unit) for unit in (" %", "iB", " W", " °C")])
        assert places[0] == places[1], cells


def test_height_that_no_row_can_use_shows_what_all_gpus_draw(sixteen, show):
    text = "\n".join(show(sixteen, 120, 40))
    assert "power  2 412 of 5 600 W" in text
    graph = overview_node._graphs(sixteen)[0]
    each = [series(sixteen, device.id, "power_draw_w", 60) for device in sixteen.gpus]
    drawn = device_chart._values(sixteen, graph, 60)
    assert drawn[-1] == pytest.approx(sum(values[-1] for values in each))
    assert drawn[0] is None


def test_memory_is_told_in_the_unit_of_its_total():
    gib = 1 << 30
    told = [memory_used(used, 24 * gib) for used in (0, 3 << 20, 408 << 20, 22 * gib, None)]
    assert told == ["0.0 GiB", "<0.1 GiB", "0.4 GiB", "22.0 GiB", "—"]
    assert memory_used(408 << 20, None) == "408 MiB"


def test_the_border_of_the_rows_counts_what_the_gpus_do(show, lost):
    assert any("╰ 1 lost · 1 heat · 6 idle ─" in line for line in show(lost, 100, 30))


def test_a_sentence_is_shortened_by_whole_clauses_and_never_within_a_command():
    words = "gpu:2: its PCIe link runs with 8 lanes of 16: copies to and from it are slower"
    assert overview_needs.shortened(words, 90) == words
    assert overview_needs.shortened(words, 50) == "gpu:2: its PCIe link runs with 8 lanes of 16"
    lost = "gpu:5 in PCI slot 0000:a1:00.0 has not answered since 14:35:00 UTC"
    assert overview_needs.shortened(lost, 50) == "gpu:5 has not answered since 14:35:00 UTC"
    command = "end what runs on it, then `a, b; c`; reboot if that hangs too"
    assert overview_needs.shortened(command, 30, "…") == "end what runs on it…"
    assert overview_needs.shortened("one clause without any end at all", 9) == "one clause without any end at all"


def test_the_next_step_is_told_on_the_smallest_screen_too(hung, no_driver, show):
    assert "`sudo nvidia-smi" in "\n".join(show(hung, 60, 20))
    assert "modprobe nvidia`" in "\n".join(show(no_driver, 60, 20))


def test_who_computes_is_only_asked_where_there_is_an_answer(none, one, eight, show):
    assert any("processes" in line for line in show(one, 120, 40))
    assert not any("processes" in line for line in show(none, 120, 40))
    replayed = replace(eight, feed=replace(eight.feed, kind="replay"))
    assert not any("processes" in line for line in show(replayed, 120, 40))


def test_the_foot_offers_only_what_changes_something(none, one, eight, show):
    assert "cards/rows" not in show(none, 100, 30)[-1]
    assert "sort" not in show(one, 100, 30)[-1]
    assert "cards/rows" in show(one, 100, 30)[-1]
    assert "sort" in show(eight, 100, 30)[-1]


def test_a_folded_gpu_says_that_enter_shows_its_slices(mig, show):
    assert any("enter slices ╯" in line for line in show(mig, 100, 30))
    assert any("enter device ╯" in line for line in show(after(mig, Moved(box="devices", row=1)), 100, 30))


def test_columns_never_take_more_than_there_is():
    for cells in range(56, 260):
        has = overview_row.columns(cells)
        assert has.history >= 0
        assert has.second >= 0


def test_a_history_shows_its_whole_span_in_any_number_of_points(one):
    for count in (10, 24, 50, 120, 300):
        values = series(one, "gpu:0", "gpu_util_pct", count)
        assert len(values) == count
        known = [value is not None for value in values]
        assert known == sorted(known)  # a minute that is not known, then a minute that is
        assert abs(known.count(True) - count / 2) <= count / 10 + 1
        assert values[-1] == pytest.approx(84, abs=8)


def test_a_point_of_a_history_keeps_its_height_while_others_come(one):
    before = series(one, "gpu:0", "gpu_util_pct", 24)
    own = one.own(one.gpus[0])
    more = one
    for second in range(5):  # as many samples as one point holds
        at = f"2026-11-22T14:41:3{second}.000Z"
        more = after(more, Sampled(Sample(at=at, host=one.sample.host, devices=(own,))))
    assert series(more, "gpu:0", "gpu_util_pct", 24)[14:22] == before[15:23]


def test_lengths_of_time_are_said_plainly():
    assert [spell(seconds) for seconds in (9.7, 119, 125, 3600, 11_520, 190_000)] == [
        "9 s",
        "119 s",
        "2 min",
        "1 h 0 min",
        "3 h 12 min",
        "2 d 4 h",
    ]


def test_its_twin_is_info(eight):
    assert overview.twin(eight) == "netmind info"
    assert plain(overview.body(eight, 80, 21, UNICODE)[0]).startswith("╭ node")
