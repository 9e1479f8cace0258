"""Whether everything that a certificate states follows from its result document, and nothing is kept back."""

from collections import Counter

from netmind_tui.certify import claim as derived
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import first_difference
from netmind_tui.document import plain
from netmind_tui.model.certificate import Certificate
from netmind_tui.model.measurement import capacity
from netmind_tui.model.result import Result


def check_figures(certificate: Certificate, result: Result) -> str:
    """What held, in words.

    Raises:
        Refused: with the first member that the result document does not give.
    """
    rows = Counter((row.device, row.kernel) for row in result.measurements)
    for (device, kernel), count in rows.items():
        if count > 1:
            raise Refused("figures", f"the result document measures {kernel} on {device} {count} times")
    if result.capacity != capacity(result.measurements):
        raise Refused("figures", "the result document's capacity does not follow from its measurements")
    parts = {
        "run": (certificate.run, derived.run_of(result)),
        "environment": (certificate.environment, derived.environment_of(result)),
        "facts": (certificate.facts, derived.facts_of(result)),
        "claims": (certificate.claims, derived.claims_of(result)),
        "left_out": (certificate.left_out, derived.left_out_of(result)),
    }
    for name, (stated, expected) in parts.items():
        if stated != expected:
            difference = first_difference(plain(stated), plain(expected), name)
            raise Refused("figures", f"it does not follow from the result document: {difference}")
    return f"all {len(certificate.claims)} claims and {len(certificate.facts)} facts are the result document's"
