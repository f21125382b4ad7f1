"""How a descriptor arose, in sentences. Pure."""

import re
from collections.abc import Callable
from typing import Final

from ionlake.catalog.explain.facts import Fact, Facts
from ionlake.descriptors.keys import MPE, XI, XI_THRESHOLD_EV, barrier_key, volume_key
from ionlake.descriptors.thresholds import SMOOTHING_EV
from ionlake.descriptors.xi import xi_factors

_AT_XI: Final = {
    kind: volume_key("", XI_THRESHOLD_EV, kind, "_union") for kind in ("connected", "disconnected")
}
_EIGHTH: Final = 1e-9


def how(facts: Facts) -> list[str]:
    """Sentences that derive the number, the most important first."""
    if facts.value is None:
        return [_why_null(facts)]
    name = facts.key.name
    return next(tell(facts) for pattern, tell in _TELLERS if re.search(pattern, name))


def _why_null(facts: Facts) -> str:
    if facts.scan["accuracy"] == "screen":
        return (
            "No value: the scan was screened, which decides what lies below 0.6 eV only; scan in"
            " full (accuracy: full) for it."
        )
    return (
        f"No value: no {_ion(facts)} percolates in so many dimensions below 6 eV, walking from"
        " evaluated point to evaluated point."
    )


def _xi(facts: Facts) -> list[str]:
    connected, disconnected = (facts.descriptors[name] for name in _AT_XI.values())
    factors = xi_factors(connected, disconnected)
    said = [
        (
            "Xi = s(10 (log10 C + 2)) · s(10 (log10 D + 1.15)) with s(x) = 1/(1 + exp(-x)):"
            f" {factors[0]:.4g} · {factors[1]:.4g} = {facts.value:.4g}."
        ),
        (
            f"C = {connected:.4g}: share of the doubled cell that some {_ion(facts)} reaches from"
            f" its minimum at less than 0.5 eV ({_AT_XI['connected']})."
        ),
        (
            f"D = {disconnected:.4g}: share of the cell below 0.5 eV for some {_ion(facts)},"
            f" reached or not ({_AT_XI['disconnected']})."
        ),
    ]
    if abs(connected - disconnected / 8) < _EIGHTH:
        said.append(
            "C is an eighth of D, what one cell is of the doubled one: at 0.5 eV no ion gets out"
            " of its surroundings, and Xi says how soft they are."
        )
    if facts.ranking is not None and facts.ranking["rank"] is not None:
        rank, count = facts.ranking["rank"], facts.ranking["n_ranked"]
        said.append(f"Place {rank} of {count} scanned alike.")
    return said


def _mpe(facts: Facts) -> list[str]:
    lowest = min(facts.ions, key=lambda row: (row[MPE], row["mobile_ion"]))
    robust = re.search(r"0p(\d\d)$", facts.key.name)
    reach = f"{int(robust[1])} % of a face" if robust else "any point of a face"
    said = [
        (
            f"The lowest energy at which {reach} of the box of 2 × 2 × 2 cells around an ion's"
            " minimum is reached, one lattice vector away; excluded points count as the ion's"
            " highest energy. The material's value is that of its easiest ion."
        ),
        f"Lowest without asking for a share: {_named(facts, lowest)}, {lowest[MPE]:.4g} eV.",
    ]
    barrier = facts.descriptors[barrier_key(1)]
    if not robust and barrier is not None and barrier > facts.descriptors[MPE]:
        said.append(
            f"To reach an own image takes {barrier:.4g} eV ({barrier_key(1)}): what is reached on"
            " the face at less is no image of the minimum."
        )
    return said


def _barrier(facts: Facts) -> list[str]:
    path = facts.path
    if path is None:
        raise TypeError("a percolation barrier is explained by its path")
    found = path.attrs
    a, b, c = found["bottleneck_fractional"]
    near = ", ".join(
        f"{element} {distance:.2f} Å"
        for element, distance in zip(
            found["bottleneck_elements"], found["bottleneck_distances_ang"], strict=True
        )
    )
    ion = facts.ions[found["mobile_ion"]]
    return [
        (
            f"The lowest energy above its minimum at which the easiest {_ion(facts)} reaches"
            f" its own images along {found['dimension']} independent direction(s), over"
            " evaluated points only."
        ),
        f"Set by {_named(facts, ion)}.",
        (
            f"Its path leads along the lattice vector {found['direction']}:"
            f" {found['length_ang']:.2f} Å in {path.sizes['point'] - 1} steps."
        ),
        (
            f"Bottleneck: {found['barrier_ev']:.4g} eV at ({a:.4f}, {b:.4f}, {c:.4f}),"
            f" {float(path.distance_ang[found['bottleneck']]):.2f} Å along the path; nearest atoms:"
            f" {near}."
        ),
    ]


def _volume(facts: Facts) -> list[str]:
    name = facts.key.name
    threshold = float(re.search(r"fv_(\d+p\d)", name)[1].replace("p", "."))  # type: ignore[index]
    low, high = threshold + min(SMOOTHING_EV), threshold + max(SMOOTHING_EV)
    what = (
        f"has less than {threshold:g} eV above the ion's minimum"
        if "disconnected" in name
        else f"can be reached from the ion's minimum at less than {threshold:g} eV, within one"
        " lattice vector to each side"
    )
    said = [
        (
            f"A point of the grid counts where it {what}; the value is the mean over five"
            f" thresholds from {low:.2f} to {high:.2f} eV."
        )
    ]
    if "disconnected" not in name:
        said.append("A region that does not percolate counts once in eight cells.")
    if "asked1p5" in name:
        images = " and of its images" if name.startswith("W") else ""
        said.append(f"Points within 1.5 Å of the minimum{images} are left out.")
    said.append(
        "A point counts if any ion has it, all maps laid over each other."
        if name.endswith("_union")
        else f"The shares of the {len(facts.ions)} ion(s) are added"
        + (", then divided by the volume of the cell." if name.endswith("_rel") else ".")
    )
    return said


def _described(facts: Facts) -> list[str]:
    return [facts.key.description]


def _named(facts: Facts, ion: Fact) -> str:
    sizes = [facts.scan[f"n_{axis}"] for axis in "abc"]
    seed = [ion[f"seed_{axis}"] for axis in "abc"]
    place = ", ".join(f"{index / size:.3f}" for index, size in zip(seed, sizes, strict=True))
    return (
        f"{_ion(facts)} {ion['mobile_ion']} (site {ion['site_index']}), whose minimum is at"
        f" ({place})"
    )


def _ion(facts: Facts) -> str:
    return f"{facts.scan['mobile_species']} ion"


_TELLERS: Final[tuple[tuple[str, Callable[[Facts], list[str]]], ...]] = (
    (rf"^{XI}$", _xi),
    (rf"^{MPE}", _mpe),
    (r"^percolation_barrier_", _barrier),
    (r"fv_\d+p\d_(dis)?connected", _volume),
    (r"", _described),
)
