"""The interface: turns keys, clicks and samples into messages, and shows the picture of the state that follows."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from netmind_tui.tui import cursor, mini
from netmind_tui.tui.action import Keymap
from netmind_tui.tui.cert_desk import CertDesk
from netmind_tui.tui.effect import PARTS, effect_of, refusal
from netmind_tui.tui.frame import FRAME_ROWS, Size, picture
from netmind_tui.tui.later import Later, load
from netmind_tui.tui.life import Life
from netmind_tui.tui.message import Message, Ticked, Told, Went
from netmind_tui.tui.picture import Line
from netmind_tui.tui.rig import Rigs
from netmind_tui.tui.screen import HOMES, Body, modules, overview
from netmind_tui.tui.skin import PALETTES, Skin
from netmind_tui.tui.stage import Stage
from netmind_tui.tui.state import State, reduce
from netmind_tui.tui.theme import theme_of

if TYPE_CHECKING:
    from netmind_tui.tui.bench_run import Desk
    from netmind_tui.tui.feed import Feed

_PERIOD_S, _UNSEEN_PERIOD_S, _MEASURING_PERIOD_S = 1.0, 3.0, 0.5

_DESK: Later["type[Desk]"] = Later("netmind_tui.tui.bench_run", "Desk")
_CHOSEN: Later[Callable[[State], tuple[str, ...]]] = Later("netmind_tui.tui.screen.bench_part", "chosen_devices")
_ALL_CHOSEN: Later[Callable[[State], bool]] = Later("netmind_tui.tui.screen.bench_part", "all_chosen")
_DIALOGUES: tuple[Later[object], ...] = tuple(
    Later(f"netmind_tui.tui.modal.{name}") for name in ("palette", "help", "confirm", "prompt")
)
_FOR_KEYS: tuple[Later[object], ...] = (*HOMES.values(), *PARTS.values(), _DESK, *_DIALOGUES)
"""What the first keys need."""


class NetmindApp(Life):
    """One state, one picture, one clock. With ``rows`` it is the small view of so many lines."""

    CSS = """
    Screen { background: $background; }
    ModalScreen { background: $background 60%; }
    ModalScreen:nocolor { background: transparent; }
    Screen:inline { height: auto; max-height: 3; min-height: 1; border: none; padding: 0; overflow: hidden; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        feed: "Feed",
        skin: Skin,
        keymap: Keymap,
        *,
        state: State,
        rows: int | None = None,
        memory: Callable[[], Iterable[Message]] = tuple,
        others: Sequence["Feed"] = (),
    ) -> None:
        # Without colours no theme may bring them back: the library decides about that when an app is made.
        super().__init__(ansi_color=None if skin.has_colours else True)
        self.rigs = Rigs((feed, *others), state)
        self.feed, self.lookout, self.state = feed, self.rigs.shown.lookout, self.rigs.shown.state
        self.skin = skin
        self.keymap = keymap
        self.certs = CertDesk(self.mail)
        self._memory = memory
        self._rows = rows
        self._stage = Stage(skin, rows=rows)
        self._desk: Desk | None = None
        self._period_s = _PERIOD_S
        for palette in PALETTES.values():
            self.register_theme(theme_of(palette))

    def compose(self) -> ComposeResult:
        """One widget draws everything."""
        yield self._stage

    def on_mount(self) -> None:
        """Begin to sample, and to show."""
        if self.skin.has_colours:
            self.theme = self.skin.palette.name
        self._stage.focus()
        self._clock = self.set_interval(_PERIOD_S, self.tick)
        self.rigs.start()
        self.draw()
        self.call_after_refresh(self.lookout.in_background, self._begin)

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
        self.lookout.mail(message)

    def in_background(self, work: Callable[[], object]) -> None:
        """Run something that may take long, in a thread that does not keep the process alive."""
        self.lookout.in_background(work)

    def tick(self) -> None:
        """Once a second: take in what is new. No widget has a timer of its own."""
        self.look_at_terminal()
        before, now = self.state, datetime.now().astimezone()
        news = [*self.lookout.news(before), *self._measured()]
        self.rigs.go_on(lambda feed: Ticked(f"{now:%H:%M:%S}", feed.silent_s(), now))
        self.dispatch(*news, Ticked(f"{now:%H:%M:%S}", self.feed.silent_s(), now))
        is_free = self._period_s == _PERIOD_S
        self.lookout.follow(before, self.state, shows_uses=self._shows_uses, is_free=is_free)
        self.certs.follow(self.state)

    def ask_uses(self) -> None:
        """Ask who computes on the GPUs."""
        self.lookout.ask_uses(self.state)

    def look_again(self) -> None:
        """Describe and examine the machine anew."""
        self.lookout.look_again()

    @property
    def _shows_uses(self) -> bool:
        here, size = self.state.view.screen, self.size_now
        return here == "devices" or (
            here == "overview" and overview.shows_processes(size.cells, size.rows - FRAME_ROWS)
        )

    @property
    def bench(self) -> "Desk":
        """What plans, measures and reads runs."""
        if self._desk is None:
            shared = getattr(self.feed, "shared", None)  # only what shows this machine has one
            desk = self._desk = _DESK()(say=lambda sentence: self.mail(Told(sentence, "error")), shared=shared)
            # At once: what is only queued would happen when the process goes on again.
            self.app_suspend_signal.subscribe(self, lambda _: desk.pause(), immediate=True)
            self.app_resume_signal.subscribe(self, lambda _: desk.resume(), immediate=True)
        return self._desk

    @bench.setter
    def bench(self, desk: "Desk") -> None:
        self._desk = desk

    def _measured(self) -> Sequence[Message]:
        """What is new of benchmarks, and what the screen wants to know of them; the clock is faster while one runs."""
        state = self.state
        if state.view.screen in ("bench", "cert", "first run") and self.feed.kind == "live":
            self.bench.follow(state.bench, _CHOSEN()(state), all_devices=_ALL_CHOSEN()(state))
        if self._desk is None:
            return ()
        period_s = _MEASURING_PERIOD_S if self._desk.is_measuring else _PERIOD_S
        if self._period_s not in (_UNSEEN_PERIOD_S, period_s):
            self._pace(period_s)
        return self._desk.news()

    def clean_up(self) -> None:
        """End the children, whatever becomes of the terminal."""
        if self._desk is not None:
            self._desk.end()
        self.certs.end()
        self.rigs.stop(self.state, datetime.now().astimezone())

    def _begin(self) -> None:
        """After the first picture: look at the machine, recall what was measured, and load what the first keys need."""
        self.lookout.describe()
        self.call_later(self.tick)
        for message in self._memory():
            self.mail(message)
        load(_FOR_KEYS)
        if self.feed.kind == "live":
            self.certs.recall()
        self.lookout.examine()

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

    def hear(self, event: events.Key | events.Paste) -> bool:
        """Do what the key does on this screen; a text pasted where nothing is asked does nothing."""
        if isinstance(event, events.Paste):
            return True
        action = self.keymap.action(event.key, self.state.view.screen, read_only=self.state.view.read_only)
        if self._rows is not None and action is not None and action.id not in mini.ACTIONS:
            return True  # there is no room for it, and nothing happens unseen
        if action is not None:
            self.perform(action.id)
        return action is not None

    def on_stage_clicked(self, event: Stage.Clicked) -> None:
        """Do what was clicked."""
        self.perform(event.action)

    def on_stage_dragged(self, event: Stage.Dragged) -> None:
        """Take a range, and do with it what is done there."""
        self.perform(f"drag {'over' if event.is_over else 'on'} {event.start} {event.here}")

    def on_stage_scrolled(self, event: Stage.Scrolled) -> None:
        """Move the cursor."""
        self.move(event.step)

    def action_leave(self) -> None:
        """Leave, after asking where something runs."""
        self.perform("quit")

    def perform(self, wish: str) -> None:
        """Carry out an action by its id, or a wish with a word more: ``go bench``, ``open gpu:4``, ``focus needs``."""
        why = refusal(self.state, wish)
        if why is not None:
            self.say(why, "warn")
            return
        if self.state.said is not None:
            self.state = reduce(self.state, Told("", "none"))
        effect = effect_of(wish)
        if effect is not None:
            effect(self, wish.partition(" ")[2])

    def say(self, sentence: str, status: str = "pass") -> None:
        """Say something at the foot, until the next action."""
        self.dispatch(Told(sentence, status))

    def go(self, screen: str) -> None:
        """Show another screen."""
        self.dispatch(Went(screen))

    @property
    def body(self) -> Body:
        """The screen that is shown."""
        return modules()[self.state.view.screen]

    @property
    def focused_box(self) -> str | None:
        """The box that has the focus."""
        return cursor.focused_box(self.state, self.body)

    def step_focus(self, step: int) -> None:
        """The next box, or the one before."""
        self.dispatch(*cursor.box_after(self.state, self.body, step))

    def move(self, step: int) -> None:
        """Move the cursor of the focused box, within its rows."""
        self.dispatch(*cursor.row_after(self.state, self.body, step))

    def open_chosen(self) -> None:
        """Open what the cursor is on."""
        wish = cursor.chosen(self.state, self.body)
        if wish is not None:
            self.perform(wish)
