"""The fields of an answer in tab separated text, cut apart by pandas' C parser.

Source: https://clickhouse.com/docs/interfaces/formats/TabSeparated (escapes, NULL, nan).
"""

import codecs
import csv
from io import BytesIO
from typing import Any, cast

import numpy as np
import pandas as pd

from vk_alerts.clickhouse.composite import EXACT_FLOATS, NUMPY_TYPES
from vk_alerts.clickhouse.temporal import TIMES, width_of
from vk_alerts.clickhouse.types import Type
from vk_alerts.errors import ClickHouseQueryError, ClickHouseUnavailable

NULL = "\\N"


def raw_columns(stream: BytesIO, body: bytes, kinds: list[Type]) -> pd.DataFrame:
    """One column per column of the answer, numbered from 0, parsed as far as is cheap.

    Args:
        stream: stands where the rows begin.
        body: the bytes the stream reads.
        kinds: the columns' types.

    Returns:
        Integers and floats in their own dtype, dates and times as bytes of fixed width, all else as it was
        written.

    Raises:
        ClickHouseUnavailable: the rows are not what the types promise.
        ClickHouseQueryError: a text is not UTF-8.
    """
    # Line ends and tabs inside of values are escaped, so that counting tells whether something is missing.
    start = stream.tell()
    expected = _count(body, b"\n", start)
    if _count(body, b"\t", start) != expected * (len(kinds) - 1):
        raise ClickHouseUnavailable(
            "the answer of ClickHouse is not a table: rows differ in length; run it again"
        )
    has_nulls = any(kind.is_nullable for kind in kinds) and body.find(b"\\N", start) >= 0
    dtypes = {i: _raw_dtype(kind, has_nulls=has_nulls) for i, kind in enumerate(kinds)}
    if not expected:
        return pd.DataFrame({i: np.empty(0, dtype) for i, dtype in dtypes.items()})
    if body.startswith(codecs.BOM_UTF8, start):
        stream = BytesIO(codecs.BOM_UTF8 + body[start:])  # pandas drops one, which here belongs to a text
    floats = [i for i, dtype in dtypes.items() if dtype.startswith("float")]
    try:
        # low_memory parses in pieces that fit the processor's cache: twice as fast.
        raw: pd.DataFrame = pd.read_csv(
            stream,
            sep="\t",
            lineterminator="\n",
            header=None,
            names=range(len(kinds)),
            index_col=False,
            dtype=cast("Any", dtypes),
            quoting=csv.QUOTE_NONE,
            keep_default_na=False,
            na_values=cast("Any", {i: ["nan", NULL, "-nan"] for i in floats}),
            na_filter=bool(floats),
            skip_blank_lines=False,
            low_memory=True,
            **EXACT_FLOATS,
        )
    except UnicodeDecodeError as error:
        raise ClickHouseQueryError(
            "the answer holds bytes that are not UTF-8; select hex(column) instead"
        ) from error
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        raise ClickHouseUnavailable(
            f"the answer of ClickHouse is not what its header promises: {str(error).strip()}"
        ) from error
    if len(raw) != expected:
        raise ClickHouseUnavailable("the answer of ClickHouse lost rows on its way; run it again")
    return raw


def _raw_dtype(kind: Type, *, has_nulls: bool) -> str:
    bare = kind.bare
    if bare.name in {"Float32", "Float64"}:
        return NUMPY_TYPES[bare.name]
    if bare.name in TIMES:
        return f"S{width_of(bare)}"  # bytes of fixed width, which numpy takes for times at once
    if kind.is_nullable and has_nulls:
        return "object"
    return NUMPY_TYPES.get(bare.name, "object")


def _count(body: bytes, byte: bytes, start: int) -> int:
    codes = np.frombuffer(body, dtype=np.uint8)[start:]
    step = 1 << 18  # a piece fits the processor's cache
    return sum(
        int(np.count_nonzero(codes[start : start + step] == ord(byte)))
        for start in range(0, len(codes), step)
    )
