CREATE MACRO pes_at(material, ion, x, y, z, scan := NULL) AS
_pes_at(material, scan, ion, x, y, z);

COMMENT ON MACRO pes_at IS
'Energy in eV above its minimum of a mobile ion (0, 1, ...) at fractional coordinates, interpolated between the points of the periodic grid; null where one of the points around was not evaluated: SELECT pes_at(''mp-1960'', 0, 0.5, 0.5, 0.25)';
