CREATE VIEW descriptors AS
SELECT
    grids.material_id,
    grids.formula,
    grids.mobile_species,
    grids.scan_protocol,
    grids.grid_protocol,
    grids.grid_spacing_ang,
    grids.exclusion_radius_ang,
    grids.accuracy,
    grids.symmetry_mode,
    grids.potential,
    grids.potential_id,
    descriptor_values.* EXCLUDE (descriptor_id, scan_id, descriptor_version, run_id),
    grids.structure_id,
    grids.scan_id,
    grids.descriptor_id,
    descriptor_values.descriptor_version
FROM grids
JOIN descriptor_values USING (descriptor_id);

COMMENT ON VIEW descriptors IS
'One row per material and current scan with every descriptor. Values of different grid protocols or potentials do not compare: filter by grid_protocol and potential.';
