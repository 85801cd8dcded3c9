"""Dates and times as ClickHouse writes them in text."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.types import Type
from vk_alerts.errors import ClickHouseQueryError

_UTC_NAMES = {"UTC", "Etc/UTC", "Zulu", "Universal", "Etc/UCT", "UCT", "GMT", "Etc/GMT"}
_MICROSECOND_DIGITS = 6
# Old servers write the value 0 in this way; newer ones write 1970-01-01.
_ZERO, _EPOCH = "0000-00-00", "1970-01-01"


def parse_dates(texts: npt.NDArray[np.object_]) -> npt.NDArray[np.datetime64]:
    """Dates, ``datetime64[s]`` at midnight.

    Args:
        texts: (n,) of str, ``2026-01-31``.
    """
    codes, uniques = pd.factorize(texts)
    days = np.array([_EPOCH if text == _ZERO else text for text in uniques], dtype="datetime64[D]")
    return days.astype("datetime64[s]")[codes]


def parse_moments(texts: npt.NDArray[np.object_], kind: Type, server_zone: str) -> npt.NDArray[np.datetime64]:
    """Moments in UTC, ``datetime64[us]`` (``[ns]`` for DateTime64 of more than six digits), without a zone.

    Args:
        texts: (n,) of str, ``2026-01-31 14:15:00`` in the zone of the column.
        kind: ``DateTime`` or ``DateTime64``, with its zone if it names one.
        server_zone: the zone of columns which name none.

    Raises:
        ClickHouseQueryError: a text names an hour that the zone's clocks showed twice.
    """
    # A result repeats few moments many times: parse each once.
    codes, uniques = pd.factorize(texts)
    shown = [_EPOCH + text[len(_ZERO) :] if text.startswith(_ZERO) else text for text in uniques]
    moments = np.array(shown, dtype=f"datetime64[{unit_of(kind)}]")
    zone = zone_of(kind) or server_zone
    return (moments if zone in _UTC_NAMES else _to_utc(moments, zone))[codes]


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
