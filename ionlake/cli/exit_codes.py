"""What the command's exit status means: the one place where it is decided."""

from enum import IntEnum

from ionlake.errors import IonlakeError, LabelError, QueryError, SettingsError, SourceError


class ExitCode(IntEnum):
    """Exit status of every ionlake command.

    A schedule may treat 3 as news for people and not as a failure of the job, 4 as "the run before
    is still at work" and 5 as "try again later".
    """

    OK = 0
    """Done, or nothing to do; also where --max-hours or --limit left work for the next run."""

    ERROR = 1
    """Nothing more could be done, or merged: a damaged or full lake, lost workers, a bug."""

    USAGE = 2
    """A wrong option, setting, recipe, table of labels or SQL statement."""

    PARTIAL = 3
    """Some materials failed in this run, the others are done; quarantined ones do not count."""

    LOCKED = 4
    """Another process writes to the lake."""

    SOURCE = 5
    """The source of structures cannot be read; the lake is as it was."""

    INTERRUPTED = 130
    """Stopped by a signal; finished work is kept and published."""


def exit_code(error: IonlakeError) -> ExitCode:
    """The exit status for an error that ended a command."""
    from ionlake.lake.lock import LakeLockedError

    if isinstance(error, LakeLockedError):
        return ExitCode.LOCKED
    if isinstance(error, SourceError):
        return ExitCode.SOURCE
    if isinstance(error, SettingsError | QueryError | LabelError):
        return ExitCode.USAGE
    return ExitCode.ERROR
