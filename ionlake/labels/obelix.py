"""Labels from OBELiX, a curated set of measured conductivities of lithium electrolytes.

The package `obelix-data` (extra ``obelix``) fetches the data of its version. The positions of many
of its structures carry noise on purpose: they serve to find a material, never to be scanned.
"""

import contextlib
import math
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ionlake.errors import LabelError, MissingExtraError, SourceError, StructureError
from ionlake.labels.composition import fractions
from ionlake.labels.record import EXPERIMENT, Label, parse_conductivity
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.parsing import one_line

LABEL_SET: Final = "obelix"
LICENCE: Final = "CC BY 4.0"
NOISY: Final = "positions carry noise on purpose"
_CIF_FOLDERS: Final = ("anon_cifs", "all_randomized_cifs", "randomized_cifs")
_TABLES: Final = ("all.csv", "raw.xlsx")


def read_obelix(folder: Path | None = None) -> tuple[Label, ...]:
    """All rows of OBELiX.

    Args:
        folder: Its data: ``all.csv`` or ``raw.xlsx``, the split (``test.csv`` or ``test_idx.csv``)
            and the folder of CIFs, as the package downloads them or as the folder ``data`` of its
            source distribution has them. Fetched there if the folder does not exist. By default
            the user's cache.

    Raises:
        MissingExtraError: The package is not installed.
        SourceError: The data cannot be fetched or read.
        LabelError: A row without a usable conductivity.
    """
    package = _package()
    place = folder or default_folder(package.__version__)
    if not place.exists():
        _fetch(package, place)
    table = _table(package, place)
    cifs = next((place / name for name in _CIF_FOLDERS if (place / name).is_dir()), None)
    source = f"OBELiX {package.__version__}"
    return tuple(_labels(table.to_dict("index"), cifs, source))


def default_folder(version: str) -> Path:
    """Where the data of a version is kept: ``$XDG_CACHE_HOME/ionlake``, else in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ionlake" / f"obelix-{version}"


def label_from_row(
    key: str, row: Mapping[str, Any], read_cif: Callable[[str], Any] | None, source: str
) -> Label:
    """The label of one row.

    Args:
        key: The entry's three characters.
        row: Its columns, by the names OBELiX gives them.
        read_cif: Gives the pymatgen structure of an entry that has one.
        source: What the label names as its source.

    Raises:
        LabelError: Its conductivity is none.
        SourceError: Its CIF cannot be read.
    """
    sigma, censored = parse_conductivity(str(row["Ionic conductivity (S cm-1)"]))
    has_cif = _text(row, "Cif ID") == "done" and read_cif is not None
    icsd = _integer(row, "ICSD ID")
    structure, note = (None, None)
    if has_cif and read_cif is not None:
        structure, note = _crystal(read_cif(key), noisy=icsd is not None)
    return Label(
        label_set=LABEL_SET,
        row_key=key,
        sigma_s_cm=sigma,
        censored=censored,
        method=EXPERIMENT,
        formula=_formula(row),
        icsd_id=None if icsd is None else str(icsd),
        structure_file=f"{key}.cif" if has_cif else None,
        structure=structure,
        structure_note=note,
        space_group_number=_integer(row, "Space group #"),
        source=source,
        licence=LICENCE,
        doi=_text(row, "DOI"),
        note=_note(row),
    )


def _labels(
    rows: Mapping[str, Mapping[str, Any]], cifs: Path | None, source: str
) -> Iterator[Label]:
    def read_cif(key: str) -> Any:
        from pymatgen.core import Structure

        assert cifs is not None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return Structure.from_file(cifs / f"{key}.cif")
            except (OSError, ValueError) as error:
                raise SourceError(
                    f"structure {key} of OBELiX cannot be read ({one_line(error)}): remove the"
                    " folder, so that it is fetched again"
                ) from error

    for key, row in rows.items():
        try:
            yield label_from_row(str(key), row, read_cif if cifs else None, source)
        except LabelError as error:
            raise LabelError(f"row {key} of OBELiX: {error}") from error


def _package() -> Any:
    try:
        import obelix
    except ImportError as error:
        raise MissingExtraError("OBELiX is not installed: pip install 'ionlake[obelix]'") from error
    return obelix


def _fetch(package: Any, place: Path) -> None:
    """Download the data beside its place first, so that half of it is never taken for all."""
    partial = place.with_name(f"{place.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            package.OBELiX(data_path=partial, no_cifs=True, unspecified_low_value=None)
        partial.rename(place)
    except Exception as error:
        raise SourceError(
            f"the data of OBELiX cannot be fetched ({one_line(error)}): check the network, or name"
            " a folder with --data that holds it already"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _table(package: Any, place: Path) -> Any:
    if not any((place / name).is_file() for name in _TABLES):
        raise SourceError(
            f"{place} holds neither {' nor '.join(_TABLES)}, expected the data of OBELiX: name the"
            " folder that holds them, or one that does not exist, to fetch them there"
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):
            data = package.OBELiX(data_path=place, no_cifs=True, unspecified_low_value=None)
    except ImportError as error:
        raise MissingExtraError(
            "reading raw.xlsx needs openpyxl: pip install 'ionlake[obelix]'"
        ) from error
    except Exception as error:
        raise SourceError(
            f"the data of OBELiX in {place} cannot be read ({one_line(error)}): remove the folder,"
            " so that it is fetched again"
        ) from error
    return data.dataframe


def _crystal(structure: Any, *, noisy: bool) -> tuple[StructureRecord | None, str | None]:
    if not structure.is_ordered:
        return None, "its structure is disordered"
    try:
        record = StructureRecord.from_pymatgen(structure)
    except StructureError as error:
        return None, f"its structure cannot be used: {error}"
    return record, NOISY if noisy else None


def _formula(row: Mapping[str, Any]) -> str | None:
    """The first of the stated compositions that is one."""
    for name in ("Reduced Composition", "True Composition"):
        text = _text(row, name)
        if text is None:
            continue
        try:
            fractions(text)
        except LabelError:
            continue
        return text
    return None


def _note(row: Mapping[str, Any]) -> str | None:
    parts = [_text(row, "Family"), _text(row, "note")]
    if _text(row, "close match"):
        parts.append("structure of a close match")
    return "; ".join(part for part in parts if part) or None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None


def _integer(row: Mapping[str, Any], name: str) -> int | None:
    text = _text(row, name)
    try:
        return None if text is None else int(float(text))
    except ValueError:
        return None
