"""``netmind config``: every setting with where it comes from, and changing one without losing the owner's comments."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# The configuration is imported inside the commands: others do without its cost.
if TYPE_CHECKING:
    from netmind_tui.config import Source
    from netmind_tui.model.configuration import Configuration

config = typer.Typer(
    name="config", no_args_is_help=False, rich_markup_mode=None, help="Show, change, check or apply the settings."
)
_FORMATS = (Format.TABLE, Format.JSON, Format.MARKDOWN)


@config.callback(invoke_without_command=True)
def _config(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@config.command()
def show(
    *,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="table, json or markdown.", show_choices=False)
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print every setting with its value, its origin and its meaning."""
    chosen = output.choose(form, json=json, offered=_FORMATS)
    output.check(path)
    document = _configuration()
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - 20 ms that only documents need

        output.write(encode_pretty(document), path)
        return
    from netmind_tui.cli import config_view  # noqa: PLC0415 - see above

    if chosen is Format.MARKDOWN:
        output.write(config_view.markdown(document), path)
    else:
        output.write(config_view.table(document, page_for(path)), path)


@config.command()
def get(
    key: Annotated[str, typer.Argument(metavar="KEY", help="tui.theme, alias.big, device.gpu:0.watts …")],
) -> None:
    """Print the value of one setting alone; an empty line where nothing is set."""
    from netmind_tui.config.check import find_place  # noqa: PLC0415 - see above
    from netmind_tui.model.configuration import shown  # noqa: PLC0415 - see above

    wanted = find_place(key).key
    values = {entry.key: entry.value for entry in _configuration().settings}
    output.line(shown(values.get(wanted)))


# A value may begin with a dash: it is refused for what it is, not as an option.
@config.command("set", context_settings={"ignore_unknown_options": True})
def set_value(
    key: Annotated[str, typer.Argument(metavar="KEY", help="tui.theme, alias.big, device.gpu:0.watts …")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value; '' takes the setting out of the file.")],
) -> None:
    """Set one setting in the file; prints changed or unchanged."""
    from netmind_tui.config.check import find_place, read_value  # noqa: PLC0415 - see above
    from netmind_tui.config.edit import edited, write  # noqa: PLC0415 - see above

    place = find_place(key)
    wanted = read_value(place, value) if value.strip() else None
    before = _to_be_changed()
    after = edited(before, {place: wanted})
    write(before, after)
    output.line("unchanged" if after is before else "changed")
    _warn_of_environment(place.key)


@config.command("check")
def check_file(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file; yours where none is named.", show_default=False)
    ] = None,
) -> int:
    """Check a file to the last key; prints valid, or ends with 2 and a sentence for each fault."""
    from netmind_tui.config import read_own  # noqa: PLC0415 - see above
    from netmind_tui.config.check import faults  # noqa: PLC0415 - see above

    source = read_own() if path is None else _file(path)
    found = list(faults(source.table))
    for sentence in found:
        diagnostics.fail(f"{source.path}: {sentence}")
    if not found:
        output.line("valid")
    return ExitCode.USAGE if found else ExitCode.OK


@config.command()
def apply(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file with the settings that are to hold.")],
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 where it would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Also print what changes, as a unified diff.")] = False,
) -> int:
    """Set every setting that FILE has, and leave the others as they are; prints changed or unchanged."""
    from netmind_tui.config.check import settings_in  # noqa: PLC0415 - see above
    from netmind_tui.config.edit import edited, write  # noqa: PLC0415 - see above
    from netmind_tui.config.source import check as check_source  # noqa: PLC0415 - see above

    wanted = _file(path)
    check_source(wanted)
    before = _to_be_changed()
    after = edited(before, dict(settings_in(wanted.table)))
    if not check:
        write(before, after)
    if diff and after is not before:
        output.line(_difference(before, after))
    output.line("unchanged" if after is before else "changed")
    return ExitCode.FAILED if check and after is not before else ExitCode.OK


def _to_be_changed() -> "Source":
    """The owner's file; it may be missing, for it can be made."""
    from netmind_tui.config import config_path, read_source  # noqa: PLC0415 - see above

    return read_source(config_path())


def _file(path: Path) -> "Source":
    """A file that was named, which must be there."""
    from netmind_tui.config import read_source  # noqa: PLC0415 - see above

    source = read_source(path)
    if not source.exists:
        raise Problem(f"{path}: no such file", ExitCode.USAGE)
    return source


def _configuration() -> "Configuration":
    import os  # noqa: PLC0415 - see above

    from netmind_tui.config.source import configuration, read_own  # noqa: PLC0415 - see above

    return configuration(read_own(), os.environ)


def _warn_of_environment(key: str) -> None:
    """Say so where what was just written does not hold."""
    import os  # noqa: PLC0415 - see above

    from netmind_tui.config.setting import BY_KEY  # noqa: PLC0415 - see above

    variable = BY_KEY[key].variable if key in BY_KEY else None
    if variable and os.environ.get(variable):
        diagnostics.warn(f"{key}: {variable}={os.environ[variable]} is set and wins over the file")


def _difference(before: "Source", after: "Source") -> str:
    from difflib import unified_diff  # noqa: PLC0415 - see above

    old, new = ((source.data or b"").decode().splitlines() for source in (before, after))
    lines = unified_diff(old, new, str(before.path) if before.exists else "/dev/null", str(after.path), lineterm="")
    return "\n".join(lines)
