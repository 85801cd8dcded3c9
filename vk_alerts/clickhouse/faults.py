"""What a server refused, in one line that names thing and remedy, without password and pages of SQL."""

import re
from collections.abc import Mapping

from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseError, ClickHouseQueryError, ClickHouseUnavailable

_LONGEST_REASON = 300
# A server of a cluster that another one cannot reach; it lists its attempts, some of which tell the address.
_SHARD_IS_DOWN = {209, 210, 279}
_ATTEMPT = re.compile(r"Code:\s*\d+[.,]\s*(?:e\.displayText\(\) = )?DB::\w*Exception:\s*([^\n]*)")
_ADDRESS = re.compile(r"\S:\d+\b")
# 18.16: "Code: 60, e.displayText() = DB::Exception: …, e.what() = DB::Exception"; now: "Code: 60.
# DB::Exception: … (UNKNOWN_TABLE) (version 25.8.1.1)".
_SERVER_ERROR = re.compile(
    r"Code:\s*(?P<code>\d+)[.,]\s*(?:e\.displayText\(\) = )?(?:DB::\w*Exception:\s*)?(?P<reason>.*)",
    re.DOTALL,
)
# How an answer ends that an error broke off: https://clickhouse.com/docs/interfaces/http (buffering).
_BROKEN_OFF = re.compile(rb"^(?:\s*\w+\s+)?Code: \d+[.,] (?:e\.displayText\(\) = )?DB::\w*Exception: ")
_TAIL_BYTES = 32_768
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]{2,})\)(?=\s*(\(version|$))")
_TAIL = re.compile(
    r"(, e\.what\(\) = |,? ?Stack trace|\(version \d|\n\n|:? [Ii]n scope |: While executing ).*", re.DOTALL
)
# The names of the codes people meet, for servers which do not send the name. Source: ClickHouse,
# ErrorCodes.cpp.
_NAMES = {
    6: "CANNOT_PARSE_TEXT",
    16: "NO_SUCH_COLUMN_IN_TABLE",
    27: "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    36: "BAD_ARGUMENTS",
    43: "ILLEGAL_TYPE_OF_ARGUMENT",
    46: "UNKNOWN_FUNCTION",
    47: "UNKNOWN_IDENTIFIER",
    48: "NOT_IMPLEMENTED",
    53: "TYPE_MISMATCH",
    57: "TABLE_ALREADY_EXISTS",
    60: "UNKNOWN_TABLE",
    62: "SYNTAX_ERROR",
    81: "UNKNOWN_DATABASE",
    115: "UNKNOWN_SETTING",
    158: "TOO_MANY_ROWS",
    159: "TIMEOUT_EXCEEDED",
    160: "TOO_SLOW",
    164: "READONLY",
    192: "UNKNOWN_USER",
    193: "WRONG_PASSWORD",
    194: "REQUIRED_PASSWORD",
    195: "IP_ADDRESS_NOT_ALLOWED",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    209: "SOCKET_TIMEOUT",
    210: "NETWORK_ERROR",
    241: "MEMORY_LIMIT_EXCEEDED",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",
    279: "ALL_CONNECTION_TRIES_FAILED",
    291: "DATABASE_ACCESS_DENIED",
    307: "TOO_MANY_BYTES",
    394: "QUERY_WAS_CANCELLED",
    395: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO",
    396: "TOO_MANY_ROWS_OR_BYTES",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
}
_UNKNOWN_TABLE, _SYNTAX_ERROR = 60, 62
_NO_EVENTS_YET = (
    "; the embedded engine holds no such table: set VK_ALERTS_CLICKHOUSE_URL to your ClickHouse, "
    "or simulate events with 'vk-alerts up --simulate'"
)
_BAD_LOGIN = {192, 193, 194, 516}
_NO_RIGHTS = {164, 195, 291, 497}
_REMEDIES = {
    60: "create the table, or name the right database in {variable}",
    81: "create the database, or name another in {variable}",
    16: "compare the query with the table's columns",
    47: "compare the query with the table's columns",
    159: "ask for less at once, or raise max_execution_time",
    241: "ask for less at once, or raise max_memory_usage",
}


def refused(target: Target, status: int, headers: Mapping[str, str], text: str) -> ClickHouseError:
    """The error for an answer that is not a result.

    Args:
        target: who answered.
        status: the HTTP status.
        headers: the answer's headers, found without regard to case.
        text: the beginning of its body.
    """
    found = _SERVER_ERROR.search(text)
    code = int(found["code"]) if found else _number(headers.get("X-ClickHouse-Exception-Code", ""))
    if not code:
        return _not_clickhouse(target, status, headers)
    reason = found["reason"] if found else text
    named = _NAME.search(reason)
    name = named.group(1) if named else _NAMES.get(code, "")
    told = _one_line(_NAME.sub("", _TAIL.sub("", reason)), target) or "no reason given"
    if code in _BAD_LOGIN:
        return ClickHouseDenied(
            f"ClickHouse at {target.address} does not accept user {target.user!r} ({name}, code {code}); "
            f"check user and password in {target.variable}"
        )
    title = f"{name}, code {code}" if name else f"code {code}"
    if code in _NO_RIGHTS:
        return ClickHouseDenied(
            f"ClickHouse at {target.address} lets user {target.user!r} not do that ({title}): {told}; "
            f"grant the right, or use another user in {target.variable}"
        )
    if code in _SHARD_IS_DOWN:
        return _shard_is_down(target, f"{_NAMES[code]}, code {code}", reason)
    remedy = f"; {_REMEDIES[code].format(variable=target.variable)}" if code in _REMEDIES else ""
    if code == _UNKNOWN_TABLE and target.home:
        remedy = _NO_EVENTS_YET
    return ClickHouseQueryError(
        f"ClickHouse refused the query ({title}): {told}{remedy}", code=code, name=name
    )


def error_in(answer: bytes) -> str:
    """The error that broke off an answer after it had begun, told by its end; empty when there is none.

    We ask servers to answer once the query has ended. This is for those which a proxy keeps from hearing it.
    """
    end = answer[-_TAIL_BYTES:]
    if b"__exception__" in end:
        end = end.partition(b"__exception__")[2]
    else:
        end = end.rstrip(b"\n").rpartition(b"\n")[2]
    found = _SERVER_ERROR.search(end.decode(errors="replace")) if _BROKEN_OFF.search(end) else None
    return found.group() if found else ""


def query_is_too_long(target: Target, length: int) -> ClickHouseQueryError:
    """The error for a query that is longer than its user's settings allow, and that may not change them."""
    return ClickHouseQueryError(
        f"ClickHouse at {target.address} cannot read the query: it has {length} bytes, and user "
        f"{target.user!r} may not raise max_query_size; ask for less at once, or give that user's profile "
        "a larger max_query_size or readonly=2",
        code=_SYNTAX_ERROR,
        name=_NAMES[_SYNTAX_ERROR],
    )


def _shard_is_down(target: Target, title: str, reason: str) -> ClickHouseUnavailable:
    attempts = _ATTEMPT.findall(reason) or [reason]
    telling = next(filter(_ADDRESS.search, attempts), attempts[0])
    told = _one_line(_NAME.sub("", _TAIL.sub("", telling)), target)
    return ClickHouseUnavailable(
        f"ClickHouse at {target.address} cannot reach a server of its cluster ({title}): {told}; "
        "an answer without it would be incomplete: start that server, or mend remote_servers"
    )


def _not_clickhouse(target: Target, status: int, headers: Mapping[str, str]) -> ClickHouseError:
    if status in {401, 403}:
        return ClickHouseDenied(
            f"{target.address} answers with HTTP {status}; check user and password in {target.variable}"
        )
    if status // 100 == 3:
        where = _one_line(headers.get("Location", "elsewhere").partition("?")[0], target)
        return ClickHouseUnavailable(
            f"{target.address} redirects to {where}; that is not followed with a password at hand: "
            f"put the final address into {target.variable}"
        )
    if status == 200:
        return ClickHouseUnavailable(
            f"what answers at {target.address} is not ClickHouse's HTTP interface; check {target.variable}"
        )
    return ClickHouseUnavailable(
        f"ClickHouse at {target.address} answers with HTTP {status} and no error of its own; "
        f"is something else between? check {target.variable}"
    )


def _one_line(text: str, target: Target) -> str:
    line = " ".join(text.split()).strip(" .")
    if target.password:
        line = line.replace(target.password, "…")
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
