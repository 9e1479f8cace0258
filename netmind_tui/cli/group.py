"""A command that has commands of its own, of which the first is meant where none is named."""

from typing import Any

from typer.core import TyperGroup

_HELP = {"-h", "--help"}
_CLOSE = 0.7


class Group(TyperGroup):
    """``netmind earnings week`` is ``netmind earnings show week``: what names no other is given to the first."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the parser's own class is private
        """Put the first command before what names none; help of the whole, and what is only mistyped, stay."""
        if not args or not (args[0] in _HELP or args[0] in self.commands or self._is_mistyped(args[0])):
            args = [self.list_commands(ctx)[0], *args]
        return super().parse_args(ctx, args)

    def _is_mistyped(self, word: str) -> bool:
        from difflib import get_close_matches  # noqa: PLC0415 - only where it names no command

        return not word.startswith("-") and bool(get_close_matches(word, self.commands, cutoff=_CLOSE))
