-- Materials that have left their source are not ranked; grids and descriptors keep them.
CREATE TABLE rankings AS
SELECT
    CASE WHEN descriptor_values.Xi IS NOT NULL THEN rank() OVER pool END AS rank,
    CASE
        WHEN descriptor_values.Xi IS NOT NULL AND NOT materials.has_transition_metal
        THEN rank() OVER part_of_pool
    END AS rank_no_transition_metal,
    grids.material_id,
    grids.formula,
    materials.has_transition_metal,
    descriptor_values.Xi,
    descriptor_values.mpe,
    grids.mobile_species,
    grids.scan_protocol,
    grids.image_guard_ang,
    grids.min_image_distance_ang,
    grids.grid_protocol,
    grids.grid_spacing_ang,
    grids.exclusion_radius_ang,
    grids.accuracy,
    grids.symmetry_mode,
    grids.potential,
    grids.potential_id,
    grids.structure_id,
    grids.scan_id,
    grids.descriptor_id
FROM grids
JOIN descriptor_values USING (descriptor_id)
JOIN materials USING (material_id)
ANTI JOIN tombstones USING (material_id)
WINDOW
    pool AS (
        PARTITION BY
            mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
            accuracy, symmetry_mode, potential_id
        ORDER BY Xi DESC NULLS LAST
    ),
    part_of_pool AS (
        PARTITION BY
            mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
            accuracy, symmetry_mode, potential_id, has_transition_metal
        ORDER BY Xi DESC NULLS LAST
    )
ORDER BY
    mobile_species, scan_protocol, grid_protocol, potential, Xi DESC NULLS LAST, material_id,
    scan_id;

COMMENT ON TABLE rankings IS
'Materials by Xi, highest first, each within its pool: materials with the same mobile species, scan and grid protocol, grid spacing, exclusion radius, accuracy, symmetry mode and potential. Materials with a tombstone are left out.';
COMMENT ON COLUMN rankings.rank IS 'Place in the pool, 1 is best; equal Xi, equal rank';
COMMENT ON COLUMN rankings.rank_no_transition_metal IS
'Place in the pool without materials that hold a transition metal (as ranked in the paper); null for those that do';
