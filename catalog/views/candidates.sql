CREATE TABLE candidates AS
WITH flags AS (
    SELECT
        descriptor_id,
        bool_or(minimum_below_base) AS any_minimum_below_base,
        bool_or(minimum_far_from_site) AS any_minimum_far_from_site,
        bool_or(minimum_on_edge) AS any_minimum_on_edge
    FROM mobile_ions
    GROUP BY descriptor_id
)
SELECT
    rankings.rank,
    rankings.rank_no_transition_metal,
    materials.material_id,
    materials.formula,
    rankings.Xi,
    rankings.mpe,
    descriptor_values.percolation_barrier_1d_ev,
    descriptor_values.percolation_barrier_2d_ev,
    descriptor_values.percolation_barrier_3d_ev,
    descriptor_values.fv_0p5_connected_union,
    descriptor_values.fv_0p5_disconnected_union,
    ensemble_ranks.Xi_min,
    ensemble_ranks.Xi_max,
    ensemble_ranks.Xi_std,
    ensemble_ranks.rank_low,
    ensemble_ranks.rank_high,
    ensemble_ranks.n_members AS n_ensemble_members,
    materials.chemical_system,
    materials.elements,
    materials.n_elements,
    materials.has_transition_metal,
    materials.band_gap_ev,
    materials.energy_above_hull_ev_per_atom,
    structures.space_group_number,
    structures.space_group_symbol,
    structures.n_sites,
    structures.volume_ang3,
    structures.density_g_cm3,
    rankings.min_image_distance_ang,
    rankings.min_image_distance_ang < 5.0 AS image_closer_than_5_ang,
    descriptor_values.fv_0p5_WARNlowPES,
    flags.any_minimum_below_base,
    flags.any_minimum_far_from_site,
    flags.any_minimum_on_edge,
    rankings.mobile_species,
    rankings.scan_protocol,
    rankings.grid_protocol,
    rankings.grid_spacing_ang,
    rankings.exclusion_radius_ang,
    rankings.accuracy,
    rankings.symmetry_mode,
    rankings.potential,
    rankings.potential_id,
    materials.source,
    materials.reference,
    materials.licence,
    rankings.structure_id,
    rankings.scan_id,
    rankings.descriptor_id
FROM rankings
JOIN descriptor_values USING (descriptor_id)
JOIN materials USING (material_id)
LEFT JOIN structures ON structures.structure_id = rankings.structure_id
LEFT JOIN flags ON flags.descriptor_id = rankings.descriptor_id
LEFT JOIN ensemble_ranks
    ON ensemble_ranks.material_id = rankings.material_id
    AND ensemble_ranks.mobile_species = rankings.mobile_species
    AND ensemble_ranks.scan_protocol = rankings.scan_protocol
    AND ensemble_ranks.grid_protocol = rankings.grid_protocol
    AND ensemble_ranks.grid_spacing_ang = rankings.grid_spacing_ang
    AND ensemble_ranks.exclusion_radius_ang = rankings.exclusion_radius_ang
    AND ensemble_ranks.accuracy = rankings.accuracy
ORDER BY
    rankings.mobile_species, rankings.scan_protocol, rankings.grid_protocol, rankings.potential,
    rankings.Xi DESC NULLS LAST, material_id, rankings.scan_id;

COMMENT ON TABLE candidates IS
'One row per material and current scan: chemistry, stability, main descriptors, rank, flags and provenance. Ranks count within a pool, see rankings; materials that have left their source (see tombstones) are left out.';
COMMENT ON COLUMN candidates.rank IS 'Place by Xi in the pool, 1 is best';
COMMENT ON COLUMN candidates.rank_no_transition_metal IS
'Place by Xi in the pool without materials that hold a transition metal; null for those that do';
COMMENT ON COLUMN candidates.Xi_min IS
'Lowest Xi over the potentials of the ensemble, see ensemble_ranks; null where only one potential has the material, as in the other columns of the ensemble';
COMMENT ON COLUMN candidates.Xi_max IS 'Highest Xi over the potentials of the ensemble';
COMMENT ON COLUMN candidates.Xi_std IS
'Standard deviation of Xi over the potentials of the ensemble';
COMMENT ON COLUMN candidates.rank_low IS
'Best place by Xi that a potential of the ensemble gives, among the materials that all of them have';
COMMENT ON COLUMN candidates.rank_high IS
'Worst place by Xi that a potential of the ensemble gives, among the materials that all of them have';
COMMENT ON COLUMN candidates.n_ensemble_members IS
'Potentials of the ensemble that have a Xi of the material';
COMMENT ON COLUMN candidates.image_closer_than_5_ang IS
'Flag: the moving ion meets its own image nearer than 5 Å, descriptors may mislead';
COMMENT ON COLUMN candidates.any_minimum_below_base IS
'Flag: for some ion the minimum lies over 0.2 eV below the base energy';
COMMENT ON COLUMN candidates.any_minimum_far_from_site IS
'Flag: for some ion the minimum lies over 0.5 Å from its site';
COMMENT ON COLUMN candidates.any_minimum_on_edge IS
'Flag: for some ion the minimum lies on the edge of the grid (harmless)';
