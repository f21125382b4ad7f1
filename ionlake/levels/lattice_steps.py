"""Steps on the grid of a periodic crystal, and the lattice vectors they add up to."""

from ionlake.geometry import IntArray
from ionlake.levels.compiled import compiled


@compiled
def target(point: int, step: IntArray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Flat index a step leads to, and the number of cells it crosses along each axis."""
    _, n_b, n_c = shape
    cells_a, i = _wrapped(point // (n_b * n_c) + step[0], shape[0])
    cells_b, j = _wrapped(point // n_c % n_b + step[1], n_b)
    cells_c, k = _wrapped(point % n_c + step[2], n_c)
    return (i * n_b + j) * n_c + k, cells_a, cells_b, cells_c


@compiled
def _wrapped(index: int, size: int) -> tuple[int, int]:
    """Number of cells stepped over, and the index inside the cell."""
    cells = 0
    while index < 0:
        index += size
        cells -= 1
    while index >= size:
        index -= size
        cells += 1
    return cells, index


@compiled
def last_is_independent(loops: IntArray, last: int) -> bool:
    """Whether row ``last`` (0, 1 or 2) is linearly independent of the independent rows before."""
    x, y, z = loops[last, 0], loops[last, 1], loops[last, 2]
    if last == 0:
        return bool(x != 0 or y != 0 or z != 0)
    a, b, c = loops[0, 0], loops[0, 1], loops[0, 2]
    if last == 1:
        return bool(a * y != b * x or a * z != c * x or b * z != c * y)
    d, e, f = loops[1, 0], loops[1, 1], loops[1, 2]
    return bool((b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z != 0)
