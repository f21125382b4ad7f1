-- Small cells mislead: the moving ion meets its own image. Here a material stands with the scan of
-- its own cell where that keeps images as far apart as the image guard of the lake asks, else with
-- the scan of its supercell; without such a scan it is left out.
CREATE TABLE rankings_image_safe AS
WITH guards AS (
    -- Distances that recipes asked for, for each kind of scan; 5 Å where none did.
    SELECT
        * EXCLUDE (distances),
        unnest(coalesce(distances, [5.0::DOUBLE])) AS safe_image_distance_ang
    FROM (
        SELECT
            mobile_species, grid_protocol, grid_spacing_ang, exclusion_radius_ang, accuracy,
            symmetry_mode, potential_id,
            list(DISTINCT image_guard_ang) FILTER (WHERE image_guard_ang IS NOT NULL) AS distances
        FROM rankings
        GROUP BY ALL
    )
),
safe AS (
    SELECT
        guards.safe_image_distance_ang,
        rankings.* EXCLUDE (rank, rank_no_transition_metal)
    FROM rankings
    JOIN guards USING (
        mobile_species, grid_protocol, grid_spacing_ang, exclusion_radius_ang, accuracy,
        symmetry_mode, potential_id
    )
    WHERE
        image_guard_ang = safe_image_distance_ang
        OR (
            scan_protocol = 'frozen_framework'
            AND min_image_distance_ang >= safe_image_distance_ang - 1e-9
        )
)
SELECT
    CASE WHEN Xi IS NOT NULL THEN rank() OVER pool END AS rank,
    CASE
        WHEN Xi IS NOT NULL AND NOT has_transition_metal THEN rank() OVER part_of_pool
    END AS rank_no_transition_metal,
    material_id,
    formula,
    has_transition_metal,
    Xi,
    mpe,
    safe_image_distance_ang,
    min_image_distance_ang,
    scan_protocol,
    safe.* EXCLUDE (
        material_id, formula, has_transition_metal, Xi, mpe, safe_image_distance_ang,
        min_image_distance_ang, scan_protocol
    )
FROM safe
WINDOW
    pool AS (
        PARTITION BY
            safe_image_distance_ang, mobile_species, grid_protocol, grid_spacing_ang,
            exclusion_radius_ang, accuracy, symmetry_mode, potential_id
        ORDER BY Xi DESC NULLS LAST
    ),
    part_of_pool AS (
        PARTITION BY
            safe_image_distance_ang, mobile_species, grid_protocol, grid_spacing_ang,
            exclusion_radius_ang, accuracy, symmetry_mode, potential_id, has_transition_metal
        ORDER BY Xi DESC NULLS LAST
    )
ORDER BY
    mobile_species, safe_image_distance_ang, grid_protocol, potential, Xi DESC NULLS LAST,
    material_id, scan_id;

COMMENT ON TABLE rankings_image_safe IS
'As rankings, but in one pool whatever the scan protocol: each material with the scan of its own cell where images of the moving ion are far enough apart in it, else with that of its supercell (see scan_protocol), else not at all.';
COMMENT ON COLUMN rankings_image_safe.rank IS 'Place in the pool, 1 is best; equal Xi, equal rank';
COMMENT ON COLUMN rankings_image_safe.rank_no_transition_metal IS
'Place in the pool without materials that hold a transition metal; null for those that do';
COMMENT ON COLUMN rankings_image_safe.safe_image_distance_ang IS
'Images of the moving ion are at least so far apart in every row of the pool, Å: the min_image_distance_ang of recipes, 5 where none asks for one';
