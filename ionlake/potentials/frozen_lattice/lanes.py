"""The innermost steps of the operator, written for the processor's vector registers.

All of them work on runs of points that follow each other in memory. Loops that a compiler
vectorises by itself keep their sums in memory and ask again and again whether arrays overlap;
these reach several times their speed. They are called from compiled code with whole contiguous
arrays and the index of the number to start at.
"""

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES: Final = 32
"""Points that are worked on at once."""

TILE: Final = 16
"""Channels and points of a tile of radial weights."""

_INDEX: Final = ir.IntType(64)


@intrinsic  # type: ignore[untyped-decorator]
def sum_blocks(
    _context: Any,
    out: Any,
    out_at: Any,
    blocks: Any,
    blocks_at: Any,
    x: Any,
    x_at: Any,
    n_points: Any,
    source: Any,
    first: Any,
    last: Any,
    inputs: Any,
    outputs: Any,
) -> Any:
    """Messages of one atom and channel along its fixed pairs, overwritten at `LANES` points.

    out[m3, point] = Σ_pairs Σ_m1 block[pair, m1, m3] · x[source, m1, point]; the 2·l3+1 rows stay
    in registers while the sum runs, so that every number read is used several times.

    Args:
        out: Messages; the rows are ``n_points`` apart.
        out_at: First row.
        blocks: Matrices of the pairs, (2·l1+1, 2·l3+1) each, one after the other.
        blocks_at: Matrix of the channel's first pair.
        x: What atoms send; every atom has 2·l1+1 rows.
        x_at: First row of the channel's first atom.
        n_points: Numbers in a row.
        source: Atom that sends, for every pair.
        first: First pair.
        last: Pair after the last.
        inputs: A tuple of 2·l1+1 numbers; only its length counts, which the compiler knows.
        outputs: The same of 2·l3+1 numbers.
    """

    def write(code: "_Code", *values: Any) -> None:
        _write_sum(code, inputs.count, outputs.count, *values[:-2])

    arguments = (
        out,
        out_at,
        blocks,
        blocks_at,
        x,
        x_at,
        n_points,
        source,
        first,
        last,
        inputs,
        outputs,
    )
    return _generated(arguments, write)


@intrinsic  # type: ignore[untyped-decorator]
def add_product(
    _context: Any,
    out: Any,
    out_at: Any,
    x: Any,
    x_at: Any,
    y: Any,
    y_at: Any,
    factor: Any,
) -> Any:
    """Add factor · x · y to out at `LANES` points.

    Args:
        out: Where the products are added.
        out_at: Its first number.
        x: One factor.
        x_at: Its first number.
        y: The other factor.
        y_at: Its first number.
        factor: A number of the arrays' type.
    """

    def write(code: "_Code", *values: Any) -> None:
        into, into_at, one, one_at, other, other_at, scale = values
        scaled = code.builder.fmul(code.everywhere(scale, LANES), code.load(one, one_at, LANES))
        term = code.load(other, other_at, LANES)
        code.store(code.multiply_add(scaled, term, code.load(into, into_at, LANES)), into, into_at)

    arguments = (out, out_at, x, x_at, y, y_at, factor)
    return _generated(arguments, write)


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
    return _generated(arguments, _write_tile)


