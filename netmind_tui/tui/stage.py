"""The one widget that draws: it shows a picture, and repaints only the lines that changed."""

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message as WidgetMessage
from textual.strip import Strip
from textual.widget import Widget

from netmind_tui.tui.paint import styled
from netmind_tui.tui.picture import Line, Span
from netmind_tui.tui.skin import Skin


class Stage(Widget, can_focus=True):
    """Shows lines of spans; a click on a span with an action tells the app which."""

    class Clicked(WidgetMessage):
        """A span with an action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    class Dragged(WidgetMessage):
        """The mouse went with its button held from one span with an action to another; ``is_over``: it was let go."""

        def __init__(self, start: str, here: str, *, is_over: bool) -> None:
            super().__init__()
            self.start, self.here, self.is_over = start, here, is_over

    class Scrolled(WidgetMessage):
        """The wheel was turned: 1 down, -1 up."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    DEFAULT_CSS = "Stage { width: 100%; height: 100%; }"

    def __init__(self, skin: Skin, *, rows: int | None = None) -> None:
        super().__init__()
        if rows is not None:
            self.styles.height = rows
        self._skin = skin
        self._lines: list[Line] = []
        self._strips: list[Strip] = []
        self._pressed: str | None = None
        self._dragged_to: str | None = None

    @property
    def lines(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def wear(self, skin: Skin) -> None:
        """Draw everything anew with another skin."""
        self._skin = skin
        self._strips = [self._strip(line) for line in self._lines]
        self.refresh()

    def show(self, lines: list[Line]) -> None:
        """Show another picture."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self._strips = [self._strip(line) for line in lines]
            self.refresh()
            return
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self._strips[row] = self._strip(new)
                start, end = _changed(old, new)
                self.refresh(Region(start, row, end - start, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._skin.ground)

    def on_click(self, event: events.Click) -> None:
        """Tell what was clicked, if it does anything; the end of a drag is none."""
        action = self._wish(event.x, event.y)
        if self._dragged_to is not None:
            self._dragged_to = None
        elif action is not None:
            event.stop()
            self.post_message(self.Clicked(action))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Where a drag may begin: on what says where in it the mouse is."""
        self._pressed, self._dragged_to = self._wish(event.x, event.y, counted=True), None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """A drag goes on, over what it began on."""
        here = self._wish(event.x, event.y, counted=True)
        if self._pressed is None or here is None or not event.button or here == (self._dragged_to or self._pressed):
            return
        self._dragged_to = here
        self.post_message(self.Dragged(self._pressed, here, is_over=False))

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """A drag is over where it was last, wherever the mouse is by then."""
        if self._pressed is not None and self._dragged_to is not None:
            self.post_message(self.Dragged(self._pressed, self._dragged_to, is_over=True))
        self._pressed = None

    def _wish(self, x: int, y: int, *, counted: bool = False) -> str | None:
        """What stands there does when clicked; an action that ends with ``+`` counts how far into it that is."""
        span, offset = _at(self._lines[y], x) if 0 <= y < len(self._lines) else (None, 0)
        if span is None or span.action is None:
            return None
        if not span.action.endswith("+"):
            return None if counted else span.action
        verb, _, first = span.action[:-1].rpartition(" ")
        return f"{verb} {int(first) + offset}"

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor of the focused box."""
        event.stop()
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """See above."""
        event.stop()
        self.post_message(self.Scrolled(-1))

    def _strip(self, line: Line) -> Strip:
        return Strip([Segment(*part) for part in styled(line, self._skin)])


def _at(line: Line, x: int) -> tuple[Span | None, int]:
    """The span at a cell, and how far into it that is."""
    for span in line:
        if x < span.width:
            return span, x
        x -= span.width
    return None, 0


def _changed(old: Line, new: Line) -> tuple[int, int]:
    """The cells from the first to the last span that differ."""
    start = end = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        start += b.width
    tail_old, tail_new = list(reversed(old)), list(reversed(new))
    total = sum(span.width for span in new)
    for a, b in zip(tail_old, tail_new, strict=False):
        if a != b:
            break
        end += b.width
    return start, max(start + 1, total - end)
