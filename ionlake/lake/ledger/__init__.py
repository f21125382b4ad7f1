"""The writer's ledger: what was read, computed and what failed, one transaction per fact.

A row in the ledger is the commit point of a file: grids and staged energies without a row do not
exist. The ledger is SQLite in write-ahead mode, so that other processes may read it during a run.

The revision counts the changes that a release would show. Bookkeeping that alone is no reason for
a new release (runs, repeated attempts at the same failure, staged energies) does not move it; it
travels with the next release.
"""

from ionlake.lake.ledger.dynamics import DynamicsFacts
from ionlake.lake.ledger.labels import LabelFacts
from ionlake.lake.ledger.runs import RunFacts, new_run_id
from ionlake.lake.ledger.scans import ScanFacts
from ionlake.lake.ledger.source import SourceFacts

__all__ = ["Ledger", "new_run_id"]


class Ledger(SourceFacts, ScanFacts, DynamicsFacts, LabelFacts, RunFacts):
    """The ledger of one lake, open.

    Use as a context manager, from one thread. Rows are mappings with exactly the columns of
    `ionlake.lake.schema`, None where there is no value.
    """
