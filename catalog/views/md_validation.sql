-- The newest fit of each series of runs, beside the Xi of the same structure. Dynamics with a
-- potential stands beside rankings with the same potential; imported trajectories beside all.
CREATE TABLE md_validation AS
WITH newest AS (
    SELECT *
    FROM conductivities
    QUALIFY row_number() OVER (
        PARTITION BY md_series_id ORDER BY run_id DESC, n_runs + n_censored DESC, conductivity_id
    ) = 1
),
members AS (
    SELECT conductivity_id, unnest(diffusivity_ids) AS diffusivity_id FROM newest
),
at_temperature AS (
    SELECT
        members.conductivity_id,
        exp(avg(ln(conductivity_s_cm)) FILTER (WHERE temperature_k = 1000))
            AS conductivity_1000k_s_cm,
        min(conductivity_upper_s_cm) FILTER (WHERE temperature_k = 1000)
            AS conductivity_1000k_upper_s_cm,
        exp(avg(ln(conductivity_s_cm)) FILTER (WHERE temperature_k = 500))
            AS conductivity_500k_s_cm,
        min(conductivity_upper_s_cm) FILTER (WHERE temperature_k = 500)
            AS conductivity_500k_upper_s_cm,
        coalesce(bool_or(molten), false) AS any_molten,
        coalesce(bool_or(drifted), false) AS any_drifted,
        coalesce(bool_or(too_short), false) AS any_too_short
    FROM members
    JOIN diffusivities USING (diffusivity_id)
    GROUP BY members.conductivity_id
)
SELECT
    materials.material_id,
    materials.formula,
    newest.mobile_species,
    rankings.Xi,
    rankings.rank,
    rankings.scan_protocol,
    rankings.grid_protocol,
    newest.selection,
    newest.method,
    newest.potential,
    newest.potential_id,
    newest.conductivity_300k_s_cm,
    newest.conductivity_300k_low_s_cm,
    newest.conductivity_300k_high_s_cm,
    newest.conductivity_300k_upper_s_cm,
    newest.censored,
    at_temperature.conductivity_1000k_s_cm,
    at_temperature.conductivity_1000k_upper_s_cm,
    at_temperature.conductivity_500k_s_cm,
    at_temperature.conductivity_500k_upper_s_cm,
    newest.activation_energy_ev,
    newest.activation_energy_low_ev,
    newest.activation_energy_high_ev,
    newest.n_runs,
    newest.n_censored,
    at_temperature.any_molten,
    at_temperature.any_drifted,
    at_temperature.any_too_short,
    newest.structure_id,
    newest.md_series_id,
    newest.conductivity_id
FROM newest
JOIN materials USING (structure_id)
LEFT JOIN at_temperature USING (conductivity_id)
LEFT JOIN rankings
    ON rankings.material_id = materials.material_id
    AND rankings.structure_id = newest.structure_id
    AND rankings.mobile_species = newest.mobile_species
    AND (newest.potential_id IS NULL OR rankings.potential_id = newest.potential_id)
ORDER BY rankings.Xi DESC NULLS LAST, materials.material_id, newest.conductivity_id;

COMMENT ON TABLE md_validation IS
'One row per material, series of molecular dynamics and ranking: conductivities beside Xi. Filter by method, scan_protocol and grid_protocol; where a value is null look at the bound (upper).';
COMMENT ON COLUMN md_validation.rank IS 'Place by Xi in the pool, 1 is best';
COMMENT ON COLUMN md_validation.conductivity_1000k_s_cm IS
'Nernst-Einstein conductivity of the runs at 1000 K (geometric mean over seeds), S/cm; null where none has a value';
COMMENT ON COLUMN md_validation.conductivity_1000k_upper_s_cm IS
'Lowest 95 % upper bound of the runs at 1000 K, S/cm';
COMMENT ON COLUMN md_validation.conductivity_500k_s_cm IS
'Nernst-Einstein conductivity of the runs at 500 K (geometric mean over seeds), S/cm; null where none has a value';
COMMENT ON COLUMN md_validation.conductivity_500k_upper_s_cm IS
'Lowest 95 % upper bound of the runs at 500 K, S/cm';
COMMENT ON COLUMN md_validation.any_molten IS 'Flag: the framework melted in a run';
COMMENT ON COLUMN md_validation.any_drifted IS 'Flag: the framework moved as a whole in a run';
COMMENT ON COLUMN md_validation.any_too_short IS 'Flag: a run is too short for its D';
COMMENT ON COLUMN md_validation.censored IS
'No conductivity at 300 K can be given, only the bound';
