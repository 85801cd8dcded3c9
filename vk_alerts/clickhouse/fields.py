r"""Columns of a frame as fields of ClickHouse's CSV, each value checked against the type that will hold it.

Source: https://clickhouse.com/docs/interfaces/formats/CSV: quotes are doubled, a backslash is a backslash, ``\\N``
without quotes is NULL.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.temporal import unit_of
from vk_alerts.clickhouse.types import Type

Texts = list[str]
NULL = "\\N"
_INTEGER_BITS = {f"{sign}Int{bits}": bits for sign in ("", "U") for bits in (8, 16, 32, 64)}
_EXACT_FLOAT = 2**53
# A DateTime of fewer than ten digits may be taken for a year.
_MOMENT_DIGITS = 10
_DATETIME_SECONDS = 2**32
_DATE_DAYS = 2**16


class Misfit(ValueError):  # noqa: N818 - becomes ClickHouseWriteRefused, with the column's name
    """A value that its column cannot hold.

    Attributes:
        row: its position, from 0; None when it is about the column.
    """

    def __init__(self, row: int | None, why: str) -> None:
        super().__init__(why)
        self.row = row


def fields(series: "pd.Series[Any]", kind: Type) -> Texts:
    """The column as CSV fields, one per row.

    Args:
        series: (n,) values. Times must be aware; NaN is a value of a Float column and NULL in any nullable one.
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
        texts = np.full(len(series), NULL, dtype=object)
        texts[~missing] = _present(series[~missing], kind.bare, np.flatnonzero(~missing))
        return texts.tolist()
    return _present(series, kind.bare, np.arange(len(series)))


def _missing(series: "pd.Series[Any]", kind: Type) -> npt.NDArray[np.bool_]:
    missing: npt.NDArray[np.bool_] = series.isna().to_numpy(dtype=bool, copy=True)
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


def _integers(series: "pd.Series[Any]", kind: Type) -> Texts:
    bits = _INTEGER_BITS[kind.name]
    low, high = (0, 2**bits - 1) if kind.name.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    values = _whole(series, kind)
    outside = (
        [i for i, value in enumerate(values) if not low <= value <= high]
        if values and (min(values) < low or max(values) > high)
        else []
    )
    if outside:
        raise Misfit(outside[0], f"{values[outside[0]]} does not fit {kind.name}")
    return [str(value) for value in values]


def _whole(series: "pd.Series[Any]", kind: Type) -> list[int]:
    if series.dtype.kind in "iub":
        return [int(value) for value in series.tolist()]
    result: list[int] = []
    for i, value in enumerate(series.tolist()):
        whole = isinstance(value, (int, np.integer, np.bool_)) or (
            isinstance(value, (float, np.floating))
            and float(value).is_integer()
            and abs(value) <= _EXACT_FLOAT
        )
        if not whole:
            raise Misfit(i, f"{_shown(value)} is not a whole number, which {kind.name} needs")
        result.append(int(value))
    return result


def _floats(series: "pd.Series[Any]", kind: Type) -> Texts:
    if series.dtype.kind not in "iufb":
        for i, value in enumerate(series.tolist()):
            if not isinstance(value, (int, float, np.integer, np.floating, Decimal)):
                raise Misfit(i, f"{_shown(value)} is not a number, which {kind.name} needs")
    values = series.to_numpy(dtype="float64")
    if kind.name == "Float32":
        with np.errstate(over="ignore"):
            narrow = values.astype("float32").astype("float64")
        overflow = np.isinf(narrow) & ~np.isinf(values)
        if overflow.any():
            raise Misfit(int(overflow.argmax()), f"{values[overflow.argmax()]!r} does not fit Float32")
        values = narrow
    return [repr(value) for value in values.tolist()]


