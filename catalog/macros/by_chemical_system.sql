CREATE MACRO by_chemical_system(chemistry) AS TABLE
SELECT *
FROM candidates
WHERE chemical_system
    = array_to_string(list_sort(string_split(replace(chemistry, ' ', ''), '-')), '-');

COMMENT ON MACRO TABLE by_chemical_system IS
'Candidates with exactly these elements, in any order: FROM by_chemical_system(''S-Li-P'')';
