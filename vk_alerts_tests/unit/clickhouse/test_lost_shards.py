"""A server that cannot reach another of its cluster: one line that names it, for old and new servers."""

import pytest

from vk_alerts.clickhouse.faults import refused
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable

TARGET = Target(scheme="http", host="front", port=8123, password="s3cret")
OLD = """Code: 279, e.displayText() = DB::NetException: All connection tries failed. Log:

Code: 32, e.displayText() = DB::Exception: Attempt to read after eof, e.what() = DB::Exception
Code: 210, e.displayText() = DB::NetException: Connection refused (10.0.0.2:9000), e.what() = DB::NetException

, e.what() = DB::NetException
"""
NEW = """Code: 279. DB::Exception: All connection tries failed. Log:

Code: 210. DB::NetException: Connection refused (shard-2:9000). (NETWORK_ERROR) (version 24.3.1.1)
Code: 210. DB::NetException: Connection refused (shard-2:9000). (NETWORK_ERROR) (version 24.3.1.1)

: While executing Remote. (ALL_CONNECTION_TRIES_FAILED) (version 24.3.1.1)
"""
ALONE = (
    "Code: 209. DB::NetException: Timeout exceeded while reading from socket (shard-2:9000, 300000 ms). "
    "(SOCKET_TIMEOUT)"
)


@pytest.mark.parametrize(
    ("text", "title", "reason"),
    [
        (OLD, "ALL_CONNECTION_TRIES_FAILED, code 279", "Connection refused (10.0.0.2:9000)"),
        (NEW, "ALL_CONNECTION_TRIES_FAILED, code 279", "Connection refused (shard-2:9000)"),
        (
            ALONE,
            "SOCKET_TIMEOUT, code 209",
            "Timeout exceeded while reading from socket (shard-2:9000, 300000 ms)",
        ),
    ],
    ids=["18.16", "24.3", "no list of attempts"],
)
def test_a_lost_shard_is_named(text: str, title: str, reason: str) -> None:
    error = refused(TARGET, 500, {}, text)
    assert isinstance(error, ClickHouseUnavailable)
    assert str(error) == (
        f"ClickHouse at http://front:8123 cannot reach a server of its cluster ({title}): {reason}; "
        "an answer without it would be incomplete: start that server, or mend remote_servers"
    )
