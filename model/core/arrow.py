"""Arrow tables whose columns carry unit and description, and their files.

Arrow reads a path as an address: a colon makes a scheme of it, ``%`` an escape, ``name=value`` in a
folder's name a column. So files are opened here, and Arrow is handed what is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
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


def read_table(path: Path, columns: Sequence[str] | None = None, filters: Any = None) -> pa.Table:
    """Read a Parquet file, or columns or rows of it. Raises ``OSError``, ``pa.ArrowException``."""
    wanted = None if columns is None else list(columns)
    try:
        with path.open("rb") as file:
            return pq.read_table(file, columns=wanted, filters=filters)
    except pa.ArrowException as error:
        raise pa.ArrowInvalid(f"{path.name}: {error}") from None


def write_table(content: pa.Table, path: Path) -> None:
    """Write a table as a Parquet file. Raises ``OSError``."""
    with path.open("wb") as file:
        pq.write_table(content, file, compression="zstd")
