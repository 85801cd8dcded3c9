"""An answer in ClickHouse's Native format, as arrays: what numbers by the million are read in.

Text costs a parser's time for every number; here they arrive as they lie in memory. Only the types that wide
answers of numbers are made of are known; all others are read as text.

Source: https://clickhouse.com/docs/interfaces/formats/Native and the layout of columns that servers send to
clients of revision 0, as all do over HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vk_alerts.clickhouse.composite import NUMPY_TYPES
from vk_alerts.errors import ClickHouseQueryError, ClickHouseUnavailable

_CUT = "the answer of ClickHouse ends in the middle of a block; run it again"


@dataclass(frozen=True, slots=True)
class Arrays:
    """A column of arrays, one after the other.

    Attributes:
        lengths: int64 (n_rows,).
        flat: all their elements, (sum of lengths,).
    """

    lengths: npt.NDArray[np.int64]
    flat: npt.NDArray[np.generic]

    @classmethod
    def joined(cls, parts: "list[Arrays]") -> "Arrays":
        """The rows of several columns."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.lengths for part in parts]), np.concatenate([part.flat for part in parts])
        )


Column = list[str] | npt.NDArray[np.generic] | Arrays


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an answer by name: strings as a list, numbers as an array of their own type.

    An answer without rows names no columns: each is then empty.
    """

    by_name: Mapping[str, Column]

    def texts(self, name: str) -> list[str]:
        """A column of strings."""
        found = self.by_name.get(name, [])
        if not isinstance(found, list):
            raise ClickHouseQueryError(f"column {name}: not a column of strings")
        return found

    def arrays(self, name: str) -> Arrays:
        """A column of arrays."""
        found = self.by_name.get(name, Arrays(np.zeros(0, np.int64), np.zeros(0)))
        if not isinstance(found, Arrays):
            raise ClickHouseQueryError(f"column {name}: not a column of arrays")
        return found


def parse_native(body: bytes) -> Columns:
    """The columns of an answer.

    Raises:
        ClickHouseUnavailable: the answer is not whole.
        ClickHouseQueryError: a column has another type.
    """
    reader = _Reader(memoryview(body))
    blocks: list[dict[str, Column]] = []
    while reader.left:
        width, rows = reader.number(), reader.number()
        blocks.append({reader.text(): reader.column(reader.text(), rows) for _ in range(width)})
    filled = [block for block in blocks if block]
    if not filled:
        return Columns({})
    return Columns({name: _joined([block[name] for block in filled]) for name in filled[0]})


def _joined(parts: list[Column]) -> Column:
    first = parts[0]
    if isinstance(first, Arrays):
        return Arrays.joined([part for part in parts if isinstance(part, Arrays)])
    if isinstance(first, list):
        return [text for part in parts for text in part]  # type: ignore[union-attr]
    return first if len(parts) == 1 else np.concatenate(parts)  # type: ignore[arg-type]


class _Reader:
    """A place in the bytes of an answer."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def number(self) -> int:
        """A variable-length number, seven bits a byte."""
        value = shift = 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # the eighth bit says that more follows
                return value
            shift += 7

    def text(self) -> str:
        return bytes(self._take(self.number())).decode(errors="replace")

    def column(self, kind: str, rows: int) -> Column:
        if kind == "String":
            return [self.text() for _ in range(rows)]
        if kind.startswith("Array(") and kind[6:-1] in NUMPY_TYPES:
            ends = self._numbers("UInt64", rows).astype(np.int64)
            total = int(ends[-1]) if rows else 0
            return Arrays(np.diff(ends, prepend=0), self._numbers(kind[6:-1], total))
        if kind in NUMPY_TYPES:
            return self._numbers(kind, rows)
        raise ClickHouseQueryError(f"type {kind}: not read as arrays; read it as rows")

    def _numbers(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        dtype = np.dtype(NUMPY_TYPES[kind]).newbyteorder("<")
        return np.frombuffer(self._take(count * dtype.itemsize), dtype=dtype)

    def _take(self, size: int) -> memoryview:
        if size > self.left:
            raise ClickHouseUnavailable(_CUT)
        self._at += size
        return self._body[self._at - size : self._at]
