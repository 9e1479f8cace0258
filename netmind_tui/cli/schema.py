"""``netmind schema``: the JSON Schemas of everything that the other commands print."""

from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import output


def schema(
    name: Annotated[
        str | None, typer.Argument(help="The document: info, sample … All names are listed without it.")
    ] = None,
    *,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print the JSON Schema of a document, or the names of all documents."""
    # Imported here: msgspec costs as much as starting Python twice, and other commands do without it.
    from netmind_tui import document  # noqa: PLC0415

    if name is None:
        output.write("\n".join(document.SCHEMAS), path)
    else:
        output.write(document.encode_pretty(document.schema(name)), path)
