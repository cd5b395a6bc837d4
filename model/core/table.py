"""Tables of arrays: each column declared once, with element type, dimensions, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.core.kernels import face_class

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.uint64]


def column(dtype: Any, *shape: str, unit: str, doc: str, fill: Any = 0) -> Any:
    """Declare an array of a table: element type, named dimensions, unit, meaning, first value."""
    meta = {"dtype": np.dtype(dtype), "shape": shape, "unit": unit, "doc": doc, "fill": fill}
    return field(metadata=meta)


@dataclass
class Table:
    """A set of columns over named dimensions; the base of all tables.

    Kernels take a table by its ``face``: a named tuple of the same columns, so that a rule reads
    ``firms.bloc[i]`` in compiled code too. Writing into a column of the face writes into the table.
    """

    Face: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        names = [name for name in cls.__annotations__ if name != "Face"]
        cls.Face = face_class(cls.__name__, names, cls.__qualname__, cls.__module__)

    @property
    def face(self) -> Any:
        """All columns as a named tuple, for kernels; raises ``TypeError`` where one is not so."""
        face = self.__dict__.get("_face")
        if face is None:
            for column in fields(self):
                array, declared = getattr(self, column.name), column.metadata
                shape = len(declared["shape"])
                plain = array.flags.c_contiguous and array.flags.writeable
                if array.dtype != declared["dtype"] or array.ndim != shape or not plain:
                    raise TypeError(
                        f"{type(self).__name__}.{column.name}: kernels take a contiguous, writable "
                        f"{declared['dtype']} array of {shape} dimensions, got {array.dtype}, "
                        f"{array.ndim}"
                    )
            face = self.Face(*(getattr(self, name) for name in self.Face._fields))
            self.__dict__["_face"] = face
        return face

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__.pop("_face", None)  # the column is another array now
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_face"}

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
