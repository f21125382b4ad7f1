CREATE MACRO free_volume(material, threshold_ev, scan := NULL) AS
_free_volumes(material, scan, threshold_ev).disconnected;

COMMENT ON MACRO free_volume IS
'Share of the cell that some mobile ion finds below an energy, at any threshold in eV (disconnected, union): SELECT free_volume(''mp-1960'', 0.35)';

CREATE MACRO connected_free_volume(material, threshold_ev, scan := NULL) AS
_free_volumes(material, scan, threshold_ev).connected;

COMMENT ON MACRO connected_free_volume IS
'As free_volume, of what some ion reaches from its minimum below that energy, over the doubled cell (connected, union)';
