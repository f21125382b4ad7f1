"""Tables of conductivities from elsewhere and of what they say of descriptors."""

from typing import Final

from ionlake.lake.schema.columns import Table, columns

LABELS: Final = Table(
    "labels",
    "One row per measured or computed conductivity, with the material of the lake it belongs to.",
    ("label_set", "row_key"),
    columns(
        ("label_set", "VARCHAR", "Collection the row belongs to"),
        ("row_key", "VARCHAR", "Name of the row in its collection"),
        ("material_id", "VARCHAR", "Material it was matched to, null where it matches none"),
        ("matched_by", "VARCHAR", "Way of matching: material_id, icsd or structure"),
        ("match_reason", "VARCHAR", "Why it matches none, or which others would have fitted"),
        (
            "match_rms",
            "DOUBLE",
            "For a match by structure: rms displacement of the sites over (V/atom)^(1/3)",
        ),
        ("stated_material_id", "VARCHAR", "Material as stated by whoever made the table"),
        ("icsd_id", "VARCHAR", "Collection number in the ICSD as stated"),
        ("structure_file", "VARCHAR", "File of the crystal as the table names it"),
        ("formula", "VARCHAR", "Composition as stated; partial amounts are possible"),
        ("space_group_number", "INTEGER", "International number as stated"),
        (
            "sigma_s_cm",
            "DOUBLE",
            "Ionic conductivity at temperature_k, S/cm; its upper bound where censored",
        ),
        ("sigma_err_s_cm", "DOUBLE", "Standard error of sigma_s_cm, S/cm"),
        (
            "temperature_k",
            "DOUBLE",
            "Temperature, K; null for an experiment: room temperature, not stated closer",
        ),
        ("censored", "BOOLEAN", "Whether sigma_s_cm is an upper bound"),
        ("sigma_300k_s_cm", "DOUBLE", "Conductivity extrapolated to 300 K, S/cm"),
        (
            "log10_sigma_300k_err",
            "DOUBLE",
            "Error of log10(sigma_300k_s_cm), from the extrapolation's fit",
        ),
        ("n_temperatures", "INTEGER", "Temperatures in the extrapolation's fit"),
        ("chi2_ndof", "DOUBLE", "chi² of the extrapolation's fit per degree of freedom"),
        ("method", "VARCHAR", "How it was found: experiment or aimd"),
        (
            "weight_group",
            "VARCHAR",
            "Rows with the same word share one unit of weight; null: those of one structure do",
        ),
        ("source", "VARCHAR", "Where the number comes from"),
        ("licence", "VARCHAR", "Licence of the number, as the source states it"),
        ("doi", "VARCHAR", "Publication of the measurement"),
        ("note", "VARCHAR", "Remarks of the source"),
        ("structure_note", "VARCHAR", "What is wrong with the row's structure, if anything"),
        ("cell_ang", "DOUBLE[]", "Lattice vectors of the row's structure as rows, Å; for matching"),
        ("atomic_numbers", "INTEGER[]", "Atomic numbers of the row's structure; for matching"),
        (
            "fractional_positions",
            "DOUBLE[]",
            "Fractional coordinates of the row's structure, x y z atom by atom; for matching only",
        ),
    ),
)

MATCH_COLUMNS: Final = ("material_id", "matched_by", "match_reason", "match_rms")
"""Columns of ``labels`` that matching fills in, not the import."""

EVALUATIONS: Final = Table(
    "evaluations",
    "One row per descriptor, set of labels, class definition, pool of scans and metric.",
    ("evaluation_id",),
    columns(
        ("evaluation_id", "VARCHAR", "Hash of what was judged, by what and how"),
        ("label_set", "VARCHAR", "Collection of labels"),
        (
            "classes",
            "VARCHAR",
            "Definition of conductors and insulators: aimd_1000k, aimd_300k or experiment",
        ),
        ("descriptor", "VARCHAR", "Column of descriptor_values that was judged"),
        ("threshold_ev", "DOUBLE", "Energy threshold of the descriptor, eV; null without one"),
        (
            "metric",
            "VARCHAR",
            "score (the paper's, rows²), roc_auc, average_precision, enrichment_top_k or spearman",
        ),
        ("value", "DOUBLE", "The metric of all rows, null where it is not defined"),
        ("value_q16", "DOUBLE", "16 % quantile of its bootstrap resamples"),
        ("value_q50", "DOUBLE", "Median of its bootstrap resamples"),
        ("value_q84", "DOUBLE", "84 % quantile of its bootstrap resamples"),
        ("random_value", "DOUBLE", "What a random order gets on average"),
        ("perfect_value", "DOUBLE", "What the best order gets"),
        ("n_rows", "INTEGER", "Labelled rows with a value of the descriptor"),
        ("n_structures", "DOUBLE", "Their weights added up: one per structure"),
        ("n_positive", "INTEGER", "Rows in the class of conductors"),
        ("n_negative", "INTEGER", "Rows in the class of insulators"),
        ("n_dropped", "INTEGER", "Rows that neither class claims with more than 0.001"),
        ("n_without_value", "INTEGER", "Labelled rows of the pool without a descriptor value"),
        ("note", "VARCHAR", "Why a value is missing"),
        ("mobile_species", "VARCHAR", "Element that moves"),
        ("scan_protocol", "VARCHAR", "What stays frozen; frozen_framework is the paper's"),
        ("grid_protocol", "VARCHAR", "How grid sizes were chosen: paper or commensurate"),
        ("grid_spacing_ang", "DOUBLE", "Largest allowed distance of grid points along an axis, Å"),
        ("exclusion_radius_ang", "DOUBLE", "Points nearer to another atom are excluded, Å"),
        ("accuracy", "VARCHAR", "full or screen, as in scans"),
        ("symmetry_mode", "VARCHAR", "Operations the scans were allowed to use"),
        ("potential", "VARCHAR", "Name of the potential"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision"),
        ("descriptor_version", "INTEGER", "Version of the descriptor definitions"),
        ("n_resamples", "INTEGER", "Number of bootstrap resamples"),
        ("seed", "BIGINT", "Seed of the resamples"),
        ("inputs_id", "VARCHAR", "Hash of the labels and descriptor values that went in"),
        ("ionlake_version", "VARCHAR", "Version of ionlake that judged"),
        ("release", "INTEGER", "Release the labels and descriptors were read from"),
    ),
)

POOL_COLUMNS: Final = (
    *("mobile_species", "scan_protocol", "grid_protocol", "grid_spacing_ang"),
    *("exclusion_radius_ang", "accuracy", "symmetry_mode", "potential", "potential_id"),
)
"""Columns that scans must share for their descriptors to compare."""
