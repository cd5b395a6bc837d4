"""Arrow tables whose columns carry unit and description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Columns = Mapping[str, tuple[Any, str, str]]  # name -> (values, unit, description)


def table(columns: Columns) -> pa.Table:
    """Return an Arrow table whose columns carry unit and description; ``nan`` becomes null."""
    arrays, fields = [], []
    for name, (values, unit, description) in columns.items():
        array = pa.array(values, from_pandas=True)
        arrays.append(array)
        fields.append(
            pa.field(name, array.type, metadata={"unit": unit, "description": description})
        )
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def words(words: Sequence[str], numbers: NDArray[np.integer[Any]]) -> pa.Array:
    """Return a column of words by their numbers, without a copy for every row; -1 is null."""
    rows = pa.array(numbers.astype(np.int32), mask=numbers < 0)
    return pa.DictionaryArray.from_arrays(rows, pa.array(words, pa.string())).cast(pa.string())
