"""What happens to the week that is painted, as messages: each knows what follows from it."""

from dataclasses import dataclass, replace

from netmind_tui.model.paint import Brush
from netmind_tui.model.policy import Policy, PolicyDocument
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui.message import Part
from netmind_tui.tui.schedule_page import MOST_STEPS, Own, Schedule, policy, terms
from netmind_tui.tui.state import State


@dataclass(frozen=True, slots=True)
class Opened(Part):
    """The owner's file was read."""

    own: Own

    def after(self, state: State) -> State:
        """It is what is shown while no agent runs."""
        return _with(state, own=self.own)


@dataclass(frozen=True, slots=True)
class Recalled(Part):
    """The journal tells of the last week."""

    week: Timeline

    def after(self, state: State) -> State:
        """It takes the place of what it told before."""
        return _with(state, week=self.week)


@dataclass(frozen=True, slots=True)
class Pointed(Part):
    """The cursor is put on a cell; with ``extends`` the range goes on from where it was, or from ``start``."""

    cell: int
    extends: bool = False
    start: int | None = None

    def after(self, state: State) -> State:
        """A range goes where the cursor is moved without one."""
        own = state.schedule
        if not self.extends and not own.is_marking:
            return _with(state, cell=self.cell, anchor=None)
        anchor = self.start if self.start is not None else own.anchor if own.anchor is not None else own.cell
        return _with(state, cell=self.cell, anchor=anchor)


@dataclass(frozen=True, slots=True)
class Marked(Part):
    """A range begins at a cell, or ends."""

    cell: int | None

    def after(self, state: State) -> State:
        """From here on the cursor takes the range along, or no longer."""
        if self.cell is None:
            return _with(state, anchor=None, is_marking=False)
        return _with(state, cell=self.cell, anchor=self.cell, is_marking=True)


@dataclass(frozen=True, slots=True)
class Dipped(Part):
    """Another brush was chosen."""

    brush: Brush

    def after(self, state: State) -> State:
        """It is the one that paints."""
        return _with(state, brush=self.brush)


@dataclass(frozen=True, slots=True)
class Layered(Part):
    """The grid is about other devices."""

    devices: tuple[str, ...]

    def after(self, state: State) -> State:
        """The brush may be none of theirs: the first one is chosen again."""
        return _with(state, devices=self.devices, brush=None)


@dataclass(frozen=True, slots=True)
class Shown(Part):
    """What is painted is shown, or what happened; a cell is explained, or no longer."""

    past: bool | None = None
    explains: bool | None = None

    def after(self, state: State) -> State:
        """What is not said stays."""
        own = state.schedule
        past = own.shows_past if self.past is None else self.past
        explains = own.is_explaining if self.explains is None else self.explains
        return _with(state, shows_past=past, is_explaining=explains)


@dataclass(frozen=True, slots=True)
class Drafted(Part):
    """The draft was changed."""

    policy: Policy

    def after(self, state: State) -> State:
        """One step more that can be taken back; the first one remembers what it began with."""
        own = state.schedule
        if self.policy == policy(state):
            return state
        base = own.base if own.drafts else terms(state)
        drafts = (*own.drafts, self.policy)[-MOST_STEPS:]
        return _with(state, base=base, drafts=drafts, undone=(), anchor=None, is_marking=False, shows_past=False)


@dataclass(frozen=True, slots=True)
class Undone(Part):
    """The last change is taken back; with ``again`` what was taken back comes again."""

    again: bool = False

    def after(self, state: State) -> State:
        """Without any change left, what is in force is shown."""
        own = state.schedule
        if self.again:
            if not own.undone:
                return state
            return _with(state, drafts=(*own.drafts, own.undone[-1]), undone=own.undone[:-1])
        if not own.drafts:
            return state
        return _with(state, drafts=own.drafts[:-1], undone=(*own.undone, own.drafts[-1]))


@dataclass(frozen=True, slots=True)
class Redone(Part):
    """The changes were made anew, on terms that somebody else changed meanwhile."""

    base: PolicyDocument
    policy: Policy

    def after(self, state: State) -> State:
        """What was before cannot be gone back to: it was on other terms."""
        state = _in_force(state, self.base)
        return _with(state, base=self.base, drafts=(self.policy,), undone=(), is_saving=False)


@dataclass(frozen=True, slots=True)
class Saving(Part):
    """The draft is on its way, or came back unsaved."""

    is_so: bool

    def after(self, state: State) -> State:
        """Nothing is saved twice at once."""
        return _with(state, is_saving=self.is_so)


@dataclass(frozen=True, slots=True)
class Saved(Part):
    """A draft is in force; what was painted since stays one."""

    document: PolicyDocument
    draft: Policy

    def after(self, state: State) -> State:
        """It is what is shown from now on."""
        own = state.schedule
        # The last of them that is so: it may have been so before, painted over and painted again.
        places = [place for place, each in enumerate(own.drafts) if each == self.draft]
        later = own.drafts[places[-1] + 1 :] if places else ()
        state = _in_force(state, self.document)
        return _with(state, base=self.document if later else None, drafts=later, undone=(), is_saving=False)


@dataclass(frozen=True, slots=True)
class Dropped(Part):
    """The draft was given up."""

    def after(self, state: State) -> State:
        """What is in force is shown."""
        return _with(state, base=None, drafts=(), undone=(), is_saving=False)


def _in_force(state: State, document: PolicyDocument) -> State:
    """These are the terms now: the agent's, or those of the file, which is read again."""
    node, own = state.node, state.schedule.own
    if node.is_there:
        return replace(state, node=replace(node, terms=document))
    return state if own is None else _with(state, own=replace(own, document=document, trouble="", signature=None))


def _with(state: State, **members: object) -> State:
    own: Schedule = replace(state.schedule, **members)  # type: ignore[arg-type] # each is a member of it
    return replace(state, schedule=own)
