"""The interface: turns keys, clicks and samples into messages, and shows the picture of the state that follows."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from time import monotonic

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.theme import Theme

from netmind_tui.model.problem import Problem
from netmind_tui.tui import mini
from netmind_tui.tui.action import BY_ID, Action, Keymap
from netmind_tui.tui.bench_run import Desk
from netmind_tui.tui.bench_state import BenchMessage
from netmind_tui.tui.feed import Feed
from netmind_tui.tui.frame import FRAME_ROWS, Size, picture
from netmind_tui.tui.life import Life
from netmind_tui.tui.message import (
    Described,
    Examined,
    FeedEnded,
    Focused,
    Message,
    Moved,
    Sampled,
    Ticked,
    Told,
    Used,
    Went,
)
from netmind_tui.tui.notice import Notices
from netmind_tui.tui.picture import Line
from netmind_tui.tui.screen import Body, modules, overview
from netmind_tui.tui.screen.bench_part import all_chosen, chosen_devices
from netmind_tui.tui.skin import PALETTES, Palette, Skin
from netmind_tui.tui.stage import Stage
from netmind_tui.tui.state import State, reduce

_PERIOD_S, _UNSEEN_PERIOD_S, _MEASURING_PERIOD_S = 1.0, 3.0, 0.5
_EXAMINE_EVERY_S = 300.0
_USES_EVERY_S = 3.0


class NetmindApp(Life):
    """One state, one picture, one clock. With ``rows`` it is the small view of so many lines."""

    CSS = """
    Screen { background: $background; }
    ModalScreen { background: $background 60%; }
    ModalScreen:nocolor { background: transparent; }
    Screen:inline { height: auto; max-height: 3; min-height: 1; border: none; padding: 0; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, feed: Feed, skin: Skin, keymap: Keymap, *, state: State, rows: int | None = None) -> None:
        # Without colours no theme may bring them back: the library decides about that when an app is made.
        super().__init__(ansi_color=None if skin.has_colours else True)
        self.feed = feed
        self.skin = skin
        self.keymap = keymap
        self.state = state
        self.bodies = modules()
        self._rows = rows
        self._stage = Stage(skin, rows=rows)
        self._mail: list[Message] = []
        self._mail_lock = threading.Lock()
        self.bench = Desk(say=lambda sentence: self.mail(Told(sentence, "error")))
        self._asks_uses = threading.Lock()
        self._uses_asked_at = -_USES_EVERY_S
        self._is_seen = True
        self._period_s = _PERIOD_S
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
        # At once: what is only queued would happen when the process goes on again.
        self.app_suspend_signal.subscribe(self, lambda _: self.bench.pause(), immediate=True)
        self.app_resume_signal.subscribe(self, lambda _: self.bench.resume(), immediate=True)
        if self.feed.kind != "live":
            self.state = reduce(self.state, Described(self.feed.look()))  # a recording knows it at once
        self.draw()
        self.call_after_refresh(self.in_background, self._begin)

    def on_unmount(self) -> None:
        """End what samples and what measures."""
        self.clean_up()

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

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever fails there is said, and the interface lives
                words = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
                self.mail(Told(words, "error"))

        threading.Thread(target=run, daemon=True).start()

    def tick(self) -> None:
        """Once a second: take in what is new. No widget has a timer of its own."""
        self.look_at_terminal()
        with self._mail_lock:
            mail, self._mail = self._mail, []
        news: list[Message] = [Sampled(sample) for sample in self.feed.new()]
        if news and self.feed.kind != "live":
            news += self._shown_by_samples()
        ended = self.feed.ended()
        if ended is not None and self.state.feed.ended is None:
            news.append(FeedEnded(ended))
        now = datetime.now().astimezone()
        before = self.state.notices
        self.dispatch(*mail, *news, *self._measured(), Ticked(f"{now:%H:%M:%S}", self.feed.silent_s()))
        self._look_where_needed(before)

    def _look_where_needed(self, before: Notices) -> None:
        """Find out why devices were lost or came back, and now and then who computes on those that are shown."""
        if self.feed.kind != "live":
            return
        if self.state.notices.lost != before.lost:
            self.look_again()
        here = self.state.view.screen
        shows_uses = here == "devices" or (here == "overview" and overview.shows_processes(*self._body_size))
        if shows_uses and self.state.gpus and monotonic() - self._uses_asked_at >= _USES_EVERY_S:
            self.ask_uses()

    def ask_uses(self) -> None:
        """Ask who computes on the GPUs, unless the last answer is still awaited."""
        self._uses_asked_at = monotonic()
        if not self._asks_uses.acquire(blocking=False):
            return
        gpus = self.state.gpus

        def ask() -> None:
            try:
                found = self.feed.uses(gpus)
            finally:
                self._asks_uses.release()
            if found is not None:
                self.mail(Used(found))

        self.in_background(ask)

    @property
    def _body_size(self) -> tuple[int, int]:
        return self.size.width, self.size.height - FRAME_ROWS

    def _shown_by_samples(self) -> list[Message]:
        """What changed in what a recording shows of trouble: nothing has to be asked for it, so it is known at once."""
        diagnosis = self.feed.examine()
        if diagnosis is None or diagnosis == self.state.diagnosis:
            return []
        return [Described(self.feed.look()), Examined(diagnosis)]

    def _measured(self) -> list[BenchMessage]:
        """What is new of benchmarks, and what the screen wants to know of them; the clock is faster while one runs."""
        bench = self.state.bench
        if self.state.view.screen in ("bench", "first run") and self.feed.kind == "live":
            self.bench.follow(bench, chosen_devices(self.state), all_devices=all_chosen(self.state))
        period_s = _MEASURING_PERIOD_S if self.bench.is_measuring else _PERIOD_S
        if self._period_s not in (_UNSEEN_PERIOD_S, period_s):
            self._pace(period_s)
        return self.bench.news()

    def clean_up(self) -> None:
        """End the children, whatever becomes of the terminal."""
        self.bench.end()
        self.feed.stop()

    def _begin(self) -> None:
        """After the first picture: look at the machine, and load what the first key needs."""
        self._look()
        import_module("netmind_tui.tui.effect")
        for name in self.bodies:
            _ = self.bodies[name]

    def _look(self) -> None:
        """Describe the machine, then look it over."""
        self.mail(Described(self.feed.look()))
        self.call_later(self.tick)
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
        if self._rows is not None:
            return mini.picture(self.state, self.size_now.cells, self.skin.glyphs)
        return picture(self.state, self.size_now, self.skin.glyphs, self.keymap)

    def wear(self, skin: Skin) -> None:
        """Draw everything with other colours or signs."""
        self.skin = skin
        self._stage.wear(skin)
        if skin.has_colours:
            self.theme = skin.palette.name
        self.draw()

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
        self._period_s = period_s
        self._clock = self.set_interval(period_s, self.tick)

    # What whoever watches does.

    def on_key(self, event: events.Key) -> None:
        """Do what the key does on this screen; over it lies whatever asks something, and has the keys."""
        if isinstance(self.screen, ModalScreen):
            return
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
        from netmind_tui.tui.effect import EFFECTS  # noqa: PLC0415 - loaded while the first picture is looked at

        effect = EFFECTS.get(wish) or EFFECTS.get(verb)
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
