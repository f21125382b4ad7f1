CREATE MACRO by_elements(all_of := [], none_of := [], within := NULL) AS TABLE
SELECT *
FROM candidates
WHERE
    list_has_all(elements, all_of::VARCHAR[])
    AND NOT list_has_any(elements, none_of::VARCHAR[])
    AND (within IS NULL OR list_has_all(within::VARCHAR[], elements));

COMMENT ON MACRO TABLE by_elements IS
'Candidates that hold all of some elements, none of others, and only those within a set: FROM by_elements(all_of := [''S''], none_of := [''Ge''], within := [''Li'', ''P'', ''S'', ''Cl''])';
