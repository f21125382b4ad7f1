"""Table of migration paths."""

from typing import Final

from ionlake.lake.schema.columns import Table, columns

PATHWAYS: Final = Table(
    "pathways",
    "One row per described scan, mobile ion that sets a percolation barrier, and dimension: the"
    " path from the ion's minimum to the same minimum in another cell.",
    ("descriptor_id", "mobile_ion", "dimension"),
    columns(
        ("descriptor_id", "VARCHAR", "Descriptor row whose barriers the paths belong to"),
        ("scan_id", "VARCHAR", "Scan they were found in"),
        ("mobile_ion", "INTEGER", "Position of the ion among the mobile ions, from 0"),
        ("dimension", "INTEGER", "1, 2 or 3: the path adds so many independent directions"),
        (
            "sets_material_value",
            "BOOLEAN",
            (
                "Whether the ion's barrier of this dimension is the material's (the first of equal"
                " ions)"
            ),
        ),
        (
            "barrier_ev",
            "DOUBLE",
            (
                "Energy of the bottleneck above the ion's minimum, its percolation barrier, eV;"
                " null where there is no path below 6 eV"
            ),
        ),
        (
            "direction",
            "INTEGER[]",
            "Lattice vector of the scanned cell it leads along, as integers",
        ),
        ("length_ang", "DOUBLE", "Length of the path along its grid steps, Å"),
        ("n_points", "INTEGER", "Grid points on the path, both ends included; 0 without a path"),
        ("bottleneck", "INTEGER", "Place of the highest energy on the path, from 0"),
        ("bottleneck_fractional", "DOUBLE[]", "Its fractional coordinates, not wrapped"),
        ("bottleneck_cartesian_ang", "DOUBLE[]", "Its Cartesian coordinates, not wrapped, Å"),
        ("bottleneck_elements", "VARCHAR[]", "Elements of the six atoms nearest to it, in order"),
        ("bottleneck_sites", "INTEGER[]", "Their sites in the scanned cell, from 0"),
        ("bottleneck_distances_ang", "DOUBLE[]", "Their distances, Å"),
        (
            "grid_points",
            "INTEGER[]",
            "Grid indices along the path, a b c point by point, not wrapped; see pathway_points",
        ),
        ("energies_ev", "DOUBLE[]", "Energies along the path above the ion's minimum, eV"),
        ("pathway_version", "INTEGER", "Version of the search for paths"),
        ("run_id", "VARCHAR", "Run that found the paths"),
    ),
)
