"""Molecular dynamics in pieces: state in, frames and state out.

The integrators are ASE's: stochastic velocity rescaling, Langevin, or velocity Verlet at constant
energy. The centre of mass is held where it is, except by Langevin, whose noise moves it.

References:
    G. Bussi, D. Donadio, M. Parrinello, J. Chem. Phys. 126, 014101 (2007);
    E. Vanden-Eijnden, G. Ciccotti, Chem. Phys. Lett. 429, 310 (2006).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import PotentialError, SettingsError
from ionlake.geometry import FloatArray
from ionlake.transport.settings import MdSettings
from ionlake.transport.state import MdState, generator

_TOO_HOT: Final = 20.0
"""A run whose kinetic temperature is so many times the wanted one has blown up."""


@dataclass(frozen=True)
class Schedule:
    """The settings of one run in time steps.

    Attributes:
        temperature_k: Temperature, K.
        thermostat: As `MdSettings` has it.
        step_fs: Time step, fs.
        coupling_fs: Time constant of the thermostat, fs.
        equilibration_steps: Steps before anything is recorded.
        stride: Steps from one recorded frame to the next.
        n_frames: Number of recorded frames.
    """

    temperature_k: float
    thermostat: str
    step_fs: float
    coupling_fs: float
    equilibration_steps: int
    stride: int
    n_frames: int

    @property
    def n_steps(self) -> int:
        """Steps of the whole run."""
        return self.equilibration_steps + self.n_frames * self.stride

    @property
    def frame_fs(self) -> float:
        """Time from one recorded frame to the next, fs."""
        return self.stride * self.step_fs

    def frames_before(self, step: int) -> int:
        """Number of frames recorded once so many steps are done."""
        return max(0, step - self.equilibration_steps) // self.stride


@dataclass(frozen=True, eq=False)
class Frames:
    """Recorded frames of a piece, possibly none.

    Attributes:
        positions: Cartesian positions, unwrapped, Å, float32, shape (f, n, 3).
        temperature_k: Kinetic temperature, K, shape (f,).
        potential_energy_ev: Potential energy, eV, shape (f,).
        kinetic_energy_ev: Kinetic energy, eV, shape (f,).
        exchanged_ev: Energy the thermostat has put in since the start, eV, shape (f,).
    """

    positions: NDArray[np.float32]
    temperature_k: FloatArray
    potential_energy_ev: FloatArray
    kinetic_energy_ev: FloatArray
    exchanged_ev: FloatArray


def make_schedule(settings: MdSettings, numbers: Any, temperature_k: float) -> Schedule:
    """Times as whole numbers of steps.

    Args:
        settings: The settings.
        numbers: Atomic numbers; hydrogen asks for a shorter step.
        temperature_k: Temperature of the run, K.

    Raises:
        SettingsError: The recorded time is shorter than a frame.
    """
    step = settings.step_fs(numbers)
    stride = max(1, round(settings.frame_every_fs / step))
    n_frames = round(1000 * settings.length_ps / (stride * step))
    if n_frames < 1:
        raise SettingsError(
            f"length_ps is {settings.length_ps:g}, shorter than one frame of {stride * step:g} fs:"
            " record longer, or more often (frame_every_fs)"
        )
    return Schedule(
        temperature_k=temperature_k,
        thermostat=settings.thermostat,
        step_fs=step,
        coupling_fs=1000 * settings.coupling_time_ps,
        equilibration_steps=round(1000 * settings.equilibration_ps / step),
        stride=stride,
        n_frames=n_frames,
    )


def advance(
    state: MdState, schedule: Schedule, calculator: Any, n_steps: int
) -> tuple[MdState, Frames]:
    """Go on from a state by some steps, at most to the end of the run.

    However a run is cut into pieces, its frames are the same.

    Args:
        state: Where the run is.
        schedule: The run.
        calculator: ASE calculator that gives energies and forces, the same for the same positions.
        n_steps: How many steps.

    Returns:
        The new state and what was recorded on the way.

    Raises:
        PotentialError: The calculator fails, or the run blows up.
    """
    atoms = _atoms(state, calculator, schedule.thermostat)
    random = generator(state)
    integrator = _integrator(atoms, schedule, random)
    if schedule.thermostat == "bussi":
        integrator.transferred_energy = state.exchanged_ev
    step, recorded = state.step, []
    for _ in range(min(n_steps, schedule.n_steps - state.step)):
        try:
            integrator.step()
        except PotentialError:
            raise
        except Exception as error:
            raise PotentialError(
                f"the potential failed at step {step} of the dynamics of {atoms.symbols} "
                f"({type(error).__name__}: {error}): check that it covers these elements"
            ) from error
        step += 1
        if step > schedule.equilibration_steps and not (
            (step - schedule.equilibration_steps) % schedule.stride
        ):
            recorded.append(_frame(atoms, schedule, step, getattr(integrator, _EXCHANGED, 0.0)))
    _check_alive(atoms, schedule, step)
    after = MdState(
        step=step,
        cell=state.cell,
        numbers=state.numbers,
        positions=atoms.positions.copy(),
        momenta=atoms.get_momenta(),
        random=dict(random.bit_generator.state),
        exchanged_ev=float(getattr(integrator, _EXCHANGED, 0.0)),
    )
    return after, _stacked(recorded, len(state.numbers))


_EXCHANGED: Final = "transferred_energy"


def _atoms(state: MdState, calculator: Any, thermostat: str) -> Any:
    from ase import Atoms
    from ase.constraints import FixCom

    atoms = Atoms(
        numbers=state.numbers, positions=state.positions, cell=state.cell, pbc=True, momenta=None
    )
    atoms.set_momenta(state.momenta)
    if thermostat != "langevin" and len(atoms) > 1:
        atoms.set_constraint(FixCom())
    atoms.calc = calculator
    return atoms


def _integrator(atoms: Any, schedule: Schedule, random: np.random.Generator) -> Any:
    from ase import units
    from ase.md.bussi import Bussi
    from ase.md.langevin import Langevin
    from ase.md.verlet import VelocityVerlet

    step, coupling = schedule.step_fs * units.fs, schedule.coupling_fs * units.fs
    if schedule.thermostat == "none":
        return VelocityVerlet(atoms, step)
    heat = {"temperature_K": schedule.temperature_k, "rng": random}
    if schedule.thermostat == "langevin":
        return Langevin(atoms, step, friction=1 / coupling, fixcm=False, **heat)
    return Bussi(atoms, step, taut=coupling, **heat)


def _frame(atoms: Any, schedule: Schedule, step: int, exchanged: float) -> tuple[Any, ...]:
    _check_alive(atoms, schedule, step)
    return (
        atoms.positions.astype(np.float32),
        float(atoms.get_temperature()),
        float(atoms.get_potential_energy()),
        float(atoms.get_kinetic_energy()),
        float(exchanged),
    )


def _check_alive(atoms: Any, schedule: Schedule, step: int) -> None:
    temperature = float(atoms.get_temperature())
    if not np.isfinite(atoms.positions).all() or not (
        temperature < _TOO_HOT * schedule.temperature_k
    ):
        raise PotentialError(
            f"the dynamics of {atoms.symbols} blew up: {temperature:.0f} K at step {step}, expected"
            f" about {schedule.temperature_k:g} K: take a shorter time_step_fs, or a potential that"
            " holds this crystal together"
        )


def _stacked(frames: list[tuple[Any, ...]], n_atoms: int) -> Frames:
    if not frames:
        nothing = np.empty(0)
        return Frames(np.empty((0, n_atoms, 3), np.float32), nothing, nothing, nothing, nothing)
    positions, *traces = zip(*frames, strict=True)
    return Frames(np.stack(positions), *(np.array(trace) for trace in traces))
