CREATE VIEW best_by_chemistry AS
SELECT
    chemical_system,
    count(*) OVER of_system AS n_materials,
    material_id,
    formula,
    Xi,
    rank,
    rank_no_transition_metal,
    mpe,
    percolation_barrier_3d_ev,
    band_gap_ev,
    energy_above_hull_ev_per_atom,
    has_transition_metal,
    min_image_distance_ang,
    image_closer_than_5_ang,
    mobile_species,
    scan_protocol,
    grid_protocol,
    grid_spacing_ang,
    exclusion_radius_ang,
    accuracy,
    symmetry_mode,
    potential,
    potential_id,
    structure_id,
    scan_id
FROM candidates
WHERE Xi IS NOT NULL
WINDOW
    of_system AS (
        PARTITION BY
            chemical_system, mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
            exclusion_radius_ang, accuracy, symmetry_mode, potential_id
    )
QUALIFY row_number() OVER (
    PARTITION BY
        chemical_system, mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
        exclusion_radius_ang, accuracy, symmetry_mode, potential_id
    ORDER BY Xi DESC, material_id
) = 1
ORDER BY mobile_species, grid_protocol, potential, Xi DESC, chemical_system;

COMMENT ON VIEW best_by_chemistry IS
'The material with the highest Xi of each chemical system, within each pool (see rankings).';
COMMENT ON COLUMN best_by_chemistry.n_materials IS
'Materials of the chemical system that are in the pool and have a Xi';
COMMENT ON COLUMN best_by_chemistry.rank IS 'Place by Xi in the pool, 1 is best';
COMMENT ON COLUMN best_by_chemistry.rank_no_transition_metal IS
'Place by Xi in the pool without materials that hold a transition metal; null for those that do';
COMMENT ON COLUMN best_by_chemistry.image_closer_than_5_ang IS
'Flag: the moving ion meets its own image nearer than 5 Å, descriptors may mislead';
