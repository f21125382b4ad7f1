"""The report as Markdown."""

from tests.benchmarks.cases import CLOSEST
from tests.benchmarks.dynamics import STEPS

MATERIAL_COLUMNS = (
    "crystal",
    "atoms / pairs",
    "ASE one by one, ms",
    "batched, ms (edges)",
    "operator, ms",
    "batched / operator",
    "one by one / operator",
    "error of batched / operator, eV",
    "share of matrix peak",
    "points with / without symmetry",
    "scan + descriptors, s",
    "baseline / this",
    "50 ps of MD / this",
)
NOTES = """\
Points: the same for all three, the {closest} of closest contact among them; times are medians per
point. One by one: sevenn's ASE calculator, with forces. Batched: SevenNet, energies only, at the
best of several batch sizes. Error: largest difference from plain float64 SevenNet. Share of matrix
peak: matrix products that a point cannot do without, over the time of all it does, over a
2048 × 2048 float32 product. Baseline: batched time per point × allowed points of all mobile ions on
the same grid without symmetry, plus the same descriptors; computed, not run. MD: {steps} steps of
2 fs in the same cell by the same ASE calculator, from the median of a few steps. A ~ marks a scan
that was predicted from the time per point and counts no descriptors."""


def render(report):
    """The whole report."""
    parts = [
        _heading(report),
        table(MATERIAL_COLUMNS, [_material(each, report) for each in report.materials]),
        table(("measured", "result"), _single_numbers(report)),
        table(
            ("crystal", "atoms", "pairs", "operator, ms"),
            [(c.crystal, c.atoms, c.pairs, _number(c.ms)) for c in report.costs],
        ),
        NOTES.format(closest=CLOSEST, steps=f"{STEPS:,}"),
    ]
    return "\n\n".join(parts) + "\n"


def _heading(report):
    before, after = report.load
    return (
        f"{report.potential} on one thread of {report.machine} "
        f"(load {before:.1f} before, {after:.1f} after); {report.versions}."
    )


def _material(material, report):
    point, whole = material.point, material.whole
    peak = sum(report.peak_gflops) / 2
    errors = f"{point.batched_error_ev:.0e} / {point.operator_error_ev:.0e}"
    measured = f"{_number(whole.scan_s)} + {_number(whole.describe_s)}"
    return (
        point.crystal,
        f"{point.atoms} / {point.pairs}",
        _number(point.one_by_one_ms),
        f"{_number(point.batched_ms)} ({point.edges_per_batch})",
        _number(point.operator_ms),
        _ratio(point.over_batched),
        _ratio(point.over_one_by_one),
        errors,
        f"{100 * point.operator_gflops / peak:.0f} % ({point.operator_gflops:.0f} GFLOP/s)",
        f"{whole.evaluated} / {whole.allowed}",
        measured if whole.measured else f"~{_number(whole.scan_s)}",
        _ratio(whole.ratio),
        _ratio(STEPS * material.md_step_s / whole.seconds),
    )


def _single_numbers(report):
    yield from (row for each in report.levels for row in _levels(each))
    before, after = report.peak_gflops
    yield "matrix peak before / after", f"{before:.0f} / {after:.0f} GFLOP/s"
    law = report.fit
    formula = f"{law.per_atom_ms:.4f}·atoms {law.per_pair_ms:+.5f}·pairs {law.constant_ms:+.3f}"
    range_of_fit = f"{law.crystals} crystals of {law.smallest} to {law.largest} atoms"
    quality = f"({100 * law.rms_share:.0f} % rms over {range_of_fit})"
    yield "operator, ms per point", f"{formula} {quality}"
    line = report.linearity
    spread = max(line.ms) / min(line.ms)
    yield (
        f"operator, ms per point at {line.points[0]} to {line.points[-1]} points, {line.crystal}",
        f"{', '.join(map(_number, line.ms))} (largest / smallest {spread:.2f})",
    )
    pair = report.processes
    had = f"(each had a core {100 * pair.core_share:.0f} % of the time)"
    yield (
        f"two processes / one, {pair.crystal}",
        f"{pair.two:.0f} / {pair.one:.0f} points per s = {pair.two / pair.one:.2f}× {had}",
    )


def _levels(each):
    where = f"{each.crystal}, {each.points} points"
    agreement = "same result" if each.same else "OTHER RESULT"
    for what, slow, fast in (
        ("level map", each.plain_level_map_ms, each.level_map_ms),
        ("percolation barriers", each.plain_percolation_ms, each.percolation_ms),
    ):
        result = f"{_number(slow)} / {_number(fast)} ms = {_ratio(slow / fast)} ({agreement})"
        yield f"{what}, plain reference / this, {where}", result


def table(columns, rows):
    """A table in Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def _ratio(value):
    return f"{value:,.0f}×" if value >= 10 else f"{value:.1f}×"
