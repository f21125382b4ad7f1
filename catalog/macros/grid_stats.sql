CREATE MACRO grid_stats(material, scan := NULL) AS TABLE
SELECT
    material_id,
    mobile_ion,
    count(*) AS n_points,
    count(*) FILTER (status = 'evaluated') AS n_evaluated,
    count(*) FILTER (status = 'symmetry_copy') AS n_copied,
    count(*) FILTER (status = 'excluded') AS n_excluded,
    count(*) FILTER (status = 'skipped') AS n_skipped,
    max(energy_ev) AS highest_energy_ev,
    avg(energy_ev::DOUBLE) AS mean_energy_ev,
    median(energy_ev) AS median_energy_ev,
    count(*) FILTER (energy_ev < 0.5) / count(*) AS share_below_0p5_ev
FROM pes(material, scan := scan)
GROUP BY material_id, mobile_ion
ORDER BY mobile_ion;

COMMENT ON MACRO TABLE grid_stats IS
'One row per mobile ion of a material: points by status, highest, mean and median energy above the minimum in eV, share of the points below 0.5 eV: FROM grid_stats(''mp-1960'')';
