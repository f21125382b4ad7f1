"""From diffusion to conductivity: the Nernst–Einstein relation."""

from typing import Final

from ionlake.errors import SettingsError

ELEMENTARY_CHARGE_C: Final = 1.602176634e-19
BOLTZMANN_J_PER_K: Final = 1.380649e-23
BOLTZMANN_EV_PER_K: Final = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C
_PER_ANG3_IN_PER_CM3: Final = 1e24

CHARGES: Final = {
    **dict.fromkeys(("H", "Li", "Na", "K", "Rb", "Cs", "Cu", "Ag"), 1),
    **dict.fromkeys(("Mg", "Ca", "Sr", "Ba", "Zn"), 2),
    "Al": 3,
    **dict.fromkeys(("F", "Cl", "Br", "I"), -1),
    **dict.fromkeys(("O", "S"), -2),
}
"""Charges of ions that are taken to be mobile, in elementary charges."""


def ion_charge(species: str) -> int:
    """Charge of a mobile ion, in elementary charges.

    Raises:
        SettingsError: It is not known.
    """
    if species not in CHARGES:
        raise SettingsError(
            f"the charge of the mobile ion {species} is not known (known: {', '.join(CHARGES)}): "
            "choose another mobile species"
        )
    return CHARGES[species]


def conductivity_s_cm(
    diffusivity_cm2_s: float, n_ions: int, volume_ang3: float, charge: int, temperature_k: float
) -> float:
    """Nernst–Einstein conductivity, σ = n z² e² D / (k_B T), ions moving independently.

    Args:
        diffusivity_cm2_s: Self-diffusion coefficient, cm²/s.
        n_ions: Mobile ions in the cell.
        volume_ang3: Volume of the cell, Å³.
        charge: Charge of an ion in elementary charges.
        temperature_k: Temperature, K.

    Returns:
        S/cm.

    References:
        arXiv:2411.06804, section on validation by molecular dynamics.
    """
    per_cm3 = n_ions / volume_ang3 * _PER_ANG3_IN_PER_CM3
    squared_charge = (charge * ELEMENTARY_CHARGE_C) ** 2
    return per_cm3 * squared_charge * diffusivity_cm2_s / (BOLTZMANN_J_PER_K * temperature_k)