def _texts(series: "pd.Series[Any]", kind: Type) -> Texts:
    check = _text_check(kind)

    def render(value: object) -> str:
        if not isinstance(value, str):
            raise Misfit(None, f"{_shown(value)} is not text, which {kind.name} needs")
        why_not = check(value)
        if why_not:
            raise Misfit(None, f"{_shown(value)} {why_not}")
        return quoted(value)

    return _by_distinct_value(series, render)


def quoted(text: str) -> str:
    """The text as a quoted CSV field."""
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def _text_check(kind: Type) -> Callable[[str], str]:
    def is_unicode(value: str) -> str:
        return (
            ""
            if value.isascii() or value.encode(errors="ignore").decode() == value
            else "is not valid Unicode"
        )

    def is_short(value: str) -> str:
        return is_unicode(value) or ("" if len(value.encode()) <= int(kind.arguments[0]) else "is too long")

    def is_named(value: str) -> str:
        return "" if value in kind.arguments else f"is none of {', '.join(kind.arguments)}"

    return {"FixedString": is_short, "Enum8": is_named, "Enum16": is_named}.get(kind.name, is_unicode)


def _by_distinct_value(series: "pd.Series[Any]", render: Callable[[object], str]) -> Texts:
    """Render each distinct value once when values repeat, which the texts of events and series do."""
    sample = series.iloc[:1000].tolist()
    if (
        not all(isinstance(value, (str, pd.Timestamp)) for value in sample)
        or len(set(sample)) > len(sample) // 2
    ):
        return _each(series.tolist(), render)
    codes, uniques = pd.factorize(series)
    try:
        rendered = np.array([render(value) for value in uniques], dtype=object)
    except Misfit:
        return _each(series.tolist(), render)  # finds the row
    return rendered[codes].tolist()  # type: ignore[no-any-return]


def _each(values: list[object], render: Callable[[object], str]) -> Texts:
    result: Texts = []
    for i, value in enumerate(values):
        try:
            result.append(render(value))
        except Misfit as misfit:
            raise Misfit(i, str(misfit)) from None
    return result


def _aware(series: "pd.Series[Any]", kind: Type, unit: str) -> npt.NDArray[np.int64]:
    """Whole units since the epoch, rounded down."""
    if series.dtype == object:
        for i, value in enumerate(series):
            if not isinstance(value, datetime) or value.tzinfo is None:
                raise Misfit(i, f"{_shown(value)} is not an aware time, which {kind.name} needs")
        series = pd.to_datetime(series, utc=True)
    if not isinstance(series.dtype, pd.DatetimeTZDtype):
        raise Misfit(
            None, f"{series.dtype} is not aware time, which {kind.name} needs; use .dt.tz_localize('UTC')"
        )
    moments = series.dt.tz_convert(UTC).dt.tz_localize(None).to_numpy()
    return np.asarray(moments.astype(f"datetime64[{unit}]").astype("int64"))


def _moments(series: "pd.Series[Any]", kind: Type) -> Texts:
    seconds = _aware(series, kind, "s")
    outside = (seconds < 0) | (seconds >= _DATETIME_SECONDS)
    if outside.any():
        row = int(outside.argmax())
        raise Misfit(row, f"{_shown(series.iloc[row])} is not between 1970 and 2106, as DateTime needs")
    # Seconds since the epoch mean the same whatever the zone of the server and the column.
    return [str(value).zfill(_MOMENT_DIGITS) for value in seconds.tolist()]


def _precise_moments(series: "pd.Series[Any]", kind: Type) -> Texts:
    unit, digits = unit_of(kind), int(kind.arguments[0])
    per_second = {"us": 10**6, "ns": 10**9}[unit]
    ticks = _aware(series, kind, unit)
    if (ticks < 0).any():
        row = int((ticks < 0).argmax())
        raise Misfit(row, f"{_shown(series.iloc[row])} is before 1970")
    width = len(str(per_second)) - 1
    result = []
    for tick in ticks.tolist():
        seconds, fraction = divmod(tick, per_second)
        result.append(
            f"{seconds:0{_MOMENT_DIGITS}d}.{fraction:0{width}d}"[: _MOMENT_DIGITS + 1 + digits].rstrip(".")
        )
    return result


