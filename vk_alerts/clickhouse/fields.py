r"""Columns of a frame as fields of ClickHouse's CSV, each value checked against the type that will hold it.

Source: https://clickhouse.com/docs/interfaces/formats/CSV: quotes are doubled, a backslash is a backslash,
``\\N`` without quotes is NULL.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.field_times import dates, moments, precise_moments
from vk_alerts.clickhouse.field_values import (
    INTEGER_BITS,
    booleans,
    decimals,
    floats,
    integers,
    quoted,
    texts,
)
from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.misfit import Misfit, Texts, each, shown
from vk_alerts.clickhouse.types import Type

NULL = "\\N"


def fields(series: "pd.Series[Any]", kind: Type) -> Texts:
    """The column as CSV fields, one per row.

    Args:
        series: (n,) values. Times must be aware; NaN is a value of a Float column and NULL in any nullable
            one.
        kind: the type of the column.

    Raises:
        Misfit: a value does not fit the type, or the type cannot be written.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    missing = _missing(series, kind)
    if missing.any():
        if not kind.is_nullable:
            raise Misfit(int(missing.argmax()), f"missing values do not fit {kind.bare.name}")
        found = np.full(len(series), NULL, dtype=object)
        found[~missing] = _present(series[~missing], kind.bare, np.flatnonzero(~missing))
        return found.tolist()
    return _present(series, kind.bare, np.arange(len(series)))


def _missing(series: "pd.Series[Any]", kind: Type) -> npt.NDArray[np.bool_]:
    try:
        missing: npt.NDArray[np.bool_] = series.isna().to_numpy(dtype=bool, copy=True)
    except ArithmeticError:  # Decimal's: not even a comparison is allowed
        raise Misfit(None, "a signalling NaN is among the values, which no column holds") from None
    if kind.bare.name.startswith("Float") and not kind.is_nullable:
        if series.dtype.kind == "f" and isinstance(series.dtype, np.dtype):
            return np.zeros(len(series), dtype=bool)
        if series.dtype == object:
            missing &= np.array([not isinstance(value, (float, np.floating)) for value in series], dtype=bool)
    return missing


def _present(series: "pd.Series[Any]", kind: Type, rows: npt.NDArray[np.int64]) -> Texts:
    render = _RENDERERS.get(kind.name)
    if render is None:
        raise Misfit(None, f"writing {kind.name} is not supported")
    try:
        return render(series, kind)
    except Misfit as misfit:
        raise Misfit(None if misfit.row is None else int(rows[misfit.row]), str(misfit)) from None


def _arrays(series: "pd.Series[Any]", kind: Type) -> Texts:
    element = kind.inner[0]

    def render(value: object) -> str:
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise Misfit(None, f"{shown(value)} is not a list, which Array needs")
        try:
            # Left to guess, pandas would make floats of integers among None.
            plain = (
                pd.Series(value) if isinstance(value, np.ndarray) else pd.Series(list(value), dtype=object)
            )
            inner = fields(plain, element)
        except Misfit as misfit:
            raise Misfit(None, f"element {misfit.row}: {misfit}") from None
        return quoted(f"[{','.join(_nested(text, element.bare.name) for text in inner)}]")

    return each(series.tolist(), render)


def _nested(text: str, element: str) -> str:
    """A CSV field as an element of an array, which has quotes and escapes of its own."""
    if text == NULL:
        return "NULL"
    if element == "Date":
        return f"'{text}'"
    if not text.startswith('"'):
        return text
    inner = text[1:-1].replace('""', '"')
    return inner if element == "Array" else literal(inner)


_RENDERERS: dict[str, Callable[["pd.Series[Any]", Type], Texts]] = {
    **dict.fromkeys(INTEGER_BITS, integers),
    **dict.fromkeys(("Float32", "Float64"), floats),
    **dict.fromkeys(("String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6"), texts),
    **dict.fromkeys(("Decimal", "Decimal32", "Decimal64", "Decimal128", "Decimal256"), decimals),
    "Bool": booleans,
    "Date": dates,
    "DateTime": moments,
    "DateTime64": precise_moments,
    "Array": _arrays,
}
