"""Tables of arrays: each column declared once, with element type, dimensions, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.uint64]


def column(dtype: Any, *shape: str, unit: str, doc: str, fill: Any = 0) -> Any:
    """Declare an array of a table: element type, named dimensions, unit, meaning, first value."""
    meta = {"dtype": np.dtype(dtype), "shape": shape, "unit": unit, "doc": doc, "fill": fill}
    return field(metadata=meta)


@dataclass
class Table:
    """A set of columns over named dimensions."""

    @classmethod
    def allocate(cls, **sizes: int) -> Self:
        """Make all columns, filled with their first values, from the sizes of the dimensions."""
        return cls(
            **{
                f.name: np.full(
                    tuple(sizes[d] for d in f.metadata["shape"]),
                    f.metadata["fill"],
                    f.metadata["dtype"],
                )
                for f in fields(cls)
            }
        )

    def bytes(self) -> int:
        """Return the memory of all columns."""
        return sum(getattr(self, f.name).nbytes for f in fields(self))
