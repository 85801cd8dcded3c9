"""Values and names as SQL text: the only place where a value becomes part of a query."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from numbers import Integral, Real

from vk_alerts.errors import ClickHouseQueryError

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
# https://clickhouse.com/docs/sql-reference/syntax#string: the quote and the backslash must be escaped; the
# rest keeps a message about the query on one line.
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"})
_UINT64_MAX = 2**64 - 1
_INT64_MIN = -(2**63)
# A DateTime holds a little more, a Date much more; but servers before 20.x show 1970 for what comes later.
_DATE_MAX = date(2105, 12, 31)
_DATETIME_MAX = datetime(2105, 12, 31, 23, 59, 59, tzinfo=UTC)


def literal(value: object) -> str:
    r"""The SQL text of a value.

    Args:
        value: str, int, float, bool, aware datetime (whole seconds), date, None, or lists and tuples of
            those.

    Returns:
        ``'it\'s'``, ``42``, ``0.1``, ``nan``, ``1``, ``toDateTime('2026-01-31 14:15:00', 'UTC')``,
        ``toDate('2026-01-31')``, ``NULL``, ``[1, 2]``, ``(1, 'a')``; a tuple of one is ``tuple(1)``.

    Raises:
        ClickHouseQueryError: the value has another type, or cannot be written exactly.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{_encodable(value).translate(_ESCAPES)}'"
    if isinstance(value, list):
        return f"[{_joined(value)}]"
    if isinstance(value, tuple):
        return _tuple(value)
    if isinstance(value, date):
        return _moment(value)
    return _number(value)


def identifier(name: str) -> str:
    """The name in backquotes; a dotted name is quoted part by part.

    Raises:
        ClickHouseQueryError: the name is not made of Latin letters, digits and ``_``.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise ClickHouseQueryError(
            f"name {name!r}: use Latin letters, digits and _, and do not start with a digit"
        )
    return ".".join(f"`{part}`" for part in name.split("."))


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _unwritable(value, "it is not valid Unicode") from None
    return value


def _joined(values: Iterable[object]) -> str:
    return ", ".join(literal(value) for value in values)


def _tuple(values: tuple[object, ...]) -> str:
    if not values:
        raise _unwritable(values, "SQL has no empty tuple; leave the condition out")
    # (1) would be the number 1.
    return f"tuple({literal(values[0])})" if len(values) == 1 else f"({_joined(values)})"


def _moment(value: date) -> str:
    if not isinstance(value, datetime):
        if not date(1970, 1, 1) <= value <= _DATE_MAX:
            raise _unwritable(value, "a Date lies between 1970-01-01 and 2105-12-31")
        return f"toDate('{value.isoformat()}')"
    if value != value:
        return "NULL"
    if value.tzinfo is None:
        raise _unwritable(value, "it has no time zone; make it aware, in UTC")
    if value.microsecond or getattr(value, "nanosecond", 0):
        raise _unwritable(value, "a DateTime holds whole seconds")
    utc = value.astimezone(UTC)
    if not datetime(1970, 1, 1, tzinfo=UTC) <= utc <= _DATETIME_MAX:
        raise _unwritable(value, "a DateTime lies between 1970 and 2105")
    return f"toDateTime('{utc.strftime('%Y-%m-%d %H:%M:%S')}', 'UTC')"


def _number(value: object) -> str:
    # numpy's bool is no number, yet behaves as one.
    if isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}:
        return "1" if value else "0"
    if isinstance(value, Integral):
        if not _INT64_MIN <= int(value) <= _UINT64_MAX:
            raise _unwritable(value, "integers are between -2^63 and 2^64 - 1")
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        if math.isnan(number):
            return "nan"
        if math.isinf(number):
            return "inf" if number > 0 else "-inf"
        return repr(number)
    raise _unwritable(value, f"no SQL is known for {type(value).__name__}")


def _unwritable(value: object, why: str) -> ClickHouseQueryError:
    return ClickHouseQueryError(f"value {value!r} cannot be written into SQL: {why}")
