"""Certificates beside one another: chains, changed environments, and one device under two keys."""

from typing import TYPE_CHECKING

from netmind_tui.certify.statement import short
from netmind_tui.model.verification import Answer, Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netmind_tui.certify.trust import Trust
    from netmind_tui.certify.verify import Opened
    from netmind_tui.model.certificate import Certificate, CertifiedEnvironment


def check(files: "Sequence[Opened]", trust: "Trust") -> tuple[str, ...]:
    """Say of each file whether it follows the one it names, and whether its devices are somebody else's too.

    Returns:
        What is to be known of several of them, a sentence each.
    """
    by_digest = {file.digest: file for file in files}
    notes = [*_forks(files), *_counted_twice(files)]
    for file in files:
        if file.certificate is None:
            continue
        previous = file.certificate.previous
        before = by_digest.get(previous.sha256) if previous else None
        file.say(Check.CHAIN, *_chain(file.certificate, before, trust))
        file.say(Check.DEVICES, *_devices(file, files, trust))
        if before is not None and before.certificate is not None:
            changes = changed(before.certificate.environment, file.certificate.environment)
            if changes:
                notes.append(f"{before.path.name} is outdated by {file.path.name}: {', '.join(changes)}")
    return tuple(notes)


def changed(before: "CertifiedEnvironment", after: "CertifiedEnvironment") -> tuple[str, ...]:
    """In words, what changed between two environments."""
    found = []
    if before.driver != after.driver:
        found.append(f"driver {before.driver or 'none'} → {after.driver or 'none'}")
    old = {device.device: device for device in before.devices}
    new = {device.device: device for device in after.devices}
    found += [f"{name} is gone" for name in old if name not in new]
    found += [f"{name} is new" for name in new if name not in old]
    for name in (name for name in old if name in new):
        one, other = old[name], new[name]
        if one.name != other.name:
            found.append(f"{name} was {one.name or 'unknown'} and is {other.name or 'unknown'}")
        for member, words in (("power_limit_w", "power limit"), ("ecc_enabled", "ECC"), ("mig_enabled", "MIG")):
            if getattr(one, member) != getattr(other, member):
                found.append(f"{name} {words} {_said(getattr(one, member))} → {_said(getattr(other, member))}")
    if before.boundaries != after.boundaries:
        found.append("another container or virtual machine around it")
    return tuple(found)


def _said(value: float | bool | None) -> str:
    """A power limit, or a switch, in words."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g} W"


def _chain(certificate: "Certificate", given: "Opened | None", trust: "Trust") -> tuple[Answer, str]:
    if certificate.previous is None:
        return Answer.HELD, "the first of its chain"
    if given is None:
        return Answer.LEFT, f"the one before it, {certificate.previous.sha256[:12]}…, was not given"
    before = given.certificate
    if before is None:
        return Answer.FAILED, f"the one before it, {given.path.name}, was given and is no valid certificate"
    if before.issued_at > certificate.issued_at:
        return Answer.FAILED, "it names a certificate that was issued later"
    if not trust.leads(before.node_key, certificate.node_key):
        return Answer.FAILED, f"it continues the chain of another key, {short(before.node_key)}, which did not name it"
    return Answer.HELD, "it follows the one before it, which was given"


def _forks(files: "Sequence[Opened]") -> "Iterator[str]":
    """A sentence for each certificate that two others claim to follow."""
    followers: dict[str, dict[str, str]] = {}
    for file in files:
        if file.certificate is not None and file.certificate.previous is not None:
            followers.setdefault(file.certificate.previous.sha256, {})[file.digest] = file.path.name
    for digest, names in followers.items():
        if len(names) > 1:
            yield f"{' and '.join(names.values())} follow the same certificate, {digest[:12]}…: a chain has one end"


def _counted_twice(files: "Sequence[Opened]") -> "Iterator[str]":
    """A sentence for each challenge that several certificates hold: a verdict names no run."""
    holders: dict[tuple[str, str], dict[str, str]] = {}
    for file in files:
        if file.certificate is not None and file.certificate.challenge is not None:
            said = file.certificate.challenge.verdict
            holders.setdefault((said.challenger_key, said.session), {})[file.digest] = file.path.name
    for (_, session), names in holders.items():
        if len(names) > 1:
            yield f"{' and '.join(names.values())} hold the same challenge, {session[:12]}…: it happened once"


def _devices(file: "Opened", files: "Sequence[Opened]", trust: "Trust") -> tuple[Answer, str]:
    own = file.certificate
    if own is None or own.scope.name is None:
        return Answer.LEFT, "its devices cannot be recognised: no scope was named"
    identities = {device.identity: device.device for device in own.environment.devices if device.identity}
    for other in files:
        theirs = other.certificate
        if theirs is None or theirs.scope != own.scope or trust.is_same(own.node_key, theirs.node_key):
            continue
        for device in theirs.environment.devices:
            if device.identity in identities:
                words = f"its {identities[device.identity]} is {device.device} of {other.path.name}, under another key"
                return Answer.FAILED, f"{words}, {short(theirs.node_key)}"
    return Answer.HELD, f"no device of it is under another key here, in scope {own.scope.name}"
