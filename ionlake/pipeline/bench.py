"""What descriptors are judged on: labelled rows of a release beside the values of each pool."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from ionlake.errors import LakeError
from ionlake.geometry import FloatArray
from ionlake.labels.record import AIMD, EXPERIMENT
from ionlake.lake import schema
from ionlake.lake.reader import ReleaseReader
from ionlake.pipeline.labels import nothing_labelled
from ionlake.ranking.classes import (
    Classified,
    Definition,
    classify_aimd_300k,
    classify_aimd_1000k,
    classify_experiment,
    shared_weights,
)
from ionlake.ranking.predictors import Predictor

ROOM_TEMPERATURE_K: Final = (288.0, 308.0)
"""An experiment in this range, or at no stated temperature, is one at room temperature."""

_HOT_K: Final = (999.0, 1001.0)
_POOL: Final = (*schema.POOL_COLUMNS, "descriptor_version")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pool:
    """Descriptors that compare: materials scanned and described in one way.

    Attributes:
        settings: Values of the columns that all of them share.
        frame: Their rows of the view ``descriptors``, by material.
    """

    settings: Mapping[str, Any]
    frame: pd.DataFrame

    def structure(self, material_id: str) -> str:
        """The structure a material has in this pool."""
        return str(self.frame.loc[material_id, "structure_id"])

    def rows(self, material_ids: Sequence[str]) -> pd.DataFrame:
        """Its rows for these materials, one each; empty ones where the pool lacks the material."""
        return self.frame.reindex(list(material_ids))


def descriptor_values(rows: pd.DataFrame, predictor: Predictor) -> FloatArray:
    """One descriptor in each of the rows, shape (n,).

    Infinite where the descriptor lies above every value there is, NaN where it is unknown or the
    rows lack the descriptor.

    Args:
        rows: From `Pool.rows`.
        predictor: The descriptor.
    """
    if predictor.name not in rows:
        return np.full(len(rows), np.nan)
    values = rows[predictor.name].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    if predictor.above_cap is not None:
        above = rows[predictor.above_cap].eq(other=True).to_numpy(dtype=bool)
        values[np.isnan(values) & above] = np.inf
    return values


@dataclass(frozen=True)
class Labelled:
    """Rows of one set of labels under one definition of the classes.

    Attributes:
        label_set: The set.
        definition: The definition.
        rows: Rows of ``labels`` that have a material.
    """

    label_set: str
    definition: Definition
    rows: tuple[Row, ...]

    def within(self, pool: Pool) -> "Labelled":
        """The rows whose material is in a pool."""
        there = set(pool.frame.index)
        rows = tuple(row for row in self.rows if row["material_id"] in there)
        return Labelled(self.label_set, self.definition, rows)

    def classified(self, pool: Pool) -> Classified:
        """Classes and weights of the rows; each material must be in the pool."""
        sigma, error = (_numbers(self.rows, name) for name in ("sigma_s_cm", "sigma_err_s_cm"))
        if self.definition is Definition.EXPERIMENT:
            groups = [_group(row, pool) for row in self.rows]
            return classify_experiment(sigma, shared_weights(groups))
        if self.definition is Definition.AIMD_1000K:
            return classify_aimd_1000k(sigma, error)
        hot = np.array([_is_hot(row) for row in self.rows], dtype=bool)
        extrapolated = _numbers(self.rows, "sigma_300k_s_cm")
        with np.errstate(divide="ignore"):
            logarithm = np.log10(extrapolated)
        return classify_aimd_300k(
            np.where(hot, sigma, np.nan),
            error,
            logarithm,
            *(_numbers(self.rows, f"{name}") for name in _FIT),
        )

    @property
    def material_ids(self) -> list[str]:
        """Material of each row."""
        return [row["material_id"] for row in self.rows]


_FIT: Final = ("log10_sigma_300k_err", "n_temperatures", "chi2_ndof")


def read_labels(release: ReleaseReader, label_set: str | None = None) -> tuple[Labelled, ...]:
    """The labels of a release that have a material, by set and definition of the classes.

    Args:
        release: The release.
        label_set: Only this set.

    Raises:
        LakeError: There are none.
    """
    if not _has_table(release, schema.LABELS.name):
        raise LakeError(nothing_labelled(label_set, ()))
    rows = release.rows("SELECT * FROM labels ORDER BY label_set, row_key")
    sets = sorted({row["label_set"] for row in rows})
    wanted = sets if label_set is None else [each for each in sets if each == label_set]
    if not wanted:
        raise LakeError(nothing_labelled(label_set, sets))
    matched = [row for row in rows if row["material_id"] is not None]
    return tuple(
        Labelled(name, definition, chosen)
        for name in wanted
        for definition, chosen in _by_definition([r for r in matched if r["label_set"] == name])
    )


def read_pools(release: ReleaseReader, material_ids: Sequence[str]) -> tuple[Pool, ...]:
    """The pools of a release that hold any of these materials.

    Args:
        release: The release.
        material_ids: The materials; others are left out.
    """
    frame = release.query(
        "SELECT * FROM descriptors WHERE list_contains(?, material_id) ORDER BY material_id",
        [sorted(set(material_ids))],
    )
    columns = [name for name in _POOL if name in frame]
    return tuple(
        Pool(_settings(columns, shared), rows.set_index("material_id"))
        for shared, rows in frame.groupby(columns, dropna=False)
    )


def _by_definition(rows: Sequence[Row]) -> Iterator[tuple[Definition, tuple[Row, ...]]]:
    computed = [row for row in rows if row["method"] == AIMD]
    found = {
        Definition.AIMD_1000K: [r for r in computed if _is_hot(r) and r["sigma_s_cm"] is not None],
        Definition.AIMD_300K: [
            r for r in computed if _is_hot(r) or r["sigma_300k_s_cm"] is not None
        ],
        Definition.EXPERIMENT: [r for r in rows if _is_at_room_temperature(r)],
    }
    if not any(row["sigma_300k_s_cm"] is not None for row in computed):
        del found[Definition.AIMD_300K]
    for definition, chosen in found.items():
        if chosen:
            yield definition, tuple(chosen)


def _is_hot(row: Row) -> bool:
    temperature = row["temperature_k"]
    return temperature is not None and _HOT_K[0] <= temperature <= _HOT_K[1]


def _is_at_room_temperature(row: Row) -> bool:
    temperature = row["temperature_k"]
    low, high = ROOM_TEMPERATURE_K
    fitting = temperature is None or low <= temperature <= high
    return row["method"] == EXPERIMENT and row["sigma_s_cm"] is not None and fitting


def _group(row: Row, pool: Pool) -> str:
    """What rows share a unit of weight by."""
    stated = row["weight_group"]
    return f"group {stated}" if stated else f"structure {pool.structure(row['material_id'])}"


def _numbers(rows: Sequence[Row], name: str) -> FloatArray:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)


def _has_table(release: ReleaseReader, name: str) -> bool:
    return bool(release.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]))


def _settings(columns: Sequence[str], shared: Sequence[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(columns, shared, strict=True)}


def _plain(value: Any) -> Any:
    """A value of a data frame as Python has it."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
