"""Labels from a CSV file that anyone can write by hand."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ionlake.errors import LabelError, SourceError, StructureError
from ionlake.labels.composition import fractions
from ionlake.labels.record import AIMD, EXPERIMENT, Label, parse_conductivity
from ionlake.structures.sources.parsing import read_structure

_SHOWN: Final = 10
_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "1"), True),
    **dict.fromkeys(("false", "no", "0", ""), False),
}


def _number(text: str) -> float:
    return float(text)


def _count(text: str) -> int:
    number = float(text)
    if number != int(number):
        raise ValueError
    return int(number)


_COLUMNS: Final[Mapping[str, Callable[[str], Any]]] = {
    "label_set": str,
    "row_key": str,
    "material_id": str,
    "structure_file": str,
    "icsd_id": str,
    "formula": str,
    "sigma_s_cm": str,
    "sigma_err_s_cm": _number,
    "temperature_k": _number,
    "censored": str,
    "sigma_300k_s_cm": _number,
    "log10_sigma_300k_err": _number,
    "n_temperatures": _count,
    "chi2_ndof": _number,
    "method": str,
    "weight_group": str,
    "source": str,
    "licence": str,
    "doi": str,
    "note": str,
}
_SHORT_NAMES: Final = {"sigma_err": "sigma_err_s_cm", "sigma_300k": "sigma_300k_s_cm"}

COLUMNS: Final = tuple(_COLUMNS)
"""Columns that a table of labels may have; `read_csv` says what they mean."""


def read_csv(path: Path) -> tuple[Label, ...]:
    """Read a table of conductivities.

    The first line names the columns, in any order; an empty cell is no value:

    - ``label_set``: the collection, such as ``my_measurements``. Required.
    - ``sigma_s_cm``: conductivity, S/cm; ``<1e-10`` is an upper bound. Required, unless
      ``sigma_300k_s_cm`` is given.
    - ``material_id``, ``icsd_id``, ``structure_file`` (path, relative to the table) or ``formula``:
      which crystal it is; one of them at least. The formula, if given, is checked.
    - ``sigma_err_s_cm`` (or ``sigma_err``): standard error, S/cm. ``censored``: yes, if the
      conductivity is an upper bound. ``temperature_k``: temperature, K; empty for an experiment
      means room temperature.
    - ``sigma_300k_s_cm`` (or ``sigma_300k``): extrapolation to 300 K, S/cm, with
      ``log10_sigma_300k_err``, ``n_temperatures`` and ``chi2_ndof`` of its fit.
    - ``method``: ``experiment`` (if empty) or ``aimd``.
    - ``row_key``: name of the row in its set, so that a corrected row replaces it. Without it, the
      material (or ICSD number, file, formula) is the name, with ``#2``, ``#3``, ... for its
      further rows.
    - ``weight_group``: rows with the same word share one unit of weight; without it those of one
      structure do.
    - ``source``, ``licence``, ``doi``, ``note``.

    Args:
        path: The file, UTF-8.

    Raises:
        SourceError: The file cannot be read.
        LabelError: Columns that are unknown or missing, or rows that are wrong, named by their
            lines; then no row is taken over.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            names = _columns(path, lines.fieldnames or ())
            numbered = [(lines.line_num, row) for row in lines]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"{path} cannot be read as CSV ({error}): check that it is a text file in UTF-8"
        ) from error
    return tuple(_labels(path, names, numbered))


def _columns(path: Path, header: Any) -> dict[str, str]:
    """Names of the columns in the file by their full names."""
    names = {_SHORT_NAMES.get(name.strip(), name.strip()): name for name in header}
    unknown = sorted(names.keys() - _COLUMNS.keys())
    missing = sorted({"label_set"} - names.keys())
    if not names.keys() & {"sigma_s_cm", "sigma_300k_s_cm"}:
        missing.append("sigma_s_cm")
    if len(names) < len(header):
        unknown.append("columns of one name")
    if unknown or missing:
        raise LabelError(
            f"{path} has unknown columns {unknown} and lacks {missing}: the columns are"
            f" {', '.join(_COLUMNS)}; rename or remove the others"
        )
    return names


def _labels(
    path: Path, names: Mapping[str, str], numbered: list[tuple[int, dict[Any, Any]]]
) -> Iterator[Label]:
    problems: list[str] = []
    used: Counter[tuple[str, str]] = Counter()
    keys: dict[tuple[str, str], int] = {}
    labels: list[Label] = []
    for line, row in numbered:
        try:
            label = _label(path, _values(names, row), used)
        except LabelError as error:
            problems.append(f"line {line}: {error}")
            continue
        first = keys.setdefault((label.label_set, label.row_key), line)
        if first != line:
            problems.append(
                f"line {line}: row_key {label.row_key!r} is also that of line {first}, expected one"
                " row per key: rename one"
            )
        labels.append(label)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise LabelError(
            f"{path} was not imported, {len(problems)} of {len(numbered)} rows are wrong:"
            f" {'; '.join(problems[:_SHOWN])}{more}"
        )
    yield from labels


def _values(names: Mapping[str, str], row: Mapping[Any, Any]) -> dict[str, Any]:
    if None in row or None in row.values():
        raise LabelError("it has more or fewer cells than the first line: check its commas")
    values: dict[str, Any] = {}
    for name, column in names.items():
        text = row[column].strip()
        if not text:
            continue
        try:
            values[name] = _COLUMNS[name](text)
        except ValueError:
            kind = "a whole number" if name == "n_temperatures" else "a number"
            raise LabelError(f"{name} is {text!r}, expected {kind}: correct it") from None
    return values


def _label(path: Path, values: dict[str, Any], used: Counter[tuple[str, str]]) -> Label:
    if "label_set" not in values:
        raise LabelError("label_set is empty, expected the name of a set: fill it in")
    method = values.setdefault("method", EXPERIMENT)
    if method not in {EXPERIMENT, AIMD}:
        raise LabelError(f"method is {method!r}, expected {EXPERIMENT} or {AIMD}: correct it")
    _read_conductivity(values)
    values.setdefault("row_key", _key(values, used))
    if "formula" in values:
        fractions(values["formula"])
    if "structure_file" in values:
        values |= _crystal(path, values["structure_file"])
    return Label(**values)


def _read_conductivity(values: dict[str, Any]) -> None:
    word = values.pop("censored", "").lower()
    if word not in _WORDS:
        raise LabelError(f"censored is {word!r}, expected yes or no: correct it")
    sigma, bounded = None, False
    if "sigma_s_cm" in values:
        sigma, bounded = parse_conductivity(values["sigma_s_cm"])
    values |= {"sigma_s_cm": sigma, "censored": bounded or _WORDS[word]}


def _key(values: Mapping[str, Any], used: Counter[tuple[str, str]]) -> str:
    """A name for a row without one: what it was measured on, and its place among those rows."""
    names = ("material_id", "icsd_id", "structure_file", "formula")
    thing = next((str(values[name]) for name in names if name in values), "")
    used[values["label_set"], thing] += 1
    place = used[values["label_set"], thing]
    return thing if place == 1 else f"{thing}#{place}"


def _crystal(path: Path, name: str) -> dict[str, Any]:
    """The crystal of a row; one that the method cannot treat is noted, not refused."""
    file = path.parent / name
    try:
        return {"structure": read_structure(file)}
    except StructureError as error:
        return {"structure_note": str(error).removeprefix(f"{file}: ")}
    except SourceError as error:
        raise LabelError(f"structure_file: {error}") from error
