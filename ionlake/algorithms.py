"""Versions of everything that decides a stored number, in one place."""

from ionlake import __version__


def algorithm_versions() -> dict[str, str]:
    """The versions by name; where any of them differ, so may results.

    Names of what is computed say all of them but the first, so that a change never mixes results;
    this is for those who work together and must not differ.
    """
    from ionlake.descriptors.keys import DESCRIPTOR_VERSION
    from ionlake.descriptors.pathways import PATHWAY_VERSION
    from ionlake.pes.evaluator import BATCHED
    from ionlake.pes.identity import SCAN_VERSION
    from ionlake.potentials.sevennet import FROZEN_LATTICE
    from ionlake.transport.versions import ANALYSIS_VERSION, MD_VERSION

    return {
        "ionlake": __version__,
        "scans": str(SCAN_VERSION),
        "evaluators": f"{BATCHED} {FROZEN_LATTICE}",
        "descriptors": str(DESCRIPTOR_VERSION),
        "paths": str(PATHWAY_VERSION),
        "dynamics": str(MD_VERSION),
        "analysis of dynamics": str(ANALYSIS_VERSION),
    }
