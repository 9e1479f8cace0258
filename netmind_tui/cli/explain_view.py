"""Why, for people: what each device would do at a moment, equal ones together, and every reason by its rank."""

import textwrap
from datetime import tzinfo

from netmind_tui.cli.page import Page
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.explanation_word import groups, title


def words(document: Explanation, zone: tzinfo, page: Page) -> str:
    """All of it."""
    lines = [title(document, zone)]
    for group in groups(document, zone):
        lines += ["", group.head]
        for rank, reason in enumerate(group.reasons, 1):
            lines += textwrap.wrap(f"{rank}. {reason}", page.width, initial_indent="  ", subsequent_indent="     ")
    return "\n".join(lines) + "\n"
