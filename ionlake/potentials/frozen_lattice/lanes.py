"""The innermost steps of the operator, written for the processor's vector registers.

All of them work on runs of points that follow each other in memory. Loops that a compiler
vectorises by itself keep their sums in memory and ask again and again whether arrays overlap;
these reach several times their speed. They are called from compiled code with whole contiguous
arrays and the index of the number to start at.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from ionlake.potentials.frozen_lattice.registers import INDEX, Code, generated

LANES: Final = 32
"""Points that are worked on at once."""

TILE: Final = 16
"""Channels and points of a tile of radial weights."""

_ROWS_OF_ALL_LANES: Final = 3
"""So many rows of `LANES` sums fit the sixteen vector registers of a processor."""


def as_pattern(present: np.ndarray) -> str:
    """Where a matrix can differ from zero, written down: rows of x and ., with / between them."""
    return "/".join("".join("x" if entry else "." for entry in row) for row in present)


def lanes_of(d3: int) -> int:
    """Points at which `sum_blocks` works when an atom's messages have so many rows."""
    return LANES if d3 <= _ROWS_OF_ALL_LANES else LANES // 2


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def sum_blocks(
    _context: Any,
    out: Any,
    out_at: Any,
    blocks: Any,
    blocks_at: Any,
    x: Any,
    x_at: Any,
    n_points: Any,
    pair: Any,
    sender: Any,
    first: Any,
    last: Any,
    kind: Any,
    patterns: Any,
) -> Any:
    """Messages of one atom and channel along its fixed pairs, overwritten at some points.

    How many points, `lanes_of` tells.

    out[m3, point] = Σ_pairs Σ_m1 block[pair, m1, m3] · x[sender, m1, point]; the 2·l3+1 rows stay
    in registers while the sum runs, so that every number read is used several times.

    Args:
        out: Messages; the rows are ``n_points`` apart.
        out_at: First row.
        blocks: Matrices of the pairs one after the other, of each the entries in the pattern.
        blocks_at: Matrix of the channel's first pair.
        x: What atoms send; every sender has 2·l1+1 rows.
        x_at: First row of the channel's first sender.
        n_points: Numbers in a row.
        pair: Pairs in the order in which they are summed.
        sender: Sender of each of these.
        first: Place of the first pair in this order.
        last: Place after the last.
        kind: Which of the patterns the matrices have.
        patterns: All patterns, from `as_pattern`, with blanks between them; known when compiled.
    """
    choices = [
        [[entry == "x" for entry in row] for row in pattern.split("/")]
        for pattern in patterns.literal_value.split()
    ]

    def write(code: Code, *values: Any) -> None:
        *common, chosen, _ = values
        with code.choice(chosen, len(choices)) as alternatives:
            for entries, alternative in zip(choices, alternatives, strict=True):
                with alternative:
                    _write_sum(code, entries, *common)

    arguments = (
        out,
        out_at,
        blocks,
        blocks_at,
        x,
        x_at,
        n_points,
        pair,
        sender,
        first,
        last,
        kind,
        patterns,
    )
    return generated(arguments, write)


@intrinsic  # type: ignore[untyped-decorator]
def add_product(
    _context: Any,
    out: Any,
    out_at: Any,
    x: Any,
    x_at: Any,
    y: Any,
    y_at: Any,
) -> Any:
    """Add x · y to out at `LANES` points.

    Args:
        out: Where the products are added.
        out_at: Its first number.
        x: One factor.
        x_at: Its first number.
        y: The other factor.
        y_at: Its first number.
    """

    def write(code: Code, *values: Any) -> None:
        into, into_at, one, one_at, other, other_at = values
        factors = code.load(one, one_at, LANES), code.load(other, other_at, LANES)
        code.store(code.multiply_add(*factors, code.load(into, into_at, LANES)), into, into_at)

    return generated((out, out_at, x, x_at, y, y_at), write)


@intrinsic  # type: ignore[untyped-decorator]
def add_terms(
    _context: Any,
    messages: Any,
    to_ion: Any,
    to_atom: Any,
    geometry: Any,
    geometry_at: Any,
    x: Any,
    of_ion: Any,
    of_atom: Any,
    n_points: Any,
    coefficients: Any,
    components: Any,
    first: Any,
    last: Any,
    sign: Any,
) -> Any:
    """Add one component of what an ion and a neighbour send each other, at `LANES` points.

    to_ion += Σ_terms C · g[m2] · x_atom[m1], and the same to the atom from the ion's features,
    times the sign; both sums stay in registers.

    Args:
        messages: Where they are added.
        to_ion: The ion's row.
        to_atom: The neighbour's row.
        geometry: Radial weight times harmonics, summed over images; rows are ``n_points`` apart.
        geometry_at: Its first row.
        x: What atoms send; rows are ``n_points`` apart.
        of_ion: First row that the ion sends.
        of_atom: First row that the neighbour sends.
        n_points: Numbers in a row.
        coefficients: The coefficient C of each term.
        components: Its m1 and m2, shape (terms, 2).
        first: First term.
        last: Term after the last.
        sign: A number of the arrays' type.
    """
    arguments = (
        messages,
        to_ion,
        to_atom,
        geometry,
        geometry_at,
        x,
        of_ion,
        of_atom,
        n_points,
        coefficients,
        components,
        first,
        last,
        sign,
    )
    return generated(arguments, _write_terms)


