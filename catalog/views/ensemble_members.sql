-- Potentials whose scans differ in nothing else that matters. The symmetry mode may differ: "auto" takes
-- from each potential the operations under which it is exact. Where one potential has scans with
-- several modes, the mode with the most materials stands for it.
CREATE TABLE ensemble_members AS
WITH potentials AS (
    SELECT
        mobile_species,
        scan_protocol,
        grid_protocol,
        grid_spacing_ang,
        exclusion_radius_ang,
        accuracy,
        symmetry_mode,
        min(potential) AS potential,
        potential_id,
        count(*) AS n_materials
    FROM rankings
    GROUP BY
        mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
        accuracy, symmetry_mode, potential_id
    QUALIFY row_number() OVER (
        PARTITION BY
            mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
            accuracy, potential_id
        ORDER BY n_materials DESC, symmetry_mode DESC
    ) = 1
)
SELECT
    *,
    count(*) OVER (
        PARTITION BY
            mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
            accuracy
    ) AS n_potentials
FROM potentials
QUALIFY n_potentials > 1
ORDER BY
    mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang, accuracy,
    n_materials DESC, potential, potential_id;

COMMENT ON TABLE ensemble_members IS
'One row per ensemble and potential in it. An ensemble is all potentials, at least two, that have current scans with the same mobile species, scan and grid protocol, grid spacing, exclusion radius and accuracy.';
COMMENT ON COLUMN ensemble_members.n_materials IS
'Materials that have not left their source and that this potential has scanned';
COMMENT ON COLUMN ensemble_members.n_potentials IS 'Potentials in the ensemble';
