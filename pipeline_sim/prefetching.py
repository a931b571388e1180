"""Asking the processor for a record before it is needed.

Compiled loops over lists of people touch records far apart, and waiting for memory shows in a run. The
hint changes no result, and with compilation off it does nothing.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

AHEAD = 24  # entries of a list between asking for a record and using it

_READ, _KEEP, _DATA = 0, 3, 1  # arguments of LLVM's prefetch: for reading, into all caches, not code


def _hint(typing_context: Any, array: Any, index: Any) -> Any:
    """``prefetch(array, index)``: a record of a one-dimensional array will soon be read."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, flag(_READ), flag(_KEEP), flag(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


def _nothing(array: Any, index: Any) -> None:
    """With compilation off."""


prefetch: Any = _nothing if numba.config.DISABLE_JIT else intrinsic(_hint)  # type: ignore[attr-defined]
