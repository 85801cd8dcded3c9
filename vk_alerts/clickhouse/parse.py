"""An answer in TSVWithNamesAndTypes as a DataFrame.

Source: https://clickhouse.com/docs/interfaces/formats/TabSeparated (what is escaped, how NULL and nan are
written).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.composite import BIG_INTEGERS, NUMPY_TYPES, parse_arrays, parse_value
from vk_alerts.clickhouse.escapes import unescape
from vk_alerts.clickhouse.temporal import TIMES, parse_dates, parse_moments, unit_of, width_of, zone_of
from vk_alerts.clickhouse.tsv import NULL, raw_columns
from vk_alerts.clickhouse.types import Type, parse_type
from vk_alerts.errors import ClickHouseQueryError, ClickHouseUnavailable

_TEXTS = {"String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent for a query, whole.

    Attributes:
        body: bytes in TSVWithNamesAndTypes.
        server_zone: tells the zone in which the server writes a DateTime that names none; asked only when
            needed.
    """

    body: bytes
    server_zone: Callable[[], str]


def parse_answer(answer: Answer) -> pd.DataFrame:
    """The rows of an answer.

    Returns:
        One column per column of the query, dtypes by ClickHouse type: integers and floats their own width;
        Bool bool; Nullable integers and Bool pandas' ``Int64`` and its like; Nullable floats NaN; DateTime
        aware UTC ``datetime64[us]``; Date naive ``datetime64[s]``; Decimal and 128 bits and more object;
        Array as `parse_arrays` says; Tuple and Map object; everything textual ``str``, NULL as NaN.

    Raises:
        ClickHouseUnavailable: the answer is not whole.
        ClickHouseQueryError: a column has a type that has no counterpart here.
    """
    stream = BytesIO(answer.body)  # shares the bytes, which may be many
    names_line, types_line = stream.readline(), stream.readline()
    if not answer.body:
        raise ClickHouseQueryError(
            "the statement has been carried out and returned no table; read() is for SELECT and its like"
        )
    if not types_line or not answer.body.endswith(b"\n"):
        raise ClickHouseUnavailable("the answer of ClickHouse ends in the middle of a line; run it again")
    names = [unescape(name) for name in names_line.decode(errors="replace").rstrip("\n").split("\t")]
    types = [unescape(kind) for kind in types_line.decode(errors="replace").rstrip("\n").split("\t")]
    if len(names) != len(types):
        raise ClickHouseUnavailable(
            "the answer of ClickHouse is not a table; does the URL name its HTTP port?"
        )
    kinds = [_known(name, kind) for name, kind in zip(names, types, strict=True)]
    raw = raw_columns(stream, answer.body, kinds)
    columns = {
        i: _column(names[i], kind, raw[i], answer.server_zone if _needs_zone(kind) else _no_zone)
        for i, kind in enumerate(kinds)
    }
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index(names)
    return frame


def _no_zone() -> str:
    return "UTC"


def _known(name: str, text: str) -> Type:
    try:
        kind = parse_type(text)
    except ValueError as error:
        raise ClickHouseUnavailable(
            "the answer of ClickHouse is not a table; does the URL name its HTTP port?"
        ) from error
    if not _is_known(kind):
        raise ClickHouseQueryError(
            f"column {name!r}: type {text[:80]} cannot be read; "
            f"convert it in the query, such as toString({name})"
        )
    return Type("Int64") if kind.name.startswith("Interval") else kind


def _is_known(kind: Type) -> bool:
    bare = kind.bare
    if bare.name in {"Array", "Tuple", "Map"}:
        return all(_is_known(inner) for inner in bare.inner)
    scalars = _TEXTS | set(NUMPY_TYPES) | BIG_INTEGERS | {"Bool", "Date", "DateTime", "DateTime64", "Nothing"}
    return bare.name in scalars or bare.name.startswith(("Decimal", "Interval"))


