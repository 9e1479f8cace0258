"""What becomes of a draft: it is put in force, painted anew on what somebody else wrote meanwhile, or given up."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.draft import redone
from netmind_tui.tui import schedule_desk, schedule_page
from netmind_tui.tui.message import Told
from netmind_tui.tui.schedule_state import Dropped, Redone, Saved, Saving
from netmind_tui.tui.screen import schedule_week

if TYPE_CHECKING:
    from netmind_tui.model.policy import PolicyDocument
    from netmind_tui.tui.app import NetmindApp


def _drop(app: "NetmindApp", _rest: str) -> None:
    words = schedule_week.unsaved_words(app.state)
    if not words:
        app.say("nothing is unsaved")
        return
    _confirm(app, "Drop the draft", f"{words}. Give that up?", "drop it", lambda: app.dispatch(Dropped()))


def _save(app: "NetmindApp", _rest: str) -> None:
    """Put the draft in force, beside the interface; what somebody else changed meanwhile is never written over."""
    state = app.state
    own, words = state.schedule, schedule_week.unsaved_words(state)
    if own.draft is None or own.base is None or not words:
        app.say("nothing is unsaved")
        return
    why = _may_not(app)
    if why is not None:
        app.say(why, "warn")
        return
    if own.is_saving:
        return
    if schedule_page.is_outdated(state):
        told = schedule_page.terms(state)
        if told is not None:
            _offer(app, told)
            return
    base, draft = own.base, own.draft
    link = getattr(app.feed, "link", None) if state.node.is_there else None
    preset = state.settings.config.schedule if not state.node.place.hostname else None
    app.dispatch(Saving(True))

    def work() -> None:
        try:
            document = schedule_desk.save(base, draft, link, preset)
        except schedule_desk.ChangedMeanwhile as changed:
            app.mail(Saving(False))
            app.call_later(_offer, app, changed.document)
        except BaseException:
            app.mail(Saving(False))
            raise
        else:
            keeper = "in force by the agent" if link is not None else "written; no agent keeps it: netmind agent run"
            app.mail(Saved(document, draft))
            app.mail(Told(f"saved {words.removesuffix(' not saved')}: {document.path}, {keeper}"))
        finally:
            app.call_later(app.tick)

    app.in_background(work)


def _may_not(app: "NetmindApp") -> str | None:
    """Why this user cannot save here."""
    node = app.state.node
    if not node.is_there:
        if app.state.feed.kind != "live":
            return "no agent answers: nothing was saved, the draft is kept"
        return None if node.is_absent else f"the agent does not answer ({node.silence}): the draft is kept"
    agent = node.status.agent if node.status is not None else None
    if node.skew is not None:
        return node.skew
    if agent is None or agent.role != "policy":
        return "you may not change this agent's policy: its access.policy names the users who may; the draft is kept"
    return None


def _offer(app: "NetmindApp", theirs: "PolicyDocument") -> None:
    """Say that the terms are others by now, and offer to paint the same on them."""
    own = app.state.schedule
    base, draft = own.base, own.draft
    if base is None or draft is None:
        return
    words = schedule_week.unsaved_words(app.state).removesuffix(" not saved")
    question = (
        f"Somebody changed {theirs.path or 'the policy'} meanwhile, so nothing was written. Your {words} can be "
        "painted anew on what it is now: look at it, and save again."
    )

    def paint() -> None:
        app.dispatch(Redone(theirs, redone(base.policy, draft, theirs.policy)))
        app.say("painted anew on what it is now; ctrl+s saves")

    _confirm(app, "Changed meanwhile", question, "paint mine anew", paint, no="keep the draft as it is")


def _confirm(
    app: "NetmindApp", title: str, question: str, yes: str, then: Callable[[], None], no: str = "leave it as it is"
) -> None:
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - where it is asked for

    if isinstance(app.screen, Confirm):
        return

    def answered(is_yes: bool | None) -> None:
        if is_yes:
            then()

    app.push_screen(Confirm(title, question, yes=yes, no=no), answered)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "drop": _drop,
    "save": _save,
}
