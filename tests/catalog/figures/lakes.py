"""A small lake with made conductivities of molecular dynamics and made labels."""

from ionlake.catalog.publish import publish
from ionlake.lake import schema
from ionlake.lake.writer import open_writer
from ionlake.pipeline.labels import import_csv
from ionlake.pipeline.md.rows import conductivity_row
from tests.lake.real_lake import RUN, make_lake

CONDUCTOR, INSULATOR = "LiI-225", "LiF-225"
SIGMA = {
    CONDUCTOR: {1000.0: 1.0, 667.0: 0.2, 500.0: 0.05},
    INSULATOR: {1000.0: 0.01, 667.0: None, 500.0: None},
}
BOUND = 3e-3
LABELS = f"""label_set,row_key,material_id,sigma_s_cm,temperature_k
made,1,{CONDUCTOR},1e-4,
made,2,{INSULATOR},<1e-9,400
"""


def lake_with_dynamics(folder):
    """The conductor was taken for its Ξ, the insulator by lot; gives the lake's folder."""
    root = make_lake(folder / "lake").root
    with open_writer(root) as writer:
        for material, selection in ((CONDUCTOR, "top"), (INSULATOR, "random")):
            structure = writer.ledger.row(schema.MATERIALS, material)["structure_id"]
            put_series(writer.ledger, structure, SIGMA[material], selection)
        publish(writer.layout, writer.ledger)
    (folder / "made.csv").write_text(LABELS)
    import_csv(root, folder / "made.csv")
    return root


def put_series(ledger, structure, sigma, selection):
    """Runs with an error of 10 % in D, those without a conductivity censored at the bound."""
    rows = []
    for temperature, value in sigma.items():
        md_run = dict.fromkeys(schema.MD_RUNS.column_names) | {
            "md_run_id": f"run-{structure}-{temperature:g}",
            "md_series_id": f"series-{structure}",
            "structure_id": structure,
            "mobile_species": "Li",
            "method": "mlmd",
            "potential": "toy",
            "temperature_k": temperature,
            "run_id": RUN,
        }
        rows.append(_diffusivity(md_run, value))
        ledger.commit_trajectory(md_run, rows[-1])
    ledger.commit_conductivity(conductivity_row(md_run, rows, selection, RUN), complete=True)


def _diffusivity(md_run, sigma):
    flags = dict.fromkeys(("molten", "drifted", "too_short"), False)
    censored = sigma is None
    return dict.fromkeys(schema.DIFFUSIVITIES.column_names) | {
        "diffusivity_id": f"d-{md_run['md_run_id']}",
        "md_run_id": md_run["md_run_id"],
        "temperature_k": md_run["temperature_k"],
        "conductivity_s_cm": sigma,
        "conductivity_low_s_cm": None if censored else 0.8 * sigma,
        "conductivity_high_s_cm": None if censored else 1.2 * sigma,
        "conductivity_upper_s_cm": BOUND if censored else 1.2 * sigma,
        "diffusivity_log_error": None if censored else 0.1,
        "censored": censored,
        "run_id": RUN,
        **flags,
    }
