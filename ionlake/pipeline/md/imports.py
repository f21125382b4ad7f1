"""Trajectories made elsewhere into a lake, through the same analysis."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ionlake.catalog.publish import publish
from ionlake.errors import SettingsError
from ionlake.lake import schema
from ionlake.lake.digests import file_sha256
from ionlake.lake.layout import new_attempt
from ionlake.lake.ledger import new_run_id
from ionlake.lake.release import current_release
from ionlake.lake.trajectories import trajectory_dataset, write_frames
from ionlake.lake.writer import LakeWriter, open_writer
from ionlake.pipeline.md.rows import conductivity_row, diffusivity_row, imported_row
from ionlake.pipeline.md.run import said
from ionlake.pipeline.rows import Row
from ionlake.transport.analysis import analyse
from ionlake.transport.conductivity import ion_charge
from ionlake.transport.diffusion import require_kinisi
from ionlake.transport.identity import diffusivity_id
from ionlake.transport.imports import read_frames, trajectory_from_frames
from ionlake.transport.settings import AnalysisSettings

RECIPE: Final = "ionlake md import"
"""Under this name imports stand in the table runs."""


@dataclass(frozen=True)
class ImportSettings:
    """What a file does not say about its trajectory.

    Attributes:
        material_id: Material of the lake that moves in it.
        temperature_k: Temperature of the thermostat, K.
        time_step_fs: Time step of the dynamics, fs.
        frame_every: Steps from one frame of the file to the next.
        skip_ps: So much of the beginning is equilibration and is left out, ps.
        mobile_species: Element symbol of the mobile ion.
        origin: What made it, such as ``VASP PBE``; imports of one material and one origin make one
            Arrhenius fit.
        analysis: How diffusion is read from it.
    """

    material_id: str
    temperature_k: float
    time_step_fs: float
    frame_every: int = 1
    skip_ps: float = 0.0
    mobile_species: str = "Li"
    origin: str = "aimd"
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        run_id: Identity of the run in the table ``runs``.
        said: What each file says, by its path.
        release: Number of the lake's current release.
        wall_seconds: Duration, s.
    """

    run_id: str
    said: dict[str, str]
    release: int | None
    wall_seconds: float


def import_trajectories(
    paths: Sequence[Path], lake: str | Path, settings: ImportSettings
) -> Imported:
    """Analyse trajectories made elsewhere and keep them in a lake; ``method`` is ``aimd``.

    Args:
        paths: Files, all at one temperature.
        lake: Folder of the lake; the material is there already.
        settings: What the files do not say.

    Raises:
        MissingExtraError: kinisi is not installed.
        SourceError: A file cannot be read.
        StructureError: A file holds no trajectory at constant cell with the mobile ion.
        SettingsError: The material is unknown, has other elements, or the run is too short.
        LakeError: Not a lake, another writer, or it cannot be written to.
    """
    require_kinisi()
    ion_charge(settings.mobile_species)
    started, results = time.monotonic(), {}
    with open_writer(lake) as writer:
        material = writer.ledger.row(schema.MATERIALS, settings.material_id)
        if material is None:
            raise SettingsError(
                f"the lake has no material {settings.material_id}: run a recipe that brings it, or"
                " name another with --material"
            )
        run_id = new_run_id()
        read = [(path, *_analysed(path, material, settings)) for path in paths]
        writer.ledger.start_run(run_id, RECIPE, {"files": [str(path) for path in paths]}, {})
        for path, trajectory, found in read:
            row = _store(writer, path, trajectory, found, material, settings, run_id)
            results[str(path)] = said(row)
        _fit(writer, material, settings, run_id)
        writer.ledger.end_run(run_id, "finished")
        publish(writer.layout, writer.ledger)
        release = current_release(writer.layout)
    number = None if release is None else release.number
    return Imported(run_id, results, number, time.monotonic() - started)


def _analysed(path: Path, material: Row, settings: ImportSettings) -> tuple[Any, Any]:
    frame_ps = settings.time_step_fs * settings.frame_every / 1000
    if not frame_ps > 0:
        raise SettingsError(
            f"got time steps of {settings.time_step_fs} fs and {settings.frame_every} of them from"
            " frame to frame; expected positive numbers"
        )
    frames = read_frames(path)[round(settings.skip_ps / frame_ps) :]
    elements = sorted({symbol for frame in frames[:1] for symbol in frame.symbols})
    if elements and elements != sorted(material["elements"]):
        raise SettingsError(
            f"{path} holds {'-'.join(elements)}, but {settings.material_id} is "
            f"{material['formula']}: name the material that moves in it"
        )
    species, temperature = settings.mobile_species, settings.temperature_k
    trajectory = trajectory_from_frames(frames, species, frame_ps, temperature)
    return trajectory, analyse(trajectory, species, settings.analysis)


def _store(
    writer: LakeWriter,
    path: Path,
    trajectory: Any,
    found: Any,
    material: Row,
    settings: ImportSettings,
    run_id: str,
) -> Row:
    layout, series = writer.layout, _series(material, settings)
    told = (
        f"{file_sha256(path)} {settings.temperature_k!r} {settings.time_step_fs!r} "
        f"{settings.frame_every} {settings.skip_ps!r}"
    )
    identity = {
        "md_run_id": sha256(f"{series} {told}".encode()).hexdigest()[:32],
        "md_series_id": series,
        "structure_id": material["structure_id"],
        "mobile_species": settings.mobile_species,
        "potential": settings.origin,
        "run_id": run_id,
    }
    key = diffusivity_id(identity["md_run_id"], settings.analysis)
    known = writer.ledger.row(schema.DIFFUSIVITIES, key)
    if known is not None:
        return known
    place = layout.trajectory(identity["md_run_id"], new_attempt())
    noted = {**identity, "method": "aimd", "origin": path.name}
    digest = write_frames(place, trajectory_dataset(trajectory, None, noted))
    stored = (layout.relative(place), digest)
    md_run = imported_row(trajectory, identity, stored, path.name, settings.time_step_fs)
    row = diffusivity_row(key, md_run, found, settings.analysis)
    writer.ledger.commit_trajectory(md_run, row)
    return row


def _fit(writer: LakeWriter, material: Row, settings: ImportSettings, run_id: str) -> None:
    """Fit all imports of the material and origin, at whatever temperatures."""
    ledger = writer.ledger
    runs = {
        row["md_run_id"]: row
        for row in ledger.rows(schema.MD_RUNS, md_series_id=_series(material, settings))
    }
    wanted = {diffusivity_id(name, settings.analysis) for name in runs}
    rows = [row for row in ledger.rows(schema.DIFFUSIVITIES) if row["diffusivity_id"] in wanted]
    md_run = runs[rows[0]["md_run_id"]]
    ledger.commit_conductivity(conductivity_row(md_run, rows, "imported", run_id), complete=False)


def _series(material: Row, settings: ImportSettings) -> str:
    subject = ("aimd", material["structure_id"], settings.mobile_species, settings.origin)
    return sha256("\n".join(subject).encode()).hexdigest()[:32]
