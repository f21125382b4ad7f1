"""Failures as rows: what identifies one, and which success clears it.

A failure stands until the material succeeds at the same thing. Accepting a material's structure
clears its read failures and those of structures it no longer has. A committed scan clears the
failures of its structure, mobile species, grid protocol and potential up to the scan; committed
descriptors clear those and the describe failures. A conductivity clears the md failures.

Attempts count for one set of inputs. A failure that was tried too often with the same inputs is
quarantined: it waits until they change, or until somebody asks for it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from ionlake.errors import LakeError
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.rows import Row
from ionlake.lake.schema import FAILURES

STAGES: Final = ("read", "check", "scan", "describe", "md")


@dataclass(frozen=True)
class Failure:
    """A material that could not be read, checked, scanned or described.

    Attributes:
        material_id: The material.
        stage: One of `STAGES`.
        error: Kind of error, such as the name of its class.
        message: One line: what was wrong and what to do.
        run_id: The run in which it happened.
        structure_id: The structure, None where none could be read.
        mobile_species: Element that was to move, None at stage read.
        grid_protocol: Grid protocol of the attempt, None at the stages read and md.
        potential: Name of the potential of the attempt, None at stage read.
        potential_id: Identity of that potential, None where none was loaded.
        inputs_id: Identity of what the attempt worked on: of the scan or descriptors it would have
            made, of the message where nothing could be read.
    """

    material_id: str
    stage: str
    error: str
    message: str
    run_id: str
    structure_id: str | None = None
    mobile_species: str | None = None
    grid_protocol: str | None = None
    potential: str | None = None
    potential_id: str | None = None
    inputs_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse stages that do not exist."""
        if self.stage not in STAGES:
            raise LakeError(f"stage is {self.stage!r}, expected one of {', '.join(STAGES)}")

    @property
    def failure_id(self) -> str:
        """Hash of material, stage, mobile species, grid protocol and potential."""
        subject = (
            self.material_id,
            self.stage,
            self.mobile_species,
            self.grid_protocol,
            self.potential_id,
        )
        return sha256(json.dumps(subject).encode()).hexdigest()[:32]

    def row(self, before: Row | None, max_attempts: int) -> dict[str, Any]:
        """The failure as a row of ``failures``, failed now.

        Args:
            before: The row of the attempt before, None if there was none.
            max_attempts: Attempts at the same inputs after which it is quarantined.
        """
        same = before is not None and before["inputs_id"] == self.inputs_id
        attempts = int(before["attempts"]) + 1 if before is not None and same else 1
        return asdict(self) | {
            "failure_id": self.failure_id,
            "attempts": attempts,
            "quarantine_reason": _quarantine_reason(max_attempts)
            if attempts >= max_attempts
            else None,
            "failed_at": datetime.now(UTC),
        }

    def same_reason(self, row: Row) -> bool:
        """Whether an earlier row gives the same reason."""
        return all(
            row[name] == getattr(self, name) for name in ("structure_id", "error", "message")
        )


def _quarantine_reason(max_attempts: int) -> str:
    times = "once" if max_attempts == 1 else f"{max_attempts} times"
    return (
        f"failed {times} with the same inputs: not tried again until they change or"
        " `ionlake update --retry` or `--failed-only` asks"
    )


def clear_outdated(connection: sqlite3.Connection, material: Row) -> int:
    """Clear what an accepted material row makes obsolete; returns how many failures went."""
    material_id, structure_id = material["material_id"], material["structure_id"]
    failures = list(sql.select_rows(connection, FAILURES, {"material_id": material_id}))
    obsolete = [
        failure["failure_id"]
        for failure in failures
        if failure["stage"] == "read" or failure["structure_id"] != structure_id
    ]
    return sum(sql.delete_rows(connection, FAILURES, {"failure_id": key}) for key in obsolete)


def clear_succeeded(connection: sqlite3.Connection, scan: Row, stages: Sequence[str]) -> int:
    """Clear the failures of these stages at what a scan has now done."""
    subject = ("structure_id", "mobile_species", "grid_protocol", "potential_id")
    where = {name: scan[name] for name in subject}
    return sum(sql.delete_rows(connection, FAILURES, where | {"stage": stage}) for stage in stages)


def clear_md(connection: sqlite3.Connection, conductivity: Row) -> int:
    """Clear the failures of dynamics at what a whole series has now done."""
    subject = ("structure_id", "mobile_species", "potential_id")
    where = {name: conductivity[name] for name in subject} | {"stage": "md"}
    return sql.delete_rows(connection, FAILURES, where)
