"""Dates and times as ClickHouse writes them in text."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.types import Type
from vk_alerts.errors import ClickHouseQueryError

_UTC_NAMES = {"UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "Universal", "Etc/UCT", "UCT", "GMT", "Etc/GMT"}
TIMES = {"Date", "DateTime", "DateTime64"}
_MICROSECOND_DIGITS = 6
# Old servers write the value 0 as 0000-00-00, in every zone; newer ones write 1970-01-01.
_ZERO, _EPOCH = b"0000-00-00", b"1970-01-01"

Texts = npt.NDArray[np.bytes_]


def parse_dates(texts: Texts) -> npt.NDArray[np.datetime64]:
    """Dates, ``datetime64[s]`` at midnight.

    Args:
        texts: (n,) of bytes, ``2026-01-31``.
    """
    return _without_zeros(texts)[0].astype("datetime64[D]").astype("datetime64[s]")


def parse_moments(texts: Texts, kind: Type, server_zone: str) -> npt.NDArray[np.datetime64]:
    """Moments in UTC, ``datetime64[us]`` (``[ns]`` for DateTime64 of more than six digits), without a zone.

    Args:
        texts: (n,) of bytes, ``2026-01-31 14:15:00`` in the zone of the column.
        kind: ``DateTime`` or ``DateTime64``, with its zone if it names one.
        server_zone: the zone of columns which name none.

    Raises:
        ClickHouseQueryError: a text names an hour that the zone's clocks showed twice.
    """
    shown, is_zero = _without_zeros(texts)
    moments = shown.astype(f"datetime64[{unit_of(kind)}]")
    zone = zone_of(kind) or server_zone
    if zone in _UTC_NAMES:
        return moments
    moments[~is_zero] = _to_utc(moments[~is_zero], zone)
    return moments


def width_of(kind: Type) -> int:
    """How many characters a Date, DateTime or DateTime64 takes at most."""
    if kind.name == "Date":
        return 10
    return 20 + int(kind.arguments[0]) if kind.name == "DateTime64" else 19


def _without_zeros(texts: Texts) -> tuple[Texts, npt.NDArray[np.bool_]]:
    is_zero = np.char.startswith(texts, b"0") if texts.size else np.zeros(0, dtype=bool)
    if not is_zero.any():
        return texts, is_zero
    return np.char.replace(texts, _ZERO, _EPOCH), is_zero


def unit_of(kind: Type) -> str:
    """The numpy unit that holds every value of a DateTime or DateTime64."""
    precise = kind.name == "DateTime64" and int(kind.arguments[0]) > _MICROSECOND_DIGITS
    return "ns" if precise else "us"


def zone_of(kind: Type) -> str:
    """The zone that a DateTime or DateTime64 names, or the empty string."""
    arguments: Sequence[str] = kind.arguments[1:] if kind.name == "DateTime64" else kind.arguments
    return arguments[0] if arguments else ""


def _to_utc(moments: npt.NDArray[np.datetime64], zone: str) -> npt.NDArray[np.datetime64]:
    try:
        utc = pd.DatetimeIndex(moments).tz_localize(ZoneInfo(zone)).tz_convert("UTC").tz_localize(None)
    except (ValueError, KeyError, OSError) as error:
        raise ClickHouseQueryError(
            f"times in zone {zone!r} cannot be told apart ({error}); select toUnixTimestamp(column) instead"
        ) from error
    return np.asarray(utc).astype(moments.dtype)
