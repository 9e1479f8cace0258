"""The interface: turns keys, clicks and samples into messages, and shows the picture of the state that follows."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.theme import Theme

from netmind_tui.tui import terminal
from netmind_tui.tui.action import BY_ID, Action, Keymap
from netmind_tui.tui.effect import EFFECTS
from netmind_tui.tui.feed import Feed
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.message import Described, Examined, FeedEnded, Focused, Message, Moved, Sampled, Ticked, Told, Went
from netmind_tui.tui.picture import Line
from netmind_tui.tui.screen import Body, modules
from netmind_tui.tui.skin import PALETTES, Palette, Skin
from netmind_tui.tui.stage import Stage
from netmind_tui.tui.state import State, reduce

_PERIOD_S, _UNSEEN_PERIOD_S = 1.0, 3.0
_EXAMINE_EVERY_S = 300.0


class NetmindApp(App[int]):
    """One state, one picture, one clock."""

    CSS = "Screen { background: $background; }"
    ENABLE_COMMAND_PALETTE = False
    # Everything else is in the action registry; these would otherwise be Textual's own.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "leave", show=False, priority=True)]

    def __init__(self, feed: Feed, skin: Skin, keymap: Keymap, *, state: State) -> None:
        # Without colours no theme may bring them back: the library decides about that when an app is made.
        super().__init__(ansi_color=None if skin.has_colours else True)
        self.feed = feed
        self.skin = skin
        self.keymap = keymap
        self.state = state
        self.bodies = modules()
        self.effects = EFFECTS
        self._stage = Stage(skin)
        self._mail: list[Message] = []
        self._mail_lock = threading.Lock()
        self._is_seen = True
        for palette in PALETTES.values():
            self.register_theme(_theme(palette))

    def compose(self) -> ComposeResult:
        """One widget draws everything."""
        yield self._stage

    def on_mount(self) -> None:
        """Begin to sample, and to show."""
        if self.skin.has_colours:
            self.theme = self.skin.palette.name
        self._stage.focus()
        self._clock = self.set_interval(_PERIOD_S, self.tick)
        self.feed.start()
        self.in_background(self._look)
        self.draw()

    def on_unmount(self) -> None:
        """End what samples."""
        self.feed.stop()

    # What happens.

    def dispatch(self, *messages: Message) -> None:
        """Let the state follow these messages, and show it."""
        for message in messages:
            self.state = reduce(self.state, message)
        self.draw()

    def mail(self, message: Message) -> None:
        """From another thread: the message is heard at the next tick. Nobody waits for the interface."""
        with self._mail_lock:
            self._mail.append(message)

    def in_background(self, work: Callable[[], object]) -> None:
        """Run something that may take long, in a thread that does not keep the process alive."""
        threading.Thread(target=work, daemon=True).start()

    def tick(self) -> None:
        """Once a second: take in what is new. No widget has a timer of its own."""
        if terminal.has_hung_up():
            terminal.end_without_terminal(self.clean_up)
        with self._mail_lock:
            mail, self._mail = self._mail, []
        news: list[Message] = [Sampled(sample) for sample in self.feed.new()]
        ended = self.feed.ended()
        if ended is not None and self.state.feed.ended is None:
            news.append(FeedEnded(ended))
        now = datetime.now().astimezone()
        self.dispatch(*mail, *news, Ticked(f"{now:%H:%M:%S}", self.feed.silent_s()))

    def clean_up(self) -> None:
        """End the children, whatever becomes of the terminal."""
        self.feed.stop()

    def _look(self) -> None:
        """Describe the machine, then look it over."""
        self.mail(Described(self.feed.look()))
        diagnosis = self.feed.examine()
        if diagnosis is not None:
            self.mail(Examined(diagnosis))

    def look_again(self) -> None:
        """Describe and examine the machine anew."""
        self.in_background(self._look)

    # What is shown.

    @property
    def size_now(self) -> Size:
        """The terminal."""
        return Size(self.size.width, self.size.height)

    def draw(self) -> None:
        """Show the picture of the state."""
        if self.size.width and self.size.height:
            self._stage.show(self.lines())

    def lines(self) -> list[Line]:
        """The picture of the state."""
        return picture(self.state, self.size_now, self.skin.glyphs, self.keymap)

    def on_resize(self, _event: events.Resize) -> None:
        """Lay it out anew."""
        self.draw()

    def on_app_blur(self, _event: events.AppBlur) -> None:
        """Nobody looks: go slower."""
        self._pace(_UNSEEN_PERIOD_S)

    def on_app_focus(self, _event: events.AppFocus) -> None:
        """Somebody looks."""
        self._pace(_PERIOD_S)
        self.tick()

    def _pace(self, period_s: float) -> None:
        self._clock.stop()
        self._clock = self.set_interval(period_s, self.tick)

    # What whoever watches does.

    def on_key(self, event: events.Key) -> None:
        """Do what the key does on this screen."""
        action = self.keymap.action(event.key, self.state.view.screen, read_only=self.state.view.read_only)
        if action is not None:
            event.stop()
            event.prevent_default()
            self.perform(action.id)

    def on_stage_clicked(self, event: Stage.Clicked) -> None:
        """Do what was clicked."""
        self.perform(event.action)

    def on_stage_scrolled(self, event: Stage.Scrolled) -> None:
        """Move the cursor."""
        self.move(event.step)

    def action_leave(self) -> None:
        """Leave, after asking where something runs."""
        self.perform("quit")

    def perform(self, wish: str) -> None:
        """Carry out an action by its id, or a wish with a word more: ``go bench``, ``open gpu:4``, ``focus needs``."""
        action = BY_ID.get(wish)
        if action is not None and action.needs_agent:
            self.say(f"{action.title.rstrip('…')}: no agent runs, so there is nothing to {_verb(action)}", "warn")
            return
        verb, _, rest = wish.partition(" ")
        if self.state.said is not None:
            self.state = reduce(self.state, Told("", "none"))
        effect = self.effects.get(wish) or self.effects.get(verb)
        if effect is not None:
            effect(self, rest)

    def say(self, sentence: str, status: str = "pass") -> None:
        """Say something at the foot, until the next action."""
        self.dispatch(Told(sentence, status))

    def go(self, screen: str) -> None:
        """Show another screen."""
        self.dispatch(Went(screen))

    @property
    def body(self) -> Body:
        """The screen that is shown."""
        return self.bodies[self.state.view.screen]

    @property
    def focused_box(self) -> str | None:
        """The box that has the focus: the first one unless another was chosen."""
        boxes = self.body.boxes(self.state)
        chosen = self.state.view.focus.get(self.state.view.screen)
        return chosen if chosen in boxes else next(iter(boxes), None)

    def step_focus(self, step: int) -> None:
        """The next box, or the one before."""
        boxes: Sequence[str] = self.body.boxes(self.state)
        here = self.focused_box
        if here is not None:
            self.dispatch(Focused(boxes[(boxes.index(here) + step) % len(boxes)]))

    def move(self, step: int) -> None:
        """Move the cursor of the focused box, within its rows."""
        box = self.focused_box
        if box is None:
            return
        last = max(0, self.body.count(self.state, box) - 1)
        row = min(last, max(0, self.state.view.row(box) + step))
        self.dispatch(Moved(box=box, row=row))

    def open_chosen(self) -> None:
        """Open what the cursor is on."""
        box = self.focused_box
        if box is None:
            return
        wish = self.body.opened(self.state, box, self.state.view.row(box))
        if wish is not None:
            self.perform(wish)


def _verb(action: Action) -> str:
    return {"pause": "pause", "resume": "resume", "finish": "finish", "stop": "stop"}.get(action.id, "do")


def _theme(palette: Palette) -> Theme:
    styles = palette.styles
    return Theme(
        name=palette.name,
        primary=palette.accent,
        background=palette.background,
        foreground=palette.foreground,
        surface=palette.background,
        panel=palette.background,
        warning=styles["warn"],
        error=styles["bad"].split()[-1],
        success=styles["good"],
        dark=palette.is_dark,
    )