def _needs_zone(kind: Type) -> bool:
    if kind.name in {"DateTime", "DateTime64"}:
        return not zone_of(kind)
    return any(_needs_zone(inner) for inner in kind.inner)


def _column(name: str, kind: Type, raw: "pd.Series[Any]", zone: Callable[[], str]) -> object:
    """The values of one column in their final dtype."""
    values = raw.to_numpy()
    try:
        if kind.bare.name in TIMES:
            # Before pandas 3 a frame held bytes as objects.
            return _times(kind, values.astype(f"S{width_of(kind.bare)}", copy=False), zone)
        if kind.is_nullable:
            return _nullable(kind.bare, values, zone)
        return _filled(kind.bare, values, zone)
    except (ValueError, KeyError, ArithmeticError, Warning) as error:
        raise ClickHouseUnavailable(
            f"column {name!r}: the answer of ClickHouse is not what its header promises: {str(error).strip()}"
        ) from error


def _filled(kind: Type, values: npt.NDArray[np.generic], zone: Callable[[], str]) -> object:
    if values.dtype != object:
        return values
    texts: npt.NDArray[np.object_] = values.astype(object, copy=False)
    if kind.name in _TEXTS:
        return pd.Series([unescape(text) for text in texts] if _escaped(texts) else texts, dtype="str")
    if kind.name == "Array":
        return parse_arrays(texts, kind.inner[0], zone())
    if kind.name == "Bool":
        return np.array([{"true": True, "false": False}[text] for text in texts], dtype=bool)
    return _python_values(kind, texts, zone)


def _nullable(kind: Type, values: npt.NDArray[np.generic], zone: Callable[[], str]) -> object:
    if kind.name in {"Float32", "Float64"}:
        return values
    missing = (values == NULL) if values.dtype == object else np.zeros(len(values), dtype=bool)
    if kind.name in NUMPY_TYPES:
        if values.dtype == object:
            values = np.array(["0" if m else v for v, m in zip(values, missing, strict=True)], dtype=object)
        return pd.arrays.IntegerArray(values.astype(NUMPY_TYPES[kind.name]), missing)
    present = values[~missing]
    if kind.name == "Bool":
        flags = np.zeros(len(values), dtype=bool)
        flags[~missing] = _filled(kind, present, zone)
        return pd.arrays.BooleanArray(flags, missing)
    found = np.full(len(values), None, dtype=object)
    found[~missing] = (
        [unescape(str(text)) for text in present]
        if kind.name in _TEXTS
        else _python_values(kind, present, zone)
    )
    return pd.Series(found, dtype="str" if kind.name in _TEXTS else object)


def _times(kind: Type, texts: npt.NDArray[np.bytes_], zone: Callable[[], str]) -> object:
    missing = texts == NULL.encode()
    present = texts[~missing]
    is_date = kind.bare.name == "Date"
    moments = np.full(
        len(texts), np.datetime64("NaT"), dtype=f"datetime64[{'s' if is_date else unit_of(kind.bare)}]"
    )
    moments[~missing] = parse_dates(present) if is_date else parse_moments(present, kind.bare, zone())
    return moments if is_date else pd.DatetimeIndex(moments).tz_localize("UTC")


def _escaped(texts: npt.NDArray[np.object_]) -> bool:
    return any("\\" in text for text in texts)


def _python_values(
    kind: Type, texts: npt.NDArray[np.generic], zone: Callable[[], str]
) -> npt.NDArray[np.object_]:
    values = np.empty(len(texts), dtype=object)
    for i, text in enumerate(texts):
        if kind.name.startswith("Decimal"):
            values[i] = Decimal(str(text))
        elif kind.name in BIG_INTEGERS:
            values[i] = int(str(text))
        elif kind.name in {"Tuple", "Map"}:
            values[i] = parse_value(str(text), kind, zone())
        elif kind.name != "Nothing":
            raise ValueError(f"unexpected type {kind.name}")
    return values
