-- What the table grid_chunks knows of each scan decides whether its grid is opened at all; grids of
-- older scans, of which it knows nothing, are.
CREATE MACRO sites_below(below_ev, beyond_ang := 0.0) AS TABLE
SELECT
    chosen.material_id,
    chosen.formula,
    chosen.mobile_species,
    chosen.scan_protocol,
    chosen.grid_protocol,
    chosen.potential,
    unnest(_far_points(chosen.material_id, chosen.scan_id, below_ev, beyond_ang), recursive := true),
    chosen.scan_id
FROM (
    SELECT grids.material_id, grids.formula, grids.mobile_species, grids.scan_protocol,
        grids.grid_protocol, grids.potential, grids.scan_id
    FROM grids
    LEFT JOIN (
        SELECT
            scan_id AS known_scan_id,
            min(
                CASE
                    WHEN beyond_ang >= 3.0 THEN lowest_beyond_3p0_ang_ev
                    WHEN beyond_ang >= 2.5 THEN lowest_beyond_2p5_ang_ev
                    WHEN beyond_ang >= 2.0 THEN lowest_beyond_2p0_ang_ev
                    WHEN beyond_ang >= 1.5 THEN lowest_beyond_1p5_ang_ev
                    ELSE lowest_energy_ev
                END
            ) AS lowest_ev
        FROM grid_chunks
        GROUP BY scan_id
    ) AS known ON known_scan_id = grids.scan_id
    WHERE known_scan_id IS NULL OR lowest_ev < below_ev
) AS chosen;

COMMENT ON MACRO TABLE sites_below IS
'Points of all grids with an energy below below_ev (eV above the minimum of the ion) that are further than beyond_ang (Å) from every site of the mobile species; site_distance_ang is the distance to the nearest. Grids without such points are not opened: SELECT DISTINCT material_id FROM sites_below(0.2, beyond_ang := 2.0)';
