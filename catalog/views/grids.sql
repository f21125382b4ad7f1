-- A scan or a description repeated by a newer version of ionlake replaces the older one here and in
-- the views that build on this one; the tables scans and descriptor_values keep both.
CREATE TABLE grids AS
WITH newest AS (
    SELECT scan_id, descriptor_id
    FROM descriptor_values
    QUALIFY row_number() OVER (
        PARTITION BY scan_id ORDER BY descriptor_version DESC, run_id DESC, descriptor_id
    ) = 1
)
SELECT
    materials.material_id,
    materials.formula,
    scans.mobile_species,
    scans.scan_protocol,
    scans.image_guard_ang,
    scans.repeats,
    scans.min_image_distance_ang,
    scans.grid_protocol,
    scans.grid_spacing_ang,
    scans.exclusion_radius_ang,
    scans.accuracy,
    scans.symmetry_mode,
    scans.potential,
    scans.potential_id,
    scans.n_mobile_ions,
    scans.n_a,
    scans.n_b,
    scans.n_c,
    scans.points_total - scans.points_evaluated - scans.points_copied - scans.points_excluded
        AS points_skipped,
    scans.grid_path,
    scans.structure_id,
    scans.scan_id,
    newest.descriptor_id
FROM materials
JOIN scans USING (structure_id)
LEFT JOIN newest USING (scan_id)
QUALIFY row_number() OVER (
    PARTITION BY
        materials.material_id, scans.mobile_species, scans.scan_protocol, scans.grid_protocol,
        scans.grid_spacing_ang, scans.exclusion_radius_ang, scans.accuracy, scans.symmetry_mode,
        scans.potential_id
    ORDER BY scans.scan_version DESC, scans.run_id DESC, scans.scan_id
) = 1
ORDER BY materials.material_id, scans.scan_id;

COMMENT ON TABLE grids IS
'One row per material and current scan: where its PES grid is. Open one with lake.grid().';
COMMENT ON COLUMN grids.points_skipped IS
'Points that a screened scan left out, all of them above 0.6 eV; 0 for a full scan';
COMMENT ON COLUMN grids.descriptor_id IS
'Descriptor row derived from the grid, null where it is not described yet';
