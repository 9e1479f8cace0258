"""How a keeper talks with its agent: lines of JSON over a socket, whatever comes in, and never waiting to be heard.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

import json
import os
import select
from collections.abc import Callable, Mapping

_LINE_BYTES = 4 << 20
"""The longest line that the agent may say."""
_UNSENT_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 16
_LAST_WORD_MS = 1000


class Order(dict[str, object]):
    """What the agent asks for. ``ValueError`` where it is not whole."""

    @property
    def id(self) -> object:
        """What it is answered by."""
        return self.get("id")

    def text(self, name: str) -> str:
        """A member that is text."""
        found = self.get(name)
        if not isinstance(found, str):
            raise ValueError(f"{name} is no text")  # noqa: TRY004 - one error for whatever is wrong with it
        return found

    def number(self, name: str) -> float:
        """A member that is a number."""
        found = self.get(name)
        if not isinstance(found, int | float):
            raise ValueError(f"{name} is no number")  # noqa: TRY004 - the same
        return float(found)

    def table(self, name: str) -> "dict[str, object]":
        """A member that is an object."""
        found = self.get(name)
        if not isinstance(found, dict):
            raise ValueError(f"{name} is no object")  # noqa: TRY004 - the same
        return found

    def words(self, name: str) -> "list[str]":
        """A member that is a list of at least one word."""
        found = self.get(name)
        if not isinstance(found, list) or not found:
            raise ValueError(f"{name} is no list of words")
        return [str(each) for each in found]


class Talk:
    """The keeper's end. ``acts`` are what the agent may ask for; ``lost`` is called when the agent is gone."""

    def __init__(
        self,
        descriptor: int,
        poll: "select.poll",
        acts: Mapping[str, Callable[[Order], None]],
        lost: Callable[[], None],
    ) -> None:
        self.descriptor = descriptor
        self._poll = poll
        self._acts = acts
        self._lost = lost
        self._heard = bytearray()
        self._unsent = b""
        self._is_lost = False
        os.set_blocking(descriptor, False)
        os.set_inheritable(descriptor, False)
        poll.register(descriptor, select.POLLIN)

    def hear(self, events: int) -> None:
        """Something happened at the socket."""
        if events & select.POLLOUT:
            self._flush()
        if self._is_lost or not events & (select.POLLIN | select.POLLHUP | select.POLLERR):
            return
        try:
            data = os.read(self.descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        first, *more = data.split(b"\n")
        self._heard += first
        for line in more:
            whole, self._heard = bytes(self._heard), bytearray(line)
            self._understand(whole)
        # What never ends is no line of ours: it is thrown away, and its end will not be understood.
        if len(self._heard) > _LINE_BYTES:
            self._heard = bytearray()

    def answer(self, number: object, *, error: str | None = None, **more: object) -> None:
        """Say that what was asked for is brought about, or why not."""
        self.say({"id": number, "error": error, **more})

    def say(self, words: "dict[str, object]") -> None:
        """Tell the agent; if it does not listen, what does not fit is lost: the record says what matters."""
        if not self._is_lost and len(self._unsent) <= _UNSENT_BYTES:
            self._unsent += json.dumps(words).encode() + b"\n"
            self._flush()

    def last_word(self, words: "dict[str, object]") -> None:
        """Tell it, and wait a moment until it is heard."""
        self.say(words)
        if self._unsent and not self._is_lost:
            waits = select.poll()
            waits.register(self.descriptor, select.POLLOUT)
            waits.poll(_LAST_WORD_MS)
            self._flush()

    def _understand(self, line: bytes) -> None:
        try:
            words = json.loads(line)
        except (ValueError, RecursionError):
            words = None
        order = Order(words) if isinstance(words, dict) else Order()
        act = self._acts.get(str(order.get("do")))
        if act is None:
            self.answer(order.id, error="that is no order")
            return
        try:
            act(order)
        except ValueError as error:
            self.answer(order.id, error=f"that order is not whole: {error}")
        except OSError as error:
            self.answer(order.id, error=(error.strerror or str(error)).lower())

    def _flush(self) -> None:
        while self._unsent:
            try:
                self._unsent = self._unsent[os.write(self.descriptor, self._unsent) :]
            except BlockingIOError:
                break
            except OSError:
                self._lose()
                return
        self._poll.modify(self.descriptor, select.POLLIN | (select.POLLOUT if self._unsent else 0))

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._unsent = b""
            self._poll.unregister(self.descriptor)
            self._lost()
