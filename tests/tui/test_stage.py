from textual.app import App

from netmind_tui.tui.picture import Span, fit, line
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.stage import Stage

CELLS = 20


class Theatre(App):
    """A stage, and what was asked of it to be drawn."""

    def __init__(self, *, colours=True):
        super().__init__(ansi_color=None if colours else True)
        self.stage = Stage(choose_skin("dark", ascii_only=False, has_colours=colours))
        self.asked = []
        self.heard = []

    def compose(self):
        yield self.stage

    def watch(self):
        """From now on, note what is to be painted."""
        self.stage.refresh = lambda *regions, **_: self.asked.extend(regions or ["all"])

    def on_stage_clicked(self, event):
        self.heard.append(event.action)

    def on_stage_scrolled(self, event):
        self.heard.append(event.step)


def picture(*texts):
    return [fit(line(Span(text, action=f"do {text}")), CELLS) for text in texts]


async def test_only_a_row_that_changed_is_painted_again():
    app = Theatre()
    async with app.run_test(size=(CELLS, 3)):
        app.stage.show(picture("one", "two", "three"))
        app.watch()
        app.stage.show(picture("one", "2", "three"))
        assert [(region.y, region.height) for region in app.asked] == [(1, 1)]


async def test_the_same_picture_is_not_painted_again():
    app = Theatre()
    async with app.run_test(size=(CELLS, 3)):
        app.stage.show(picture("one", "two"))
        app.watch()
        app.stage.show(picture("one", "two"))
        assert app.asked == []


async def test_another_size_is_painted_whole():
    app = Theatre()
    async with app.run_test(size=(CELLS, 3)):
        app.stage.show(picture("one"))
        app.watch()
        app.stage.show(picture("one", "two"))
        assert app.asked == ["all"]


async def test_a_click_tells_the_action_under_it_and_none_where_there_is_none():
    app = Theatre()
    async with app.run_test(size=(CELLS, 3)) as pilot:
        app.stage.show(picture("one", "two"))
        await pilot.click(offset=(1, 1))
        await pilot.click(offset=(CELLS - 1, 1))
        await pilot.click(offset=(1, 2))
        await pilot.pause()
        assert app.heard == ["do two"]


async def test_what_looks_the_same_is_one_segment_and_nothing_is_lost():
    app = Theatre()
    async with app.run_test(size=(CELLS, 1)):
        app.stage.show([line(Span("a", "dim"), "  ", Span("b", "dim"), Span("c", "dim"), Span("d", "bad"))])
        strip = app.stage.render_line(0)
        assert [segment.text for segment in strip] == ["a  bc", "d"]


async def test_the_ground_is_the_themes_own_and_without_colours_the_terminals():
    for colours, ground in ((True, "#11151c"), (False, None)):
        app = Theatre(colours=colours)
        async with app.run_test(size=(CELLS, 2)):
            app.stage.show(picture("one"))
            (first, *_) = app.stage.render_line(0)
            assert (first.style.bgcolor.name if first.style.bgcolor else None) == ground


async def test_blanks_of_a_reversed_span_stay_reversed():
    app = Theatre(colours=False)
    async with app.run_test(size=(CELLS, 1)):
        app.stage.show([line(Span("a", "dim"), Span("  ", "chosen"), Span("b", "dim"))])
        assert [segment.text for segment in app.stage.render_line(0)] == ["a", "  ", "b"]
