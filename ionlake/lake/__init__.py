"""The lake on disk: identity, grids, ledger, releases."""
