CREATE VIEW ensemble_descriptors AS
WITH members AS (
    SELECT
        descriptors.*,
        count(*) OVER (
            PARTITION BY
                material_id, mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
                exclusion_radius_ang, accuracy
        ) AS n_members
    FROM descriptors
    JOIN ensemble_members USING (
        mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
        accuracy, symmetry_mode, potential_id
    )
    ANTI JOIN tombstones USING (material_id)
),
long AS (
    UNPIVOT members
    ON COLUMNS(
        lambda name: name IN ('Xi', 'mpe')
            OR name SIMILAR TO '(mpe_robust|percolation_barrier)_.*'
            OR (name SIMILAR TO '.*fv_.*' AND NOT name SIMILAR TO '.*WARN.*')
    )
    INTO NAME descriptor VALUE value
)
SELECT
    material_id,
    min(formula) AS formula,
    descriptor,
    avg(value) AS value_mean,
    stddev_samp(value) AS value_std,
    min(value) AS value_min,
    max(value) AS value_max,
    count(value) AS n_values,
    n_members,
    mobile_species,
    scan_protocol,
    grid_protocol,
    grid_spacing_ang,
    exclusion_radius_ang,
    accuracy
FROM long
WHERE n_members > 1
GROUP BY ALL;

COMMENT ON VIEW ensemble_descriptors IS
'One row per ensemble, material that two of its potentials or more have, and numeric descriptor: its spread over the potentials. A descriptor that is null for all of them has no row.';
COMMENT ON COLUMN ensemble_descriptors.descriptor IS
'Column of descriptor_values, whose comment has the unit of the values';
COMMENT ON COLUMN ensemble_descriptors.value_mean IS
'Mean over the potentials, in the unit of the descriptor';
COMMENT ON COLUMN ensemble_descriptors.value_std IS
'Standard deviation over the potentials (n - 1 in the denominator), in the unit of the descriptor; null for one value';
COMMENT ON COLUMN ensemble_descriptors.value_min IS
'Lowest value over the potentials, in the unit of the descriptor';
COMMENT ON COLUMN ensemble_descriptors.value_max IS
'Highest value over the potentials, in the unit of the descriptor';
COMMENT ON COLUMN ensemble_descriptors.n_values IS
'Potentials that give the descriptor a value; fewer than n_members where it is null for some, as a barrier above 6 eV';
COMMENT ON COLUMN ensemble_descriptors.n_members IS 'Potentials that have scanned the material';
