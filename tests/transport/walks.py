"""Trajectories whose diffusion is known, because they are made of it."""

import numpy as np

from ionlake.transport.trajectory import Trajectory

EDGE_ANG = 10.0
FRAME_PS = 0.25


def walk(
    seed=0,
    *,
    diffusivity_ang2_ps=0.1,
    n_frames=200,
    n_mobile=16,
    n_framework=24,
    vibration_ang=0.2,
    drift_ang=(0.0, 0.0, 0.0),
    framework_diffusivity_ang2_ps=0.0,
    temperature_k=1000.0,
):
    """Mobile ions on a random walk within a framework; all vibrate, the whole may drift."""
    random = np.random.default_rng(seed)
    n = n_mobile + n_framework
    sites = EDGE_ANG * random.random((n, 3))
    rates = np.repeat([diffusivity_ang2_ps, framework_diffusivity_ang2_ps], [n_mobile, n_framework])
    steps = np.sqrt(2 * rates * FRAME_PS)[:, None] * random.standard_normal((n_frames, n, 3))
    steps[0] = 0
    positions = sites + steps.cumsum(axis=0)
    positions += vibration_ang * random.standard_normal(positions.shape)
    positions += np.linspace(0, 1, n_frames)[:, None, None] * np.array(drift_ang)
    return Trajectory(
        cell=EDGE_ANG * np.eye(3),
        numbers=np.repeat([3, 17, 15], [n_mobile, n_framework - 8, 8]),
        mobile=np.arange(n) < n_mobile,
        reference=sites,
        positions=positions,
        frame_ps=FRAME_PS,
        temperature_k=temperature_k,
    )
