"""Dates and times as fields of ClickHouse's CSV."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.misfit import Misfit, Texts, shown
from vk_alerts.clickhouse.temporal import unit_of
from vk_alerts.clickhouse.types import Type

# ClickHouse takes fewer than ten digits for the start of a date.
_MOMENT_DIGITS = 10
_TEN_DIGITS = 10 ** (_MOMENT_DIGITS - 1)
# A DateTime holds a little more, a Date much more; but servers before 20.x show 1970 for what comes later.
_DATE_DAYS = (date(2106, 1, 1) - date(1970, 1, 1)).days
_DATETIME_SECONDS = _DATE_DAYS * 86_400


def moments(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Seconds since the epoch, which mean the same in every zone; parts of a second are dropped."""
    seconds = _aware(series, kind, "s")
    outside = (seconds < 0) | (seconds >= _DATETIME_SECONDS)
    if outside.any():
        row = int(outside.argmax())
        raise Misfit(row, f"{shown(series.iloc[row])} is not between 1970 and 2105, as DateTime needs")
    texts = list(map(str, seconds.tolist()))
    return texts if (seconds >= _TEN_DIGITS).all() else [text.zfill(_MOMENT_DIGITS) for text in texts]


def precise_moments(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Seconds since the epoch, with decimals."""
    unit, digits = unit_of(kind), int(kind.arguments[0])
    per_second = {"us": 10**6, "ns": 10**9}[unit]
    whole = _aware(series, kind, "s")
    last = min(10**_MOMENT_DIGITS, 2**63 // per_second) - 1
    outside = (whole < 0) | (whole > last)
    if outside.any():
        row = int(outside.argmax())
        years = f"1970 and {np.datetime64(last, 's').astype('datetime64[Y]')}"
        raise Misfit(row, f"{shown(series.iloc[row])} is not between {years}, as {kind.name} needs")
    ticks = _aware(series, kind, unit)
    width = len(str(per_second)) - 1
    result = []
    for tick in ticks.tolist():
        seconds, fraction = divmod(tick, per_second)
        result.append(
            f"{seconds:0{_MOMENT_DIGITS}d}.{fraction:0{width}d}"[: _MOMENT_DIGITS + 1 + digits].rstrip(".")
        )
    return result


def dates(series: "pd.Series[Any]", _: Type) -> Texts:
    """Days, from dates or from midnights without a zone."""
    if series.dtype == object:
        for i, value in enumerate(series):
            if not isinstance(value, date) or (
                isinstance(value, datetime) and (value.tzinfo or value.time() != datetime.min.time())
            ):
                raise Misfit(i, f"{shown(value)} is not a date")
        values = np.array(series.tolist(), dtype="datetime64[us]")
    elif series.dtype.kind == "M" and isinstance(series.dtype, np.dtype):
        values = series.to_numpy()
    else:
        raise Misfit(None, f"{series.dtype} is not a date (aware times have one per zone; take .dt.date)")
    days = values.astype("datetime64[D]")
    wrong = (days != values) | (days.astype("int64") < 0) | (days.astype("int64") >= _DATE_DAYS)
    if wrong.any():
        row = int(wrong.argmax())
        raise Misfit(row, f"{shown(series.iloc[row])} is not a date between 1970-01-01 and 2105-12-31")
    return days.astype(str).tolist()  # type: ignore[no-any-return]


def _aware(series: "pd.Series[Any]", kind: Type, unit: str) -> npt.NDArray[np.int64]:
    """Whole units since the epoch, rounded down."""
    if series.dtype == object:
        for i, value in enumerate(series):
            if not isinstance(value, datetime) or value.tzinfo is None:
                raise Misfit(i, f"{shown(value)} is not an aware time, which {kind.name} needs")
        series = pd.to_datetime(series, utc=True)
    if not isinstance(series.dtype, pd.DatetimeTZDtype):
        raise Misfit(
            None, f"{series.dtype} is not aware time, which {kind.name} needs; use .dt.tz_localize('UTC')"
        )
    moments = series.dt.tz_convert(UTC).dt.tz_localize(None).to_numpy()
    return np.asarray(moments.astype(f"datetime64[{unit}]").astype("int64"))