@intrinsic  # type: ignore[untyped-decorator]
def interpolate_tile(
    _context: Any,
    out: Any,
    out_at: Any,
    n_points: Any,
    table: Any,
    channel: Any,
    channels: Any,
    node: Any,
    hermite: Any,
    at: Any,
) -> Any:
    """Radial weights of `TILE` channels at `TILE` points: cubic Hermite, transposed in registers.

    Args:
        out: Weights; channels are ``n_points`` apart.
        out_at: First weight.
        n_points: Numbers in a row.
        table: Values and slopes, (nodes, 2, channels).
        channel: First channel of the tile.
        channels: Number of channels of the table.
        node: Node below each distance.
        hermite: Weights of value and slope at the lower and the upper node, four at each point.
        at: First point in ``node`` and ``hermite``.
    """
    arguments = (out, out_at, n_points, table, channel, channels, node, hermite, at)
    return generated(arguments, _write_tile)


def _write_terms(
    code: Code,
    messages: Any,
    to_ion: Any,
    to_atom: Any,
    geometry: Any,
    geometry_at: Any,
    x: Any,
    of_ion: Any,
    of_atom: Any,
    n_points: Any,
    coefficients: Any,
    components: Any,
    first: Any,
    last: Any,
    sign: Any,
) -> None:
    """A loop over terms around the products of one term."""
    builder = code.builder

    def row(start: Any, component: int, term: Any) -> Any:
        place = builder.add(builder.mul(term, INDEX(2)), INDEX(component))
        number = builder.load(builder.gep(components, [place]))
        return builder.add(start, builder.mul(n_points, number))

    def one_term(term: Any, sums: list[Any]) -> list[Any]:
        factor = code.everywhere(builder.load(builder.gep(coefficients, [term])), LANES)
        turned = builder.fmul(factor, code.load(geometry, row(geometry_at, 1, term), LANES))
        sent = [code.load(x, row(of, 0, term), LANES) for of in (of_atom, of_ion)]
        return [code.multiply_add(turned, *each) for each in zip(sent, sums, strict=True)]

    to_the_ion, to_the_atom = code.loop(first, last, [LANES, LANES], one_term)
    before = code.load(messages, to_ion, LANES)
    code.store(builder.fadd(to_the_ion, before), messages, to_ion)
    before = code.load(messages, to_atom, LANES)
    both = code.everywhere(sign, LANES)
    code.store(code.multiply_add(both, to_the_atom, before), messages, to_atom)


def _write_tile(
    code: Code,
    out: Any,
    out_at: Any,
    n_points: Any,
    table: Any,
    channel: Any,
    channels: Any,
    node: Any,
    hermite: Any,
    at: Any,
) -> None:
    """One row of channels for every point, then the square is transposed."""
    builder = code.builder
    rows = []
    for k in range(TILE):
        point = builder.add(at, INDEX(k))
        low = builder.load(builder.gep(node, [point]))
        start = builder.add(channel, builder.mul(low, builder.mul(channels, INDEX(2))))
        row = ir.Constant(ir.VectorType(code.number, TILE), None)
        for part in range(4):
            place = builder.add(builder.mul(point, INDEX(4)), INDEX(part))
            weight = code.everywhere(builder.load(builder.gep(hermite, [place])), TILE)
            values_at = builder.add(start, builder.mul(channels, INDEX(part)))
            row = code.multiply_add(weight, code.load(table, values_at, TILE), row)
        rows.append(row)
    for k, row in enumerate(code.transposed(rows)):
        code.store(row, out, builder.add(out_at, builder.mul(n_points, INDEX(k))))


def _write_sum(
    code: Code,
    entries: list[list[bool]],
    out: Any,
    out_at: Any,
    blocks: Any,
    blocks_at: Any,
    x: Any,
    x_at: Any,
    n_points: Any,
    pair: Any,
    sender: Any,
    first: Any,
    last: Any,
) -> None:
    """A loop over pairs around the products of one pair."""
    builder = code.builder
    d1, d3, size = len(entries), len(entries[0]), sum(map(sum, entries))
    lanes = lanes_of(d3)

    def one_pair(place: Any, sums: list[Any]) -> list[Any]:
        number = builder.load(builder.gep(pair, [place]))
        matrix = builder.add(blocks_at, builder.mul(number, INDEX(size)))
        atom = builder.load(builder.gep(sender, [place]))
        row = builder.add(x_at, builder.mul(atom, builder.mul(n_points, INDEX(d1))))
        longer, entry = list(sums), 0
        for m1 in range(d1):
            sent = code.load(x, builder.add(row, builder.mul(n_points, INDEX(m1))), lanes)
            for m3 in (m3 for m3, present in enumerate(entries[m1]) if present):
                element = builder.gep(blocks, [builder.add(matrix, INDEX(entry))])
                factor = code.everywhere(builder.load(element), lanes)
                longer[m3] = code.multiply_add(factor, sent, longer[m3])
                entry += 1
        return longer

    for m3, total in enumerate(code.loop(first, last, [lanes] * d3, one_pair)):
        code.store(total, out, builder.add(out_at, builder.mul(n_points, INDEX(m3))))
