"""Keys in the order in which they were typed, and at once: to whatever lies on top, and to nothing else."""

from textual import events
from textual.app import App

from netmind_tui.tui.modal.dialogue import Dialogue


class Keyboard(App[int]):
    """An app that hears every key itself.

    The library hands a key to whatever has the focus, and from there it goes up: of many that come at once, as over a
    slow line or from a paste, those that move the cursor arrive after those that type, and those after a dialogue was
    asked for are still the screen's below it.
    """

    async def on_event(self, event: events.Event) -> None:
        """A key or a pasted text goes straight to where it belongs; what means nothing there is the library's."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            top = self.screen
            if top.hear(event) if isinstance(top, Dialogue) else self.hear(event):
                return
        await super().on_event(event)

    def hear(self, event: events.Key | events.Paste) -> bool:
        """Do what a key does where no dialogue is; whether it does anything."""
        raise NotImplementedError