def _dates(series: "pd.Series[Any]", _: Type) -> Texts:
    if series.dtype == object:
        for i, value in enumerate(series):
            if not isinstance(value, date) or (
                isinstance(value, datetime) and (value.tzinfo or value.time() != datetime.min.time())
            ):
                raise Misfit(i, f"{_shown(value)} is not a date")
        values = np.array(series.tolist(), dtype="datetime64[us]")
    elif series.dtype.kind == "M" and isinstance(series.dtype, np.dtype):
        values = series.to_numpy()
    else:
        raise Misfit(None, f"{series.dtype} is not a date (aware times have one per zone; take .dt.date)")
    days = values.astype("datetime64[D]")
    wrong = (days != values) | (days.astype("int64") < 0) | (days.astype("int64") >= _DATE_DAYS)
    if wrong.any():
        row = int(wrong.argmax())
        raise Misfit(row, f"{_shown(series.iloc[row])} is not a date between 1970-01-01 and 2149-06-06")
    return days.astype(str).tolist()  # type: ignore[no-any-return]


def _booleans(series: "pd.Series[Any]", kind: Type) -> Texts:
    for i, value in enumerate(series.tolist()):
        if value not in (0, 1):
            raise Misfit(i, f"{_shown(value)} is neither true nor false, which {kind.name} needs")
    return ["true" if value else "false" for value in series.tolist()]


def _decimals(series: "pd.Series[Any]", kind: Type) -> Texts:
    scale = int(kind.arguments[-1])

    def render(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, (Decimal, int, np.integer)):
            raise Misfit(None, f"{_shown(value)} is not a Decimal, which {kind.name} needs")
        number = Decimal(int(value)) if not isinstance(value, Decimal) else value
        if not number.is_finite() or number != round(number, scale):
            raise Misfit(None, f"{_shown(value)} has more than {scale} decimals")
        digits = len(f"{abs(number):f}".partition(".")[0].lstrip("0"))
        if kind.name == "Decimal" and digits > int(kind.arguments[0]) - scale:
            raise Misfit(None, f"{_shown(value)} has too many digits for {kind.name}")
        return f"{number:f}"

    return _each(series.tolist(), render)


def _arrays(series: "pd.Series[Any]", kind: Type) -> Texts:
    element = kind.inner[0]

    def render(value: object) -> str:
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise Misfit(None, f"{_shown(value)} is not a list, which Array needs")
        try:
            inner = fields(pd.Series(list(value), dtype=None if len(value) else object), element)
        except Misfit as misfit:
            raise Misfit(None, f"element {misfit.row}: {misfit}") from None
        return quoted(f"[{','.join(_nested(text) for text in inner)}]")

    return _each(series.tolist(), render)


def _nested(text: str) -> str:
    """A CSV field as an element of an array, which has quotes and escapes of its own."""
    if text == NULL:
        return "NULL"
    if text.startswith('"[') or not text.startswith('"'):
        return text[1:-1].replace('""', '"') if text.startswith('"') else text
    inner = text[1:-1].replace('""', '"').replace("\\", "\\\\").replace("'", "\\'")
    return f"'{inner}'"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


_RENDERERS: dict[str, Callable[["pd.Series[Any]", Type], Texts]] = {
    **dict.fromkeys(_INTEGER_BITS, _integers),
    **dict.fromkeys(("Float32", "Float64"), _floats),
    **dict.fromkeys(("String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6"), _texts),
    **dict.fromkeys(("Decimal", "Decimal32", "Decimal64", "Decimal128", "Decimal256"), _decimals),
    "Bool": _booleans,
    "Date": _dates,
    "DateTime": _moments,
    "DateTime64": _precise_moments,
    "Array": _arrays,
}
