"""Lines from a terminal: with completion and a history by prompt_toolkit, plain without it."""

import os
from collections.abc import Callable
from pathlib import Path

from ionlake.catalog.access import Lake
from ionlake.cli.shell.commands import words_to_complete

LineReader = Callable[[str], str]


def line_reader(lake: Lake) -> LineReader:
    """What reads a line after a prompt.

    It raises EOFError where the input ends and KeyboardInterrupt where the line is given up.
    """
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import FuzzyWordCompleter
        from prompt_toolkit.history import FileHistory
    except ImportError:
        return input
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history_file())),
        completer=FuzzyWordCompleter(words_to_complete(lake)),
        complete_while_typing=False,
    )
    return session.prompt


def history_file() -> Path:
    """File of what was typed before, readable by its owner alone."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(state) / "ionlake" / "sql_history"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    return path
