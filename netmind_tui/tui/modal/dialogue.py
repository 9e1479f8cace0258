"""What lies over a screen and asks something: a picture like every other, with the keys while it is there."""

from typing import TYPE_CHECKING, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from netmind_tui.tui.ascii import in_ascii
from netmind_tui.tui.frame import Size
from netmind_tui.tui.picture import Box, Line, Span, framed
from netmind_tui.tui.skin import Skin
from netmind_tui.tui.stage import Stage

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

Answer = TypeVar("Answer")
FRAME_CELLS, FRAME_ROWS = 4, 2
# The two lines that stand on every screen stay, and as many below.
_MARGIN_CELLS, _MARGIN_ROWS = 4, 4


class _Paper(Stage, can_focus=False):
    """Where it is drawn; the dialogue itself has the keys."""

    DEFAULT_CSS = "_Paper { width: auto; height: auto; }"


class Dialogue(ModalScreen[Answer]):
    """A modal screen that ends with the first answer; what was typed or clicked after it is lost."""

    # Its ground is the app's to say, whose rule for screens would win over one here.
    DEFAULT_CSS = "Dialogue { align: center middle; }"
    WIDEST = 72

    def __init__(self) -> None:
        super().__init__()
        self._paper: _Paper | None = None

    # What each kind of dialogue says and does.

    def box(self) -> Box:
        """What is asked, in lines of so many ``cells``."""
        raise NotImplementedError

    def press(self, key: str, sign: str | None) -> bool:
        """Do what a key does here, ``sign`` being what it types; whether it does anything."""
        raise NotImplementedError

    def do(self, action: str) -> None:
        """Do what was clicked: the key that stands there."""
        self.press(action, None)

    def paste(self, text: str) -> None:
        """Take in a text from elsewhere; most dialogues have no use for it."""

    # How that is shown and heard.

    @property
    def skin(self) -> Skin:
        """How the app is drawn."""
        return cast("NetmindApp", self.app).skin

    @property
    def place(self) -> Size:
        """The size of what it lies over."""
        return Size(self.app.size.width, self.app.size.height)

    @property
    def cells(self) -> int:
        """The cells that a line has."""
        return max(10, min(self.WIDEST, self.place.cells - _MARGIN_CELLS) - FRAME_CELLS)

    @property
    def rows(self) -> int:
        """The most lines that there may be."""
        return max(1, self.place.rows - _MARGIN_ROWS - FRAME_ROWS)

    def compose(self) -> ComposeResult:
        """One widget draws everything."""
        self._paper = _Paper(self.skin)
        yield self._paper

    def on_mount(self) -> None:
        """Show it."""
        self.draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay it out anew."""
        self.draw()

    def on_stage_clicked(self, event: Stage.Clicked) -> None:
        """Do what was clicked."""
        event.stop()
        if self.is_active:
            self.do(event.action)
            self.draw()

    def hear(self, event: events.Key | events.Paste) -> bool:
        """Take a key or a text, at once and in its order; whether it means anything here."""
        if isinstance(event, events.Paste):
            self.paste(event.text)
        elif not self.press(event.key, _sign(event)):
            return False
        self.draw()
        return True

    def draw(self) -> None:
        """Show how it stands now."""
        if self._paper is None or not self.is_active:  # answered, or not there yet
            return
        lines = self.drawn()
        self._paper.styles.width = self.cells + FRAME_CELLS
        self._paper.styles.height = len(lines)
        self._paper.show(lines)

    def drawn(self) -> list[Line]:
        """Its picture."""
        box, glyphs = self.box(), self.skin.glyphs
        cells = self.cells + FRAME_CELLS
        lines = framed(box, cells, min(len(box.lines), self.rows) + FRAME_ROWS, glyphs, focused=True)
        return lines if glyphs.braille else [in_ascii(each) for each in lines]

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """End with an answer, unless it has ended: the library would take away what lies below it instead."""
        if self.is_active:
            return super().dismiss(result)
        nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return nothing


def _sign(event: events.Key) -> str | None:
    """What a key types; with alt it types nothing, as right after escape where both came at once."""
    return event.character if event.is_printable and not event.key.startswith("alt+") else None


def keys(*of: tuple[str, str, str]) -> Line:
    """Keys that can be clicked: the key as the library names it, as people read it, and what it does."""
    spans: list[Span] = []
    for key, shown, words in of:
        gap = [Span("  ")] if spans else []
        spans += [*gap, Span(shown, "key", key), Span(f" {words}", "dim", key)]
    return tuple(spans)
