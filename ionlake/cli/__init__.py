"""The ``ionlake`` command."""
