"""ionlake: a data lake and analytics catalog for finding solid ionic conductors."""

__version__ = "0.1.0"
