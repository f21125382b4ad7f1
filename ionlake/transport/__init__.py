"""Molecular dynamics with the potential of the scans, and what diffuses in it.

Everything here takes arrays and gives arrays: it knows nothing of lakes and of schedulers. The way
through: `state`, `dynamics` (or `imports`, for trajectories made elsewhere), then `displacement`,
`diffusion`, `censoring`, `conductivity` and `arrhenius`; `analysis` joins the steps of one run.
"""
