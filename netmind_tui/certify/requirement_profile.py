"""The profiles that come with this program: documents of requirements, each with where its numbers are from."""

from pathlib import Path

from netmind_tui.certify.requirement_file import read_file, read_requirements
from netmind_tui.certify.requirement_need import need_of
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.requirement import ListedProfile, ProfilesDocument, Requirements

_FOLDER = Path(__file__).parent / "profile"


def profile_names() -> tuple[str, ...]:
    """The names of the profiles, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def read_profile(name: str, catalog: Catalog) -> Requirements:
    """The profile of that name."""
    return read_requirements((_FOLDER / f"{name}.toml").read_bytes(), name, catalog)


def find_requirements(name: str, catalog: Catalog) -> Requirements:
    """What a word in a command line means: a profile by its name, else a file.

    Raises:
        Problem: there is neither, or the file is no document of requirements.
    """
    names = profile_names()
    if name in names:
        return read_profile(name, catalog)
    path = Path(name).expanduser()
    looks_like_file = path.suffix == ".toml" or path.name != name
    if not looks_like_file and not path.exists() and not path.is_symlink():
        raise Problem(f"{name!r} is neither a profile nor a file; {nearest(name, list(names))}", ExitCode.USAGE)
    return read_file(path, catalog)


def list_profiles(catalog: Catalog) -> ProfilesDocument:
    """Every profile in short."""
    found = [read_profile(name, catalog) for name in profile_names()]
    return ProfilesDocument(
        profiles=tuple(
            ListedProfile(
                name=each.name,
                title=each.title,
                suite=need_of(each, catalog).suite,
                requirements=len(each.requirements),
                accept_declared=each.accept_declared,
                sources=each.sources,
            )
            for each in found
        )
    )
