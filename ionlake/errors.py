"""Every error ionlake raises on purpose.

Messages say what was wrong, what was found, what was expected and what to do about it, in one line.
Each class is also the builtin error a Python programmer would expect to catch.
"""


class IonlakeError(Exception):
    """Base of all errors raised on purpose by ionlake."""


class StructureError(IonlakeError, ValueError):
    """A crystal that the method cannot treat (disordered, not periodic, no mobile ion, ...)."""


class GridError(IonlakeError, ValueError):
    """A grid, or energies on a grid, that do not fit the crystal or the method."""


class SettingsError(IonlakeError, ValueError):
    """A setting, recipe or option with a wrong value."""


class PotentialError(IonlakeError, ValueError):
    """A potential that cannot be loaded or cannot treat a crystal."""


class DeviceMemoryError(PotentialError, MemoryError):
    """A crystal that the memory of a GPU does not hold, however small the batches."""


class SourceError(IonlakeError, OSError):
    """A source of structures that cannot be read."""


class LabelError(IonlakeError, ValueError):
    """A measured or computed conductivity, or a table of them, that cannot be used."""


class LakeError(IonlakeError, RuntimeError):
    """A lake folder that is missing, locked, damaged or of another format."""


class StoreError(LakeError):
    """An object store that does not answer, or refuses what was asked of it."""


class ClusterError(IonlakeError, ConnectionError):
    """Workers, or their scheduler, that went away in the middle of a run."""


class QueryError(IonlakeError, ValueError):
    """An SQL statement that the lake's current release cannot answer."""


class MissingExtraError(IonlakeError, ImportError):
    """An optional package that the requested feature needs and that is not installed."""
