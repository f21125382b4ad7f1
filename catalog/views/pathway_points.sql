-- Grid indices count from the origin of the cell and are not wrapped into it.
CREATE VIEW pathway_points AS
SELECT
    grids.material_id,
    grids.formula,
    grids.mobile_species,
    grids.grid_protocol,
    grids.potential,
    points.mobile_ion,
    points.dimension,
    points.sets_material_value,
    points.point,
    points.energies_ev[points.point + 1] AS energy_ev,
    points.grid_points[3 * points.point + 1] / grids.n_a AS a,
    points.grid_points[3 * points.point + 2] / grids.n_b AS b,
    points.grid_points[3 * points.point + 3] / grids.n_c AS c,
    grids.scan_id,
    grids.descriptor_id
FROM (SELECT *, unnest(range(n_points)) AS point FROM pathways) AS points
JOIN grids USING (descriptor_id);

COMMENT ON VIEW pathway_points IS
'One row per point of the migration paths of each current scan, in order along the path; see table pathways for bottlenecks.';
COMMENT ON COLUMN pathway_points.point IS 'Place on the path; 0 is the ion''s minimum';
COMMENT ON COLUMN pathway_points.energy_ev IS 'Energy above the ion''s minimum, eV';
COMMENT ON COLUMN pathway_points.a IS 'Fractional coordinate along the first lattice vector, not wrapped';
COMMENT ON COLUMN pathway_points.b IS 'Fractional coordinate along the second lattice vector, not wrapped';
COMMENT ON COLUMN pathway_points.c IS 'Fractional coordinate along the third lattice vector, not wrapped';
