"""Whether the kernels that a certificate names are those of the catalogue, to the byte."""

from netmind_tui.certify.refused import Refused
from netmind_tui.model.certificate import Certificate, Claim
from netmind_tui.model.kernel import Catalog, Kernel, Variant


def check_kernels(certificate: Certificate, catalog: Catalog) -> str:
    """What held, in words.

    Raises:
        Refused: a kernel has another digest, unit or tolerance than the catalogue's; unknown where the catalogue does
            not have it.
    """
    strange = []
    for claim in certificate.claims:
        kernel = kernel_of(catalog, claim.kernel, claim.kernel_version)
        if kernel is None:
            strange.append(f"{claim.kernel}@{claim.kernel_version}")
            continue
        _check(kernel, claim)
    if strange:
        names = ", ".join(dict.fromkeys(strange))
        raise Refused("kernels", f"{names}: not in this program's catalogue, so nobody can tell what ran", unknown=True)
    return f"{len({claim.kernel for claim in certificate.claims})} kernels, by the catalogue's digests"


def kernel_of(catalog: Catalog, name: str, version: int) -> Kernel | None:
    """The kernel of that name in that version, if the catalogue has it."""
    return next((each for each in catalog.kernels if (each.id, each.version) == (name, version)), None)


def variants_of(kernel: Kernel, digest: str | None) -> list[Variant]:
    """The forms of a kernel whose graph has that digest; ``None`` for those that compute nothing."""
    return [variant for variant in kernel.variants if variant.sha256 == digest]


def _check(kernel: Kernel, claim: Claim) -> None:
    name = f"{kernel.id}@{kernel.version}"
    variants = variants_of(kernel, claim.kernel_sha256)
    if not variants:
        shown = "no digest" if claim.kernel_sha256 is None else f"digest {claim.kernel_sha256[:12]}…"
        raise Refused("kernels", f"{name} has {shown}, which is none of the catalogue's")
    for member in ("metric", "unit", "precision"):
        expected, found = getattr(kernel, member), getattr(claim, member)
        if found != expected:
            raise Refused("kernels", f"{name} has {member} {expected}, not {found}")
    tolerances = {kernel.tolerance_for(variant) for variant in variants}
    if claim.verified is not None and claim.verified.tolerance not in tolerances:
        accepted = " or ".join(f"{each:g}" for each in sorted(tolerances))
        raise Refused("kernels", f"{name} is right within {accepted}, not within {claim.verified.tolerance:g}")
