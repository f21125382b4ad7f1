-- The material is passed on, not read back from the grid, so that a condition on it is applied
-- before grids are opened.
CREATE MACRO _points(material, scan, with_levels) AS TABLE
SELECT
    material_id,
    mobile_ion,
    i_a,
    i_b,
    i_c,
    i_a / n_a AS a,
    i_b / n_b AS b,
    i_c / n_c AS c,
    i_a / n_a * cell[1] + i_b / n_b * cell[4] + i_c / n_c * cell[7] AS x_ang,
    i_a / n_a * cell[2] + i_b / n_b * cell[5] + i_c / n_c * cell[8] AS y_ang,
    i_a / n_a * cell[3] + i_b / n_b * cell[6] + i_c / n_c * cell[9] AS z_ang,
    energy_ev,
    level_ev,
    ['missing', 'evaluated', 'symmetry_copy', 'excluded', 'skipped'][status + 1] AS status
FROM (
    SELECT
        *,
        (place // (n_b * n_c))::INTEGER AS i_a,
        (place // n_c % n_b)::INTEGER AS i_b,
        (place % n_c)::INTEGER AS i_c
    FROM (
        SELECT
            material_id,
            ion.mobile_ion,
            ion.n_a,
            ion.n_b,
            ion.n_c,
            ion.cell,
            unnest(range(len(ion.energy))) AS place,
            unnest(ion.energy) AS energy_ev,
            unnest(ion.level) AS level_ev,
            unnest(ion.status) AS status
        FROM (SELECT material AS material_id, unnest(_maps(material, scan, with_levels)) AS ion)
    )
);

CREATE MACRO pes(material, scan := NULL) AS TABLE
SELECT * EXCLUDE (level_ev) FROM _points(material, scan, false);

COMMENT ON MACRO TABLE pes IS
'Every point of the PES grids of a material: mobile_ion, indices i_a i_b i_c, fractional coordinates a b c, Cartesian ones in Å, energy_ev above the minimum of the ion (null where it was not evaluated), status. A material with several grids needs its scan: FROM pes(''mp-1960'', scan := ''...'')';

CREATE MACRO level_map(material, scan := NULL) AS TABLE
SELECT * FROM _points(material, scan, true);

COMMENT ON MACRO TABLE level_map IS
'As pes, with level_ev: the least energy above its minimum with which the ion reaches the point, or an image of it no further than one lattice vector from the minimum: FROM level_map(''mp-1960'')';
