-- Every potential ranks the same materials, those that all potentials of the ensemble have, so that
-- places differ by the potentials alone.
CREATE TABLE ensemble_ranks AS
WITH members AS (
    SELECT
        rankings.* EXCLUDE (rank, rank_no_transition_metal),
        count(*) OVER (
            PARTITION BY
                material_id, mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
                exclusion_radius_ang, accuracy
        ) = ensemble_members.n_potentials AS in_all
    FROM rankings
    JOIN ensemble_members USING (
        mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
        accuracy, symmetry_mode, potential_id
    )
    WHERE rankings.Xi IS NOT NULL
),
placed AS (
    SELECT
        *,
        CASE WHEN in_all THEN rank() OVER pool END AS place,
        CASE WHEN in_all THEN count(*) OVER (pool ROWS BETWEEN UNBOUNDED PRECEDING
            AND UNBOUNDED FOLLOWING) END AS n_ranked,
        CASE WHEN in_all AND NOT has_transition_metal THEN rank() OVER part_of_pool END
            AS place_no_transition_metal
    FROM members
    WINDOW
        pool AS (
            PARTITION BY
                mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
                exclusion_radius_ang, accuracy, potential_id, in_all
            ORDER BY Xi DESC
        ),
        part_of_pool AS (
            PARTITION BY
                mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
                exclusion_radius_ang, accuracy, potential_id, in_all, has_transition_metal
            ORDER BY Xi DESC
        )
)
SELECT
    material_id,
    min(formula) AS formula,
    min(place) AS rank_low,
    median(place) AS rank_median,
    max(place) AS rank_high,
    min(place_no_transition_metal) AS rank_low_no_transition_metal,
    median(place_no_transition_metal) AS rank_median_no_transition_metal,
    max(place_no_transition_metal) AS rank_high_no_transition_metal,
    min(n_ranked) AS n_ranked,
    avg(Xi) AS Xi_mean,
    stddev_samp(Xi) AS Xi_std,
    min(Xi) AS Xi_min,
    max(Xi) AS Xi_max,
    count(*) AS n_members,
    mobile_species,
    scan_protocol,
    grid_protocol,
    grid_spacing_ang,
    exclusion_radius_ang,
    accuracy
FROM placed
GROUP BY ALL
HAVING n_members > 1
ORDER BY
    mobile_species, scan_protocol, grid_protocol, grid_spacing_ang, exclusion_radius_ang, accuracy,
    rank_median NULLS LAST, Xi_mean DESC, material_id;

COMMENT ON TABLE ensemble_ranks IS
'One row per ensemble and material that two of its potentials or more have: the spread of Xi and of the place by Xi. It shows how much the potential matters and is no confidence interval: potentials trained on nearly the same data err alike.';
COMMENT ON COLUMN ensemble_ranks.rank_low IS
'Best place by Xi that a potential gives, among the n_ranked materials that all potentials of the ensemble have; null for the other materials';
COMMENT ON COLUMN ensemble_ranks.rank_median IS 'Median of the places that the potentials give';
COMMENT ON COLUMN ensemble_ranks.rank_high IS 'Worst place that a potential gives';
COMMENT ON COLUMN ensemble_ranks.rank_low_no_transition_metal IS
'As rank_low, among materials without a transition metal; null for those that hold one';
COMMENT ON COLUMN ensemble_ranks.rank_median_no_transition_metal IS
'As rank_median, among materials without a transition metal; null for those that hold one';
COMMENT ON COLUMN ensemble_ranks.rank_high_no_transition_metal IS
'As rank_high, among materials without a transition metal; null for those that hold one';
COMMENT ON COLUMN ensemble_ranks.n_ranked IS
'Materials that all potentials of the ensemble have, which each of them ranks';
COMMENT ON COLUMN ensemble_ranks.Xi_mean IS 'Mean of Xi over the potentials';
COMMENT ON COLUMN ensemble_ranks.Xi_std IS
'Standard deviation of Xi over the potentials (n - 1 in the denominator)';
COMMENT ON COLUMN ensemble_ranks.Xi_min IS 'Lowest Xi over the potentials';
COMMENT ON COLUMN ensemble_ranks.Xi_max IS 'Highest Xi over the potentials';
COMMENT ON COLUMN ensemble_ranks.n_members IS 'Potentials that have a Xi of the material';
