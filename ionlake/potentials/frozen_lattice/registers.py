"""Code for vector registers, written with LLVM's own builder and called from compiled functions."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils

INDEX: Final = ir.IntType(64)


def generated(arguments: tuple[Any, ...], write: Any) -> tuple[Any, Any]:
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
        write(Code(builder, context.get_data_type(number)), *plain)
        return context.get_dummy_value()

    return types.void(*kinds), generate


class Code:
    """Vector instructions for numbers of one type."""

    def __init__(self, builder: Any, number: Any) -> None:
        self.builder, self.number = builder, number
        self.is_single = isinstance(number, ir.FloatType)

    def loop(self, first: Any, last: Any, lanes: list[int], step: Any) -> list[Any]:
        """Sums that start at zero; ``step`` takes an index and the sums, and gives the next ones.

        They stay in registers for as long as the loop runs.
        """
        builder = self.builder
        before = builder.block
        test, body, after = (builder.append_basic_block(name) for name in ("test", "body", "after"))
        builder.branch(test)
        builder.position_at_end(test)
        index = builder.phi(INDEX)
        sums = [builder.phi(ir.VectorType(self.number, each)) for each in lanes]
        builder.cbranch(builder.icmp_signed("<", index, last), body, after)
        builder.position_at_end(body)
        longer = step(index, sums)
        following = builder.add(index, INDEX(1))
        builder.branch(test)
        index.add_incoming(first, before)
        index.add_incoming(following, body)
        for partial, total in zip(sums, longer, strict=True):
            partial.add_incoming(ir.Constant(partial.type, None), before)
            partial.add_incoming(total, body)
        builder.position_at_end(after)
        return sums

    @contextmanager
    def choice(self, chosen: Any, n: int) -> Iterator[list[AbstractContextManager[None]]]:
        """Code of which one of ``n`` alternatives runs."""
        builder = self.builder
        after = builder.append_basic_block("after")
        switch = builder.switch(chosen, after)

        @contextmanager
        def alternative(number: int) -> Iterator[None]:
            block = builder.append_basic_block("alternative")
            switch.add_case(INDEX(number), block)
            builder.position_at_end(block)
            yield
            builder.branch(after)

        yield [alternative(number) for number in range(n)]
        builder.position_at_end(after)

    def load(self, array: Any, at: Any, lanes: int) -> Any:
        """Numbers that follow each other in an array, from a place on."""
        pointer = self.builder.gep(array, [at])
        vector = ir.VectorType(self.number, lanes).as_pointer()
        return self._anywhere(self.builder.load(self.builder.bitcast(pointer, vector)))

    def store(self, vector: Any, array: Any, at: Any) -> None:
        """Write them to an array, from a place on."""
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
