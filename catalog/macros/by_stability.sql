CREATE MACRO by_stability(hull_ev_per_atom := 0.05, gap_ev := 0.5) AS TABLE
SELECT *
FROM candidates
WHERE energy_above_hull_ev_per_atom <= hull_ev_per_atom AND band_gap_ev >= gap_ev;

COMMENT ON MACRO TABLE by_stability IS
'Candidates at most so far above the convex hull (eV/atom) and with at least such a band gap (eV), by default as the paper selects; those of which either is not known are left out: FROM by_stability(hull_ev_per_atom := 0.02)';
