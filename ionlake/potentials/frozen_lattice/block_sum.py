"""The innermost sum over fixed pairs, written for the processor's vector registers.

For one channel and one atom that receives, the messages of degree l3 at 32 points are

    out[m3, point] = Σ_pairs Σ_m1 block[pair, m1, m3] · x[source, m1, point] .

The 2·l3+1 rows of 32 points stay in registers while the sum runs, so that every number read from
memory is used several times. Loops that a compiler vectorises by itself keep the rows in memory
and reach a tenth of this speed.
"""

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES: Final = 32
"""Points that are summed at once."""

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
    """Overwrite the rows of `LANES` points of one atom and channel; called from compiled code.

    Args:
        out: Messages, any contiguous array.
        out_at: Index of the first number to write; the rows are ``n_points`` apart.
        blocks: Matrices of all pairs, any contiguous array.
        blocks_at: Index of the first pair's matrix, (2·l1+1, 2·l3+1); the others follow.
        x: What atoms send, any contiguous array.
        x_at: Index of the first number of the first atom; an atom has 2·l1+1 rows.
        n_points: Numbers in a row.
        source: Atom that sends, for every pair.
        first: First pair.
        last: Pair after the last.
        inputs: A tuple of 2·l1+1 numbers; only its length counts, which the compiler knows.
        outputs: The same of 2·l3+1 numbers.
    """
    integers = (types.intp,) * 2
    signature = types.void(
        out,
        types.intp,
        blocks,
        types.intp,
        x,
        *integers,
        source,
        *integers,
        inputs,
        outputs,
    )
    arrays = {0: out, 2: blocks, 4: x, 7: source}

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        values = list(arguments)
        for place, kind in arrays.items():
            values[place] = context.make_array(kind)(context, builder, values[place]).data
        number = context.get_data_type(out.dtype)
        _Sum(builder, number, inputs.count, outputs.count).write(*values[:10])
        return context.get_dummy_value()

    return signature, generate


class _Sum:
    """Writes the instructions of `sum_blocks`."""

    def __init__(self, builder: Any, number: Any, d1: int, d3: int) -> None:
        self.builder, self.d1, self.d3 = builder, d1, d3
        self.row = ir.VectorType(number, LANES)
        name = "f32" if isinstance(number, ir.FloatType) else "f64"
        self.multiply_add = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self.row, [self.row] * 3),
            f"llvm.fmuladd.v{LANES}{name}",
        )

    def write(
        self,
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
        builder = self.builder
        before = builder.block
        test, body, after = (builder.append_basic_block(name) for name in ("test", "body", "after"))
        builder.branch(test)
        builder.position_at_end(test)
        pair = builder.phi(_INDEX)
        sums = [builder.phi(self.row) for _ in range(self.d3)]
        builder.cbranch(builder.icmp_signed("<", pair, last), body, after)

        builder.position_at_end(body)
        matrix = builder.mul(pair, _INDEX(self.d1 * self.d3))
        matrix = builder.gep(blocks, [builder.add(blocks_at, matrix)])
        atom = builder.load(builder.gep(source, [pair]))
        rows = builder.mul(atom, builder.mul(n_points, _INDEX(self.d1)))
        rows = builder.gep(x, [builder.add(x_at, rows)])
        longer = self._with_pair(sums, matrix, rows, n_points)
        following = builder.add(pair, _INDEX(1))
        builder.branch(test)

        pair.add_incoming(first, before)
        pair.add_incoming(following, body)
        for partial, product in zip(sums, longer, strict=True):
            partial.add_incoming(ir.Constant(self.row, None), before)
            partial.add_incoming(product, body)
        builder.position_at_end(after)
        for m3, total in enumerate(sums):
            at = builder.add(out_at, builder.mul(n_points, _INDEX(m3)))
            self._as_row(builder.store(total, self._row_at(builder.gep(out, [at]))))

    def _with_pair(self, sums: list[Any], matrix: Any, rows: Any, n_points: Any) -> list[Any]:
        """The sums with the products of one pair added."""
        builder = self.builder
        for m1 in range(self.d1):
            start = builder.gep(rows, [builder.mul(n_points, _INDEX(m1))])
            x = self._as_row(builder.load(self._row_at(start)))
            factors = [
                self._everywhere(builder.load(builder.gep(matrix, [_INDEX(m1 * self.d3 + m3)])))
                for m3 in range(self.d3)
            ]
            sums = [
                builder.call(self.multiply_add, [factor, x, partial])
                for factor, partial in zip(factors, sums, strict=True)
            ]
        return sums

    def _row_at(self, pointer: Any) -> Any:
        return self.builder.bitcast(pointer, self.row.as_pointer())

    def _as_row(self, instruction: Any) -> Any:
        """Rows start at any number, not at multiples of the register's size."""
        instruction.align = 4 if isinstance(self.row.element, ir.FloatType) else 8
        return instruction

    def _everywhere(self, number: Any) -> Any:
        """One number in every lane."""
        undefined = ir.Constant(self.row, ir.Undefined)
        single = self.builder.insert_element(undefined, number, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
        return self.builder.shuffle_vector(single, undefined, lanes)
