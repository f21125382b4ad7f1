"""Intake readers that look things up in a lake: what a plain catalog entry cannot say.

A catalog with an entry per grid would hold tens of thousands of entries; one entry with a reader
of its own finds a grid by the material's identifier, as a parameter and never as part of an SQL
text.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from intake.readers.entry import Catalog
from intake.readers.readers import BaseReader

from ionlake.catalog.access import Lake, open_lake
from ionlake.errors import SettingsError

Release = int | str | None
"""Number of a release; None, and empty as a catalog's parameter, for the current one."""


class LakeGrid(BaseReader):  # type: ignore[misc]
    """Reads the PES grid of one material as an xarray Dataset.

    Name the material, and what else is needed to tell its grids apart, when calling the entry
    (``entry(material_id="mp-1960").read()``), when reading it, or as parameters of the catalog.
    """

    imports: ClassVar[set[str]] = {"ionlake"}
    output_instance = "xarray:Dataset"

    def _read(
        self, path: str, selection: Mapping[str, str], number: Release = None, **choice: str
    ) -> Any:
        """Open the grid.

        Args:
            path: Folder or URL of the lake, empty for ``$IONLAKE_LAKE``.
            selection: Arguments of `Lake.grid` by name; empty ones do not count.
            number: Number of the release, by default the current one.
            **choice: As ``selection``; these win.
        """
        chosen = _chosen(selection, choice, 'catalog["grids"](material_id="mp-1960").read()')
        with _open(path, number) as opened:
            return opened.grid(chosen.pop("material_id"), **chosen)


class LakeLevelMap(LakeGrid):
    """Works out the level maps of one material from its grid, as an xarray Dataset."""

    def _read(
        self, path: str, selection: Mapping[str, str], number: Release = None, **choice: str
    ) -> Any:
        """Open the grid and flood it; arguments as for a grid."""
        return super()._read(path, selection, number, **choice).ionlake.levels()


class LakeTrajectory(BaseReader):  # type: ignore[misc]
    """Reads a trajectory of molecular dynamics as an xarray Dataset.

    Name the material, and the temperature where it has several, when calling the entry
    (``entry(material_id="mp-1960", temperature_k="1000").read()``), when reading it, or as
    parameters of the catalog.
    """

    imports: ClassVar[set[str]] = {"ionlake"}
    output_instance = "xarray:Dataset"

    def _read(
        self, path: str, selection: Mapping[str, str], number: Release = None, **choice: str
    ) -> Any:
        """Open the trajectory.

        Args:
            path: Folder of the lake, empty for ``$IONLAKE_LAKE``.
            selection: Arguments of `Lake.trajectory` by name; empty ones do not count.
            number: Number of the release, by default the current one.
            **choice: As ``selection``; these win.
        """
        example = 'catalog["trajectories"](material_id="mp-1960", temperature_k="1000").read()'
        chosen = _chosen(selection, choice, example)
        given = chosen.pop("temperature_k", None)
        try:
            temperature_k = None if given is None else float(given)
        except ValueError:
            raise SettingsError(
                f"temperature_k is {given!r}; expected a number of kelvin such as 1000"
            ) from None
        with _open(path, number) as opened:
            return opened.trajectory(
                chosen.pop("material_id"), temperature_k=temperature_k, **chosen
            )


class LakeTable(BaseReader):  # type: ignore[misc]
    """Reads a table or view of a lake's release as a pandas DataFrame."""

    imports: ClassVar[set[str]] = {"ionlake"}
    output_instance = "pandas:DataFrame"

    def _read(self, path: str, table: str, number: Release = None) -> Any:
        """Read the whole table.

        Args:
            path: Folder or URL of the lake, empty for ``$IONLAKE_LAKE``.
            table: Name of the table or view.
            number: Number of the release, by default the current one.
        """
        quoted = '"' + table.replace('"', '""') + '"'
        with _open(path, number) as opened:
            return opened.query(f"SELECT * FROM {quoted}")  # noqa: S608


class LakeKind(BaseReader):  # type: ignore[misc]
    """Reads the entries of one kind as a catalog of their own."""

    imports: ClassVar[set[str]] = {"ionlake"}
    output_instance = "intake.readers.entry:Catalog"

    def _read(self, members: Mapping[str, Any]) -> Any:
        """Put the entries together.

        Args:
            members: Readers by name.
        """
        nested = Catalog.from_entries(dict(members))
        nested.aliases.update({name: name for name in members})
        return nested


def _chosen(
    selection: Mapping[str, str], choice: Mapping[str, str], example: str
) -> dict[str, str]:
    """What was asked for, by name, a material at least."""
    chosen = {name: value for name, value in {**selection, **choice}.items() if value}
    if "material_id" not in chosen:
        raise SettingsError(
            f"no material was named: call the entry with material_id, such as {example}"
        )
    return chosen


def _open(path: str, release: Release) -> Lake:
    try:
        number = int(release) if release else None
    except ValueError:
        raise SettingsError(
            f"release is {release!r}; expected the number of a release, or nothing for the current"
        ) from None
    return open_lake(path or None, release=number)
