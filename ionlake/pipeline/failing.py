"""Failures of materials: what they are called, and when they are tried again. Pure."""

import hashlib
from collections.abc import Mapping

from ionlake.descriptors.identity import descriptor_id
from ionlake.lake.failures import Failure
from ionlake.lake.rows import Row
from ionlake.pipeline.plan import Method
from ionlake.structures.record import StructureRecord

_LONGEST_MESSAGE = 500


def unread(run_id: str, material_id: str, error: str, message: str) -> Failure:
    """The failure of a material that could not be read; its inputs are what was said about it.

    Args:
        run_id: The run.
        material_id: The material.
        error: Kind of error.
        message: What was wrong.
    """
    inputs = hashlib.sha256(f"{error}/{message}".encode()).hexdigest()[:32]
    line = _first_line(message, error)
    return Failure(material_id, "read", error, line, run_id, inputs_id=inputs)


def failure_of(
    method: Method,
    run_id: str,
    material_id: str,
    stage: str,
    error: str,
    message: str,
    structure: StructureRecord,
) -> Failure:
    """The failure of a material that was read.

    Args:
        method: How it was to be scanned.
        run_id: The run.
        material_id: The material.
        stage: ``check``, ``scan`` or ``describe``.
        error: Kind of error.
        message: What was wrong; its first line is kept.
        structure: The crystal.
    """
    settings, card = method.settings, method.card
    inputs = method.scan_id(structure)
    return Failure(
        material_id=material_id,
        stage=stage,
        error=error,
        message=_first_line(message, error),
        run_id=run_id,
        structure_id=structure.structure_id,
        mobile_species=settings.mobile_species,
        grid_protocol=settings.grid_protocol,
        potential=card.name,
        potential_id=card.potential_id,
        inputs_id=descriptor_id(inputs) if stage == "describe" else inputs,
    )


def is_quarantined(failure: Failure, failures: Mapping[str, Row], max_attempts: int) -> bool:
    """Whether the same was tried, with the same inputs, as often as the recipe allows.

    Args:
        failure: What failed, or would.
        failures: Rows of ``failures``, by failure id.
        max_attempts: Attempts that the recipe allows.
    """
    row = failures.get(failure.failure_id)
    if row is None or row["inputs_id"] != failure.inputs_id:
        return False
    return int(row["attempts"]) >= max_attempts


def _first_line(message: str, error: str) -> str:
    return (message.splitlines() or [error])[0][:_LONGEST_MESSAGE]
