"""What may be chosen about molecular dynamics, and about the analysis of trajectories."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from pydantic import ConfigDict

from ionlake.errors import SettingsError
from ionlake.structures.conversion import atomic_number

THERMOSTATS: Final = ("bussi", "langevin", "none")
DEFAULT_TEMPERATURES_K: Final = (1000.0, 800.0, 667.0, 500.0)
_HYDROGEN: Final = 1


@dataclass(frozen=True)
class MdSettings:
    """Settings of molecular dynamics at constant cell; all of them decide what a run gives.

    Attributes:
        mobile_species: Element symbol of the ion whose diffusion is asked for.
        temperatures_k: Temperatures of the runs, K; evenly spaced in 1/T by default.
        seeds: One run at each temperature for each seed of velocities and thermostat.
        thermostat: ``bussi`` (stochastic velocity rescaling, which leaves diffusion as it is),
            ``langevin`` (its friction slows diffusion) or ``none`` (constant energy, for checks).
        time_step_fs: Time step, fs.
        time_step_with_hydrogen_fs: The same for crystals that hold hydrogen, whose vibrations
            have periods of 10 fs; the shorter of the two counts there.
        coupling_time_ps: Time constant of the thermostat, ps; for Langevin one over the friction.
        equilibration_ps: Time before anything is recorded, ps.
        length_ps: Time that is recorded, ps.
        frame_every_fs: Time between recorded frames, fs.
        min_image_distance_ang: Shortest distance of an atom to its own images in the supercell, Å.

    Raises:
        SettingsError: If a value is not one of these, or a number is not positive.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # where it is part of a recipe

    mobile_species: str = "Li"
    temperatures_k: tuple[float, ...] = DEFAULT_TEMPERATURES_K
    seeds: tuple[int, ...] = (0,)
    thermostat: str = "bussi"
    time_step_fs: float = 2.0
    time_step_with_hydrogen_fs: float = 1.0
    coupling_time_ps: float = 0.2
    equilibration_ps: float = 5.0
    length_ps: float = 50.0
    frame_every_fs: float = 50.0
    min_image_distance_ang: float = 10.0

    def __post_init__(self) -> None:
        """Check every value."""
        if not isinstance(self.mobile_species, str) or atomic_number(self.mobile_species) is None:
            raise SettingsError(
                f"mobile_species is {self.mobile_species!r}; expected an element symbol such as Li"
            )
        if self.thermostat not in THERMOSTATS:
            raise SettingsError(
                f"thermostat is {self.thermostat!r}; expected one of {', '.join(THERMOSTATS)}"
            )
        temperatures = tuple(_positive("temperatures_k", each) for each in self.temperatures_k)
        object.__setattr__(self, "temperatures_k", _different("temperatures_k", temperatures))
        if any(isinstance(seed, bool) or seed < 0 for seed in self.seeds):
            raise SettingsError(f"seeds are {self.seeds}; expected whole numbers from 0")
        object.__setattr__(self, "seeds", _different("seeds", tuple(self.seeds)))
        for name in (
            "time_step_fs",
            "time_step_with_hydrogen_fs",
            "coupling_time_ps",
            "length_ps",
            "frame_every_fs",
            "min_image_distance_ang",
        ):
            object.__setattr__(self, name, _positive(name, getattr(self, name)))
        if self.equilibration_ps:
            equilibration = _positive("equilibration_ps", self.equilibration_ps)
            object.__setattr__(self, "equilibration_ps", equilibration)

    def step_fs(self, numbers: Any) -> float:
        """Time step for a crystal, fs.

        Args:
            numbers: Atomic numbers of its atoms.
        """
        if _HYDROGEN in set(map(int, numbers)):
            return min(self.time_step_fs, self.time_step_with_hydrogen_fs)
        return self.time_step_fs


@dataclass(frozen=True)
class AnalysisSettings:
    """How diffusion is read from a trajectory.

    Attributes:
        fit_from_ps: Time intervals from here on count as diffusion; shorter ones hold vibrations
            and rattling in cages, ps.
        longest_interval: Longest time interval of the fit, as a share of the run.
        n_intervals: How many time intervals the fit uses.
        hop_length_ang: Length of one hop for counting hops, Å. Lithium sites lie 2 to 3.5 Å apart;
            a larger length takes more displacement for one hop and gives larger upper bounds.
        fewest_hops: With fewer hops in the whole run, all ions together, the run is censored.
        molten_ang: The framework counts as molten when the atoms of each of its elements have
            moved further than this from their sites (root mean square), Å.
        drifted_ang: The run is flagged when the framework as a whole has moved further, Å.

    Raises:
        SettingsError: If a number is not positive or the share is above 1.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    fit_from_ps: float = 5.0
    longest_interval: float = 0.5
    n_intervals: int = 20
    hop_length_ang: float = 3.0
    fewest_hops: float = 3.0
    molten_ang: float = 1.5
    drifted_ang: float = 1.0

    def __post_init__(self) -> None:
        """Check every value."""
        for name in self.__dataclass_fields__:
            _positive(name, getattr(self, name))
        if self.longest_interval > 1 or self.n_intervals < 4:
            raise SettingsError(
                f"longest_interval is {self.longest_interval} and n_intervals {self.n_intervals};"
                " expected a share of the run up to 1 and at least 4 intervals"
            )


def _positive(name: str, value: Any) -> float:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value <= 0:
        raise SettingsError(f"{name} is {value!r}; expected a positive number")
    return float(value)


def _different(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values or len(set(values)) < len(values):
        raise SettingsError(f"{name} are {values}; expected at least one, each once")
    return values
