"""What a node checks of a challenger's words, and the sentence for each thing that cannot be true."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from netmind_tui.certify.challenge.message import ROWS_OPENED, Committed, Draw, Greeting
from netmind_tui.certify.challenge.verdict import CHECK, check_clock, check_work
from netmind_tui.certify.moment import written
from netmind_tui.certify.proof.prover import Prover
from netmind_tui.certify.refused import Refused
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.chain import ChainSpec, chain_for
from netmind_tui.model.kernel import Provider
from netmind_tui.model.verdict import ChallengeVerdict

_SLACK_S = 0.25  # clocks of two machines: what may lie between them besides their drift
_DRIFT = 1.02
_SKEW = timedelta(minutes=4)  # less than a verifier bears: what is accepted here holds there


def check_same(name: str, given: str, expected: str) -> None:
    """Refuse an answer to something else.

    Raises:
        Refused: it names another session, nonce or root.
    """
    if given != expected:
        raise Refused(CHECK, f"the challenger's {name} is not that of this challenge")


def agreed_chain(
    greeting: Greeting, chains: Sequence[ChainSpec], provider: Provider, memory_bytes: Sequence[int]
) -> ChainSpec:
    """The chain that the challenger means, if it is one of this node's catalogue and no more than the rule asks.

    Args:
        greeting: The challenger's.
        chains: Those of the node's own catalogue.
        provider: With what its devices compute.
        memory_bytes: How much memory each of them has.

    Raises:
        Refused: it is another one, or none that these devices are to prove.
    """
    name = f"{greeting.chain}@{greeting.chain_version}"
    spec = next((each for each in chains if each.name == name), None)
    if spec is None:
        raise Refused(CHECK, f"the challenger wants {name}, which is not in this node's catalogue")
    if spec.digest != greeting.chain_digest:
        raise Refused(CHECK, f"the challenger's {name} is another one than this node's")
    rule = chain_for(chains, provider, memory_bytes, spec.body)
    if spec.certifies and spec != rule:
        words = f"the rule for these devices gives {rule.name}" if rule else "the rule gives these devices no chain"
        raise Refused(CHECK, f"the challenger wants {name}, and {words}")
    return spec


def check_draw(draw: Draw, committed: Committed, prover: Prover, *, own_s: float, around_s: float) -> None:
    """Refuse rows that cannot be drawn, and seconds that cannot have passed.

    Args:
        draw: The challenger's.
        committed: What it answers.
        prover: Who proved.
        own_s: From the second nonce to the root, by the node's clock: it cannot have been less.
        around_s: From before that nonce was asked for until the draw was there: it cannot have been more.

    Raises:
        Refused: the first thing that cannot be.
    """
    check_same("session", draw.session, committed.session)
    check_same("nonce2", draw.nonce2, committed.nonce2)
    check_same("root", draw.root, committed.root)
    total = prover.spec.rows * len(prover.devices)
    rows = draw.rows
    if len(rows) != min(ROWS_OPENED, total) or len(set(rows)) != len(rows):
        raise Refused(CHECK, f"the challenger draws {len(rows)} rows, {ROWS_OPENED} different ones are expected")
    if not all(0 <= row < total for row in rows):
        raise Refused(CHECK, f"the challenger draws a row that does not exist: there are {total}")
    low, high = own_s / _DRIFT - _SLACK_S, around_s * _DRIFT + _SLACK_S
    if draw.elapsed_s <= 0 or not low <= draw.elapsed_s <= high:
        words = f"the challenger's clock says {draw.elapsed_s:.3f} s, which cannot be: by this node's own it was"
        raise Refused(CHECK, f"{words} {own_s:.3f} to {around_s:.3f} s")


def check_verdict(
    verdict: ChallengeVerdict,
    greeting: Greeting,
    draw: Draw,
    prover: Prover,
    initiator: Initiator,
    began: datetime,
    now: datetime,
) -> None:
    """Refuse a verdict that is not about what happened here.

    Args:
        verdict: The challenger's.
        greeting: With which it began.
        draw: In which it told the time.
        prover: Who proved.
        initiator: Who chose the moment.
        began: When the node was ready, by its own clock.
        now: When the verdict was there.

    Raises:
        Refused: the first thing that is not what it was, or that no verifier would take.
    """
    operations = prover.spec.operations * len(prover.devices)
    expected = {
        "node_key": greeting.node,
        "session": greeting.session,
        "initiated_by": initiator,
        "chain": prover.spec.id,
        "chain_version": prover.spec.version,
        "devices": prover.devices,
        "nonce1": greeting.nonce1,
        "nonce2": draw.nonce2,
        "root": draw.root,
        "rows_opened": len(draw.rows),
        "elapsed_s": draw.elapsed_s,
        "operations": str(operations),
    }
    for name, value in expected.items():
        if getattr(verdict, name) != value:
            raise Refused(CHECK, f"the challenger's verdict is about something else: {name} is not what it was")
    try:
        check_work(verdict, prover.spec)
        started, finished = check_clock(verdict)
    except Refused as refused:
        raise Refused(CHECK, f"the challenger's verdict would not hold: {refused.sentence}") from refused
    for name, moment in (("started_at", started), ("finished_at", finished)):
        if not began - _SKEW <= moment <= now + _SKEW:
            words = f"the challenger's verdict has {name} {written(moment)}, and by this node's clock it was"
            raise Refused(CHECK, f"{words} {written(began)} to {written(now)}: is one wrong?")
