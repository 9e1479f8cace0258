"""Calling nodes that wait: the challenger chooses the moment, within what each node's owner allows."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from netmind_tui.certify.challenge.clock import Clock, Dice
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.hours import MINUTES, MOST_A_DAY, MOST_WINDOWS, lasts_within
from netmind_tui.certify.challenge.message import Call, Waiting
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.statement import short

_MOST_WAITING = 1024
_MOST_THERE = 256
_FORGOTTEN_S = 600.0
_MOST_SECONDS = 3600
_DAY = timedelta(days=1)
_SITE_BITS = 64  # of an IPv6 address: all of the rest is one household's


@dataclass(slots=True)
class _Waiter:
    """A node that waits: from where, when it will be called, and when it was last heard."""

    site: str
    moment: float
    heard: float
    word: str | None = None


class Switchboard:
    """Who waits for a call, and when each gets one."""

    def __init__(self, desk: Desk, store: Store, clock: Clock, dice: Dice, *, within_s: float, again_s: float) -> None:
        """Make one.

        Args:
            desk: Gives the word of a call.
            store: Knows how often a node was called.
            clock: Whose time it is.
            dice: Choose the moment.
            within_s: A node is called at a moment within so many seconds.
            again_s: A node asks again after so many.
        """
        self._desk, self._store, self._clock, self._dice = desk, store, clock, dice
        self._within_s, self._again_s = within_s, again_s
        self._waiters: dict[str, _Waiter] = {}

    def waiting(self, waiting: Waiting, node_key: str, address: str = "") -> Call:
        """Call a node now, or tell it to ask again.

        Args:
            waiting: What its owner allows.
            node_key: Who signed that.
            address: From where it came.

        Raises:
            Declined: it is for another challenger, comes from a stranger, or says something that cannot be meant.
        """
        self._desk.admit(node_key)
        if waiting.challenger != self._desk.key.public:
            raise Declined(Why.FOREIGN, f"this challenger is not {short(waiting.challenger)}")
        _check(waiting)
        summons = self._desk.summons
        summons.sweep()
        now = self._clock.elapsed()
        # Whoever was away does not choose the moment by coming back: a new one is drawn.
        for key in [key for key, each in self._waiters.items() if now - each.heard >= _FORGOTTEN_S]:
            del self._waiters[key]
        waiter = self._waiters.get(node_key) or self._welcomed(node_key, _site(address), now)
        waiter.heard = now
        if waiter.word is not None and summons.left_s(node_key, waiter.word) is None:
            waiter.word, waiter.moment = None, self._chosen()  # it was taken, or missed: the next one
        if waiter.word is None and now >= waiter.moment:
            if self._may_call(waiting, node_key):
                waiter.word = summons.call(node_key)
            else:
                waiter.moment = self._chosen()
        left_s = None if waiter.word is None else summons.left_s(node_key, waiter.word)
        return Call(node=node_key, answers=waiting.nonce, call=waiter.word, answer_s=left_s, again_s=self._again_s)

    def _welcomed(self, node_key: str, site: str, now: float) -> _Waiter:
        """A place for a node. A key costs nothing, so where too many wait the fullest site gives up its idlest."""
        sites = Counter(each.site for each in self._waiters.values())
        if sites[site] >= _MOST_THERE:
            self._forget_idlest(site)
        elif len(self._waiters) >= _MOST_WAITING:
            self._forget_idlest(sites.most_common(1)[0][0])
        self._waiters[node_key] = _Waiter(site, self._chosen(), now)
        return self._waiters[node_key]

    def _forget_idlest(self, site: str) -> None:
        there = {key: each.heard for key, each in self._waiters.items() if each.site == site}
        del self._waiters[min(there, key=there.__getitem__)]

    def _may_call(self, waiting: Waiting, node_key: str) -> bool:
        now = self._clock.now()
        fits = lasts_within(now, waiting.seconds, waiting.within)
        return fits and self._store.called_since(node_key, now - _DAY) < waiting.at_most

    def _chosen(self) -> float:
        return self._clock.elapsed() + self._dice.between(0.0, self._within_s)


def _check(waiting: Waiting) -> None:
    spans = [minute for pair in waiting.within for minute in pair]
    fits = 1 <= waiting.at_most <= MOST_A_DAY and len(waiting.within) <= MOST_WINDOWS
    if not fits or not 1 <= waiting.seconds <= _MOST_SECONDS or any(not 0 <= minute < MINUTES for minute in spans):
        words = f"1 to {MOST_A_DAY} calls a day of 1 to {_MOST_SECONDS} s and minutes below {MINUTES} are expected"
        raise Declined(Why.FOREIGN, words)


def _site(address: str) -> str:
    """Whose address it is: all of those that one household has of IPv6 are one."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> _SITE_BITS << _SITE_BITS))
    return str(found)
