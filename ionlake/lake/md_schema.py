"""Tables of molecular dynamics: runs, diffusion coefficients, conductivities."""

from typing import Final

from ionlake.lake.columns import Table, columns

MD_RUNS: Final = Table(
    "md_runs",
    "One row per finished run of molecular dynamics, or imported trajectory.",
    ("md_run_id",),
    columns(
        ("md_run_id", "VARCHAR", "Hash of structure, potential, settings, temperature and seed"),
        ("md_series_id", "VARCHAR", "The same for all temperatures and seeds of one series"),
        ("structure_id", "VARCHAR", "Structure that moved"),
        ("mobile_species", "VARCHAR", "Element whose diffusion was asked for"),
        ("method", "VARCHAR", "mlmd: run with the potential named here; aimd: made elsewhere"),
        ("potential", "VARCHAR", "Name of the potential, or what an import says of its origin"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision; null if imported"),
        ("temperature_k", "DOUBLE", "Temperature of the thermostat, K"),
        ("seed", "INTEGER", "Seed of velocities and thermostat; null if imported"),
        ("thermostat", "VARCHAR", "bussi, langevin or none; null if imported"),
        ("time_step_fs", "DOUBLE", "Time step, fs"),
        ("frame_fs", "DOUBLE", "Time from one recorded frame to the next, fs"),
        ("equilibration_ps", "DOUBLE", "Time before anything was recorded, ps"),
        ("length_ps", "DOUBLE", "Time that was recorded, ps"),
        ("n_frames", "INTEGER", "Recorded frames"),
        ("n_atoms", "INTEGER", "Atoms in the supercell"),
        ("n_mobile_ions", "INTEGER", "Mobile ions in the supercell"),
        ("supercell", "INTEGER[]", "Cells along each lattice vector; null if imported"),
        ("image_distance_ang", "DOUBLE", "Distance of an atom to its nearest image, Å"),
        ("volume_ang3", "DOUBLE", "Volume of the supercell, Å³"),
        ("mean_temperature_k", "DOUBLE", "Mean kinetic temperature, K; null if imported"),
        (
            "energy_drift_ev_per_atom_ps",
            "DOUBLE",
            "Slope of the energy less what the thermostat put in, eV/(atom ps); null if not kept",
        ),
        ("trajectory_path", "VARCHAR", "Zarr group of the trajectory, relative to the lake"),
        ("trajectory_sha256", "VARCHAR", "SHA-256 over names and contents of its files"),
        ("md_version", "INTEGER", "Version of the dynamics"),
        ("origin", "VARCHAR", "File an import came from, null otherwise"),
        ("compute_seconds", "DOUBLE", "Time that workers were at the pieces of the run, summed, s"),
        ("ns_per_day", "DOUBLE", "Simulated time per day that workers were at it, ns"),
        ("run_id", "VARCHAR", "Run that finished it"),
    ),
)

DIFFUSIVITIES: Final = Table(
    "diffusivities",
    "One row per analysed trajectory: D and conductivity at its temperature, or their bounds.",
    ("diffusivity_id",),
    columns(
        ("diffusivity_id", "VARCHAR", "Hash of the run of dynamics and of the analysis"),
        ("md_run_id", "VARCHAR", "Run of dynamics that was analysed"),
        ("temperature_k", "DOUBLE", "Temperature, K"),
        ("diffusivity_cm2_s", "DOUBLE", "Self-diffusion coefficient D, cm²/s; null if censored"),
        ("diffusivity_low_cm2_s", "DOUBLE", "Lower end of the 95 % interval of D, cm²/s"),
        ("diffusivity_high_cm2_s", "DOUBLE", "Upper end of the 95 % interval of D, cm²/s"),
        ("diffusivity_upper_cm2_s", "DOUBLE", "D is below this with 95 % probability, cm²/s"),
        ("diffusivity_log_error", "DOUBLE", "Standard deviation of ln D; null if censored"),
        ("conductivity_s_cm", "DOUBLE", "Nernst-Einstein conductivity, S/cm; null if censored"),
        ("conductivity_low_s_cm", "DOUBLE", "Lower end of its 95 % interval, S/cm"),
        ("conductivity_high_s_cm", "DOUBLE", "Upper end of its 95 % interval, S/cm"),
        ("conductivity_upper_s_cm", "DOUBLE", "It is below this with 95 % probability, S/cm"),
        ("censored", "BOOLEAN", "No diffusion beyond vibration, or a melt: bounds only"),
        ("hops", "DOUBLE", "Net displacements of all mobile ions, in hops"),
        ("msd_exponent", "DOUBLE", "Growth of the mean squared displacement: 1 for diffusion"),
        ("framework_departure_ang", "DOUBLE", "How far the framework has left its sites, Å"),
        ("framework_drift_ang", "DOUBLE", "How far it moved as a whole (taken out), Å"),
        ("molten", "BOOLEAN", "Flag: the framework has left its sites"),
        ("drifted", "BOOLEAN", "Flag: the framework moved as a whole"),
        ("too_short", "BOOLEAN", "Flag: the run is too short for its D"),
        ("analysis_settings", "VARCHAR", "Settings of the analysis, as JSON"),
        ("analysis_version", "INTEGER", "Version of the analysis"),
        ("run_id", "VARCHAR", "Run that analysed it"),
    ),
)

CONDUCTIVITIES: Final = Table(
    "conductivities",
    "One row per series of runs of a material: Arrhenius fit and conductivity at 300 K.",
    ("conductivity_id",),
    columns(
        ("conductivity_id", "VARCHAR", "Hash of the diffusivities that the fit is made of"),
        ("md_series_id", "VARCHAR", "Series of runs of dynamics"),
        ("structure_id", "VARCHAR", "Structure that moved"),
        ("mobile_species", "VARCHAR", "Element that conducts"),
        ("method", "VARCHAR", "mlmd or aimd, as in md_runs"),
        ("potential", "VARCHAR", "Name of the potential, or what an import says of its origin"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision; null if imported"),
        ("selection", "VARCHAR", "Why it was run: top, random, named or imported"),
        ("diffusivity_ids", "VARCHAR[]", "Rows of diffusivities that the fit is made of"),
        ("temperatures_k", "DOUBLE[]", "Their temperatures, K"),
        ("activation_energy_ev", "DOUBLE", "Activation energy of conductivity times T, eV"),
        ("activation_energy_low_ev", "DOUBLE", "Lower end of its 95 % interval, eV"),
        ("activation_energy_high_ev", "DOUBLE", "Upper end of its 95 % interval, eV"),
        ("conductivity_300k_s_cm", "DOUBLE", "Extrapolated to 300 K, S/cm; null if censored"),
        ("conductivity_300k_low_s_cm", "DOUBLE", "Lower end of its 95 % interval, S/cm"),
        ("conductivity_300k_high_s_cm", "DOUBLE", "Upper end of its 95 % interval, S/cm"),
        (
            "conductivity_300k_upper_s_cm",
            "DOUBLE",
            "Bound at 300 K for any activation energy >= 0, S/cm",
        ),
        ("chi2_per_dof", "DOUBLE", "Scatter about the line over what the errors say"),
        ("n_runs", "INTEGER", "Runs with a value"),
        ("n_censored", "INTEGER", "Runs with a bound only"),
        ("censored", "BOOLEAN", "No value at 300 K, only the bound"),
        ("n_flagged", "INTEGER", "Runs with a flag: molten, drifted or too short"),
        ("run_id", "VARCHAR", "Run that made the fit"),
    ),
)

STAGED_PIECES: Final = Table(
    "staged_pieces",
    "One row per piece of a run of dynamics in progress, with the state to go on from.",
    ("md_run_id", "first_step"),
    columns(
        ("md_run_id", "VARCHAR", "Run of dynamics in progress"),
        ("first_step", "BIGINT", "Step at which the piece began"),
        ("last_step", "BIGINT", "Step at which it ended"),
        ("n_frames", "INTEGER", "Frames recorded in it"),
        ("staging_path", "VARCHAR", "Zarr group of the frames, null where there are none"),
        ("state", "VARCHAR", "State at its end, as JSON"),
        ("compute_seconds", "DOUBLE", "Time that a worker was at the piece, s"),
    ),
)

MD_TABLES: Final = (MD_RUNS, DIFFUSIVITIES, CONDUCTIVITIES)
