"""How the arrays of the compiled engine lie in memory: the same for every scenario."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field

CACHE_LINE = 64  # bytes

Ints = NDArray[np.int64]
Records = NDArray[Any]


def blank(shape: Any, kind: np.dtype) -> Records:
    """Records of nothing but zeros; those of a cache line each lie in one."""
    size = int(np.prod(shape)) * kind.itemsize
    room = np.zeros(size + CACHE_LINE, np.uint8)
    begin = -room.ctypes.data % CACHE_LINE
    return by_field(room[begin : begin + size].view(kind).reshape(shape))  # type: ignore[no-any-return]


def records(**columns: Any) -> Records:
    """Columns of one shape as an array of records, whole numbers all."""
    return _records(np.int64, columns)


def small_records(**columns: Any) -> Records:
    """The same for numbers that fit in 32 bits: a table half as large stays nearer the processor."""
    return _records(np.int32, columns)


def _records(kind: type[np.signedinteger], columns: dict[str, Any]) -> Records:
    arrays = {name: np.asarray(column, kind) for name, column in columns.items()}
    shape = next(iter(arrays.values())).shape
    table = blank(shape, np.dtype([(name, kind) for name in arrays]))
    for name, column in arrays.items():
        table[name] = column
    return table


def whole(array: Any) -> Ints:
    """One memory layout for every scenario: otherwise the kernels would be compiled anew."""
    return np.array(array, np.int64, order="C")
