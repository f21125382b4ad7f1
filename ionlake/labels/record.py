"""One labelled row: a conductivity, what it was measured on, and where the number comes from."""

import math
from dataclasses import dataclass
from typing import Final

from ionlake.errors import LabelError
from ionlake.structures.record import StructureRecord

EXPERIMENT: Final = "experiment"
AIMD: Final = "aimd"

_POSITIVE: Final = ("temperature_k", "sigma_300k_s_cm", "n_temperatures")
_NOT_NEGATIVE: Final = ("sigma_s_cm", "sigma_err_s_cm", "log10_sigma_300k_err", "chi2_ndof")


@dataclass(frozen=True)
class Label:
    """A conductivity with all that is known of it.

    Attributes:
        label_set: The collection it belongs to.
        row_key: Its name there; the same name again is a correction.
        sigma_s_cm: Ionic conductivity, S/cm; its upper bound if censored.
        censored: Whether the conductivity was below what could be detected.
        sigma_err_s_cm: Standard error of the conductivity, S/cm.
        temperature_k: Temperature, K; None for an experiment means room temperature, unspecified.
        sigma_300k_s_cm: Conductivity extrapolated to 300 K, S/cm.
        log10_sigma_300k_err: Error of log10 of the extrapolated conductivity, from the fit.
        n_temperatures: Temperatures in the extrapolation's fit.
        chi2_ndof: chi² of the fit per degree of freedom.
        method: ``experiment``, ``aimd`` or another word for how it was found.
        formula: Composition as stated, partial amounts allowed.
        material_id: Material as stated by whoever made the table.
        icsd_id: Collection number in the ICSD.
        structure_file: File of the crystal, as the table names it.
        structure: The crystal in that file; for finding the material, never for a scan.
        structure_note: Why there is no crystal though there is a file, or what is wrong with it.
        space_group_number: International number as stated.
        weight_group: Rows with the same word here share one unit of weight.
        source: Where the number comes from.
        licence: Its licence.
        doi: Publication of the measurement.
        note: Remarks of the source.

    Raises:
        LabelError: A number that cannot be one.
    """

    label_set: str
    row_key: str
    sigma_s_cm: float | None
    censored: bool = False
    sigma_err_s_cm: float | None = None
    temperature_k: float | None = None
    sigma_300k_s_cm: float | None = None
    log10_sigma_300k_err: float | None = None
    n_temperatures: int | None = None
    chi2_ndof: float | None = None
    method: str = EXPERIMENT
    formula: str | None = None
    material_id: str | None = None
    icsd_id: str | None = None
    structure_file: str | None = None
    structure: StructureRecord | None = None
    structure_note: str | None = None
    space_group_number: int | None = None
    weight_group: str | None = None
    source: str | None = None
    licence: str | None = None
    doi: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        """Refuse a row without a number, or with an impossible one."""
        for name in (*_POSITIVE, *_NOT_NEGATIVE):
            value = getattr(self, name)
            if value is None:
                continue
            if not math.isfinite(value) or value < 0 or (value == 0 and name in _POSITIVE):
                least = "a positive number" if name in _POSITIVE else "a number from 0"
                raise LabelError(f"{name} is {value}, expected {least}: correct it")
        if self.sigma_s_cm is None and self.sigma_300k_s_cm is None:
            raise LabelError(
                "there is neither sigma_s_cm nor sigma_300k_s_cm, expected a conductivity: fill in"
                " one or leave the row out"
            )
        named = (self.material_id, self.icsd_id, self.structure_file, self.formula)
        if not any(named):
            raise LabelError(
                "nothing says which crystal it is, expected material_id, icsd_id, structure_file or"
                " formula: fill in one"
            )


def parse_conductivity(text: str) -> tuple[float, bool]:
    """A conductivity as tables write it, and whether it is only an upper bound.

    ``<1E-10`` means that the conductivity was below what could be detected: the bound, censored.

    Args:
        text: A number in S/cm, with ``<`` or ``≤`` before it for a bound.

    Raises:
        LabelError: It is no number.
    """
    bare = text.strip()
    number = bare.lstrip("<≤").removeprefix("=").strip()
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LabelError(
            f"conductivity is {text!r}, expected a number in S/cm such as 1.2e-4, or <1e-10 for an"
            " upper bound: correct it"
        )
    return value, bare.startswith(("<", "≤"))