def _write_tile(
    code: "_Code",
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
        point = builder.add(at, _INDEX(k))
        low = builder.load(builder.gep(node, [point]))
        start = builder.add(channel, builder.mul(low, builder.mul(channels, _INDEX(2))))
        row = ir.Constant(ir.VectorType(code.number, TILE), None)
        for part in range(4):
            place = builder.add(builder.mul(point, _INDEX(4)), _INDEX(part))
            weight = code.everywhere(builder.load(builder.gep(hermite, [place])), TILE)
            values_at = builder.add(start, builder.mul(channels, _INDEX(part)))
            row = code.multiply_add(weight, code.load(table, values_at, TILE), row)
        rows.append(row)
    for k, row in enumerate(code.transposed(rows)):
        code.store(row, out, builder.add(out_at, builder.mul(n_points, _INDEX(k))))


def _generated(arguments: tuple[Any, ...], write: Any) -> tuple[Any, Any]:
    """Signature and code generator: arrays are handed on as pointers, integers as indices."""
    kinds = [types.intp if isinstance(each, types.Integer) else each for each in arguments]
    number = arguments[0].dtype

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        plain = [
            context.make_array(kind)(context, builder, value).data
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        write(_Code(builder, context.get_data_type(number)), *plain)
        return context.get_dummy_value()

    return types.void(*kinds), generate


def _write_sum(
    code: "_Code",
    d1: int,
    d3: int,
    out: Any,
    out_at: Any,
    blocks: Any,
    blocks_at: Any,
    x: Any,
    x_at: Any,
    n_points: Any,
    source: Any,
    first: Any,
    last: Any,
) -> None:
    """A loop over pairs around the products of one pair."""
    builder = code.builder
    before = builder.block
    test, body, after = (builder.append_basic_block(name) for name in ("test", "body", "after"))
    builder.branch(test)
    builder.position_at_end(test)
    pair = builder.phi(_INDEX)
    sums = [builder.phi(ir.VectorType(code.number, LANES)) for _ in range(d3)]
    builder.cbranch(builder.icmp_signed("<", pair, last), body, after)

    builder.position_at_end(body)
    longer = list(sums)
    matrix = builder.add(blocks_at, builder.mul(pair, _INDEX(d1 * d3)))
    atom = builder.load(builder.gep(source, [pair]))
    row = builder.add(x_at, builder.mul(atom, builder.mul(n_points, _INDEX(d1))))
    for m1 in range(d1):
        sent = code.load(x, builder.add(row, builder.mul(n_points, _INDEX(m1))), LANES)
        for m3 in range(d3):
            place = builder.add(matrix, _INDEX(m1 * d3 + m3))
            factor = code.everywhere(builder.load(builder.gep(blocks, [place])), LANES)
            longer[m3] = code.multiply_add(factor, sent, longer[m3])
    following = builder.add(pair, _INDEX(1))
    builder.branch(test)

    pair.add_incoming(first, before)
    pair.add_incoming(following, body)
    for partial, total in zip(sums, longer, strict=True):
        partial.add_incoming(ir.Constant(partial.type, None), before)
        partial.add_incoming(total, body)
    builder.position_at_end(after)
    for m3, total in enumerate(sums):
        code.store(total, out, builder.add(out_at, builder.mul(n_points, _INDEX(m3))))


class _Code:
    """Vector instructions for numbers of one type."""

    def __init__(self, builder: Any, number: Any) -> None:
        self.builder, self.number = builder, number
        self.is_single = isinstance(number, ir.FloatType)

    def load(self, array: Any, at: Any, lanes: int) -> Any:
        pointer = self.builder.gep(array, [at])
        vector = ir.VectorType(self.number, lanes).as_pointer()
        return self._anywhere(self.builder.load(self.builder.bitcast(pointer, vector)))

    def store(self, vector: Any, array: Any, at: Any) -> None:
        pointer = self.builder.bitcast(self.builder.gep(array, [at]), vector.type.as_pointer())
        self._anywhere(self.builder.store(vector, pointer))

    def _anywhere(self, instruction: Any) -> Any:
        """Vectors start at any number, not at multiples of a register's size."""
        instruction.align = 4 if self.is_single else 8
        return instruction

    def multiply_add(self, x: Any, y: Any, z: Any) -> Any:
        """x·y + z, fused where the processor can."""
        name = f"llvm.fmuladd.v{x.type.count}{'f32' if self.is_single else 'f64'}"
        kind = ir.FunctionType(x.type, [x.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [x, y, z])

    def everywhere(self, number: Any, lanes: int) -> Any:
        """One number in every lane."""
        undefined = ir.Constant(ir.VectorType(self.number, lanes), ir.Undefined)
        single = self.builder.insert_element(undefined, number, ir.IntType(32)(0))
        return self._shuffled(single, undefined, [0] * lanes)

    def transposed(self, rows: list[Any]) -> list[Any]:
        """Transpose a square: swap its off-diagonal quarters, then those of each quarter, …."""
        rows, size = list(rows), len(rows)
        step = size // 2
        while step:
            lanes = range(size)
            upper = [lane if not lane & step else size + lane - step for lane in lanes]
            lower = [lane + step if not lane & step else size + lane for lane in lanes]
            for k in lanes:
                if not k & step:
                    a, b = rows[k], rows[k + step]
                    rows[k] = self._shuffled(a, b, upper)
                    rows[k + step] = self._shuffled(a, b, lower)
            step //= 2
        return rows

    def _shuffled(self, a: Any, b: Any, lanes: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(a, b, mask)
