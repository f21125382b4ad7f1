"""What the command's exit status means."""

from enum import IntEnum

from ionlake.errors import IonlakeError, QueryError, SettingsError, SourceError


class ExitCode(IntEnum):
    """Exit status of every ionlake command."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    LOCKED = 4
    SOURCE = 5
    INTERRUPTED = 130


def exit_code(error: IonlakeError) -> ExitCode:
    """The exit status for an error that ended a command."""
    from ionlake.lake.lock import LakeLockedError

    if isinstance(error, LakeLockedError):
        return ExitCode.LOCKED
    if isinstance(error, SourceError):
        return ExitCode.SOURCE
    if isinstance(error, SettingsError | QueryError):
        return ExitCode.USAGE
    return ExitCode.ERROR
