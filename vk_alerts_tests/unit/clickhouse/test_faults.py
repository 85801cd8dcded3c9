"""Whatever answers, or does not: an error in one line, in time, without the password; never wrong rows."""

import gzip
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from vk_alerts.clickhouse import client as client_module
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.outages import unreachable
from vk_alerts.clickhouse.spec import Column, TableSpec
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseError, ClickHouseQueryError, ClickHouseUnavailable
from vk_alerts_tests.unit.clickhouse.faulty_server import (
    HEADERS,
    Reaction,
    drip,
    drip_headers,
    faulty_server,
    hang,
    reply,
    reset,
    whole,
)

TABLE = b"x\nUInt8\n1\n"
SPEC = TableSpec("t", (Column("x", "UInt8"),), "ENGINE = Memory")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_RETRY_PAUSES_SECONDS", (0.0, 0.0))


def client_of(target: Target) -> ClickHouse:
    return ClickHouse(target, connect_timeout_seconds=0.5, read_timeout_seconds=0.5)


OLD_ERROR = b"Code: %d, e.displayText() = DB::Exception: %s, e.what() = DB::Exception\n"
NEW_ERROR = b"Code: %d. DB::Exception: %s (version 25.8.1.1 (official build))\n"
FAULTS: dict[str, tuple[Reaction, type[ClickHouseError], str]] = {
    "hang": (hang, ClickHouseUnavailable, "did not finish within 0.5 s"),
    "reset": (reset, ClickHouseUnavailable, "does not answer"),
    "closed": (reply(b""), ClickHouseUnavailable, "does not answer"),
    "rubbish": (reply(b"SSH-2.0-OpenSSH_9.2\r\n"), ClickHouseUnavailable, "does not answer"),
    "drip": (drip(TABLE, seconds=0.01), ClickHouseUnavailable, "did not finish within 0.5 s"),
    "drip of headers": (drip_headers, ClickHouseUnavailable, "did not finish within 0.5 s"),
    "half a header": (reply(b"HTTP/1.1 200 OK\r\nX-Click"), ClickHouseUnavailable, "URL"),
    "half a body": (
        reply(HEADERS + b"Content-Length: 50\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "before the answer was whole",
    ),
    "half a chunk": (
        reply(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n9\r\nx\nUInt8"),
        ClickHouseUnavailable,
        "before the answer was whole",
    ),
    "chunks without an end": (
        reply(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(TABLE), TABLE)),
        ClickHouseUnavailable,
        "before the answer was whole",
    ),
    "unknown length": (reply(HEADERS + b"\r\n" + TABLE), ClickHouseUnavailable, "unknown length"),
    "a length too short": (
        reply(HEADERS + b"Content-Length: 8\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "longer than they say",
    ),
    "a length too short, of an empty table": (
        reply(HEADERS + b"Content-Length: 8\r\n\r\n" + TABLE * 100_000),
        ClickHouseUnavailable,
        "longer than they say",
    ),
    "a chunk more than the end": (
        reply(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n8\r\nx\nUInt8\n\r\n0\r\n\r\n2\r\n1\n\r\n"),
        ClickHouseUnavailable,
        "longer than they say",
    ),
    "a negative length": (
        reply(HEADERS + b"Content-Length: -1\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "unknown length",
    ),
    "a length that is no number": (
        reply(HEADERS + b"Content-Length: ten\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "unknown length",
    ),
    "two lengths": (
        reply(HEADERS + b"Content-Length: 10\r\nContent-Length: 8\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "does not answer",
    ),
    "gzip": (
        whole(gzip.compress(TABLE), extra=b"Content-Encoding: gzip\r\n"),
        ClickHouseUnavailable,
        "compressed, unasked",
    ),
    "nothing": (whole(b""), ClickHouseQueryError, "returned no table"),
    "another server": (
        reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + TABLE),
        ClickHouseUnavailable,
        "is not ClickHouse's HTTP interface",
    ),
    "proxy error": (
        reply(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad"),
        ClickHouseUnavailable,
        "HTTP 502",
    ),
    "proxy login": (reply(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), ClickHouseDenied, "HTTP 403"),
    "half a line": (whole(b"x\nUInt8\n1\n2"), ClickHouseUnavailable, "middle of a line"),
    "no types": (whole(b"x\n"), ClickHouseUnavailable, "middle of a line"),
    "html": (whole(b"<html>\n<body>\n<h1>It works!</h1>\n"), ClickHouseUnavailable, "not a table"),
    "json": (whole(b'{"x":1}\n{"x":2}\n'), ClickHouseUnavailable, "not a table"),
    "uneven rows": (whole(b"x\ty\nUInt8\tUInt8\n1\t2\n3\n"), ClickHouseUnavailable, "not a table"),
    "uneven rows which add up": (
        whole(b"x\ty\nString\tString\n1\t2\n3\n1\t2\t3\n"),
        ClickHouseUnavailable,
        "not what its header promises",
    ),
    "text for a number": (
        whole(b"x\nUInt8\n1\nCode: 395\n"),
        ClickHouseUnavailable,
        "not what its header promises",
    ),
    "too large a number": (whole(b"x\nUInt8\n256\n"), ClickHouseUnavailable, "not what its header promises"),
    "nothing for a number": (
        whole(b"x\nUInt8\n1\n\n"),
        ClickHouseUnavailable,
        "not what its header promises",
    ),
    "text for a time": (whole(b"x\nDateTime('UTC')\n2026-01-31 aa\n"), ClickHouseUnavailable, "column 'x'"),
    "text for an array": (whole(b"x\nArray(UInt8)\n[1,a]\n"), ClickHouseUnavailable, "column 'x'"),
    "no brackets": (whole(b"x\nArray(UInt8)\n1,2\n"), ClickHouseUnavailable, "column 'x'"),
    "an error in the middle": (
        whole(b"x\nString\none\n" + NEW_ERROR % (395, b"boom")),
        ClickHouseQueryError,
        "(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, code 395): boom",
    ),
    "an old error in the middle": (
        whole(b"x\nString\none\n" + OLD_ERROR % (241, b"Memory limit exceeded")),
        ClickHouseQueryError,
        "(MEMORY_LIMIT_EXCEEDED, code 241): Memory limit exceeded",
    ),
    "a marked error in the middle": (
        whole(
            b"x\nString\none\n\r\n__exception__\r\nkgzbrtpq\r\n"
            + NEW_ERROR % (395, b"boom")
            + b"38 kgzbrtpq\r\n__exception__\r\n"
        ),
        ClickHouseQueryError,
        "(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, code 395): boom",
    ),
    "error with status 200": (
        whole(NEW_ERROR % (395, b"boom"), extra=b"X-ClickHouse-Exception-Code: 395\r\n"),
        ClickHouseQueryError,
        "code 395",
    ),
    "old error": (
        whole(OLD_ERROR % (60, b"Table default.t doesn't exist."), status=b"404 Not Found"),
        ClickHouseQueryError,
        "(UNKNOWN_TABLE, code 60): Table default.t doesn't exist; create the table",
    ),
    "new error": (
        whole(
            NEW_ERROR % (47, b"Unknown identifier `z` in scope SELECT z. (UNKNOWN_IDENTIFIER)"),
            status=b"404 X",
        ),
        ClickHouseQueryError,
        "(UNKNOWN_IDENTIFIER, code 47): Unknown identifier `z`; compare",
    ),
    "error without text": (
        whole(b"", status=b"500 X", extra=b"X-ClickHouse-Exception-Code: 241\r\n"),
        ClickHouseQueryError,
        "(MEMORY_LIMIT_EXCEEDED, code 241): no reason given",
    ),
    "wrong password": (
        whole(NEW_ERROR % (516, b"default: Authentication failed. (AUTHENTICATION_FAILED)"), status=b"403 X"),
        ClickHouseDenied,
        "does not accept user 'default' (AUTHENTICATION_FAILED, code 516); check user and password",
    ),
    "old wrong password": (
        whole(OLD_ERROR % (193, b"Wrong password for user default"), status=b"401 X"),
        ClickHouseDenied,
        "does not accept user 'default' (WRONG_PASSWORD, code 193)",
    ),
    "no rights": (
        whole(NEW_ERROR % (497, b"default: Not enough privileges. (ACCESS_DENIED)"), status=b"500 X"),
        ClickHouseDenied,
        "Not enough privileges; grant the right",
    ),
    "echo": (
        whole(NEW_ERROR % (62, b"Syntax error: 'hunter2-secret' " + b"SELECT 1\n" * 500), status=b"400 X"),
        ClickHouseQueryError,
        "(SYNTAX_ERROR, code 62): Syntax error: '…' SELECT 1 SELECT 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_in_time_without_the_password(fault: str) -> None:
    reaction, kind, message = FAULTS[fault]
    with faulty_server(reaction) as server:
        started = time.monotonic()
        with pytest.raises(kind) as caught:
            client_of(replace(server.target, variable="VK_ALERTS_RESULTS_URL")).read("SELECT x FROM t")

    text = str(caught.value)
    assert message in text
    assert "\n" not in text
    assert len(text) < 600
    assert "VK_ALERTS_CLICKHOUSE_URL" not in text
    assert "hunter2" not in text + repr(caught.value.__cause__)
    assert time.monotonic() - started < 4


def test_numbers_of_errors_are_kept() -> None:
    with faulty_server(FAULTS["old error"][0]) as server, pytest.raises(ClickHouseQueryError) as caught:
        client_of(server.target).execute("SELECT 1")

    assert (caught.value.code, caught.value.name) == (60, "UNKNOWN_TABLE")


def test_nobody_at_the_port_is_named_with_the_variable_to_check() -> None:
    with faulty_server(hang) as server:
        target = server.target

    with pytest.raises(
        ClickHouseUnavailable, match=r"connection refused; is it running\? check VK_ALERTS_CLICK"
    ):
        client_of(target).ping()


def test_an_unknown_host_is_named() -> None:
    target = Target(scheme="http", host="clickhouse.invalid", port=8123)

    with pytest.raises(ClickHouseUnavailable, match=r"http://clickhouse\.invalid:8123 does not answer"):
        client_of(target).ping()


def test_a_redirect_is_not_followed_with_credentials() -> None:
    with faulty_server(whole(TABLE)) as other:
        place = f"http://127.0.0.1:{other.target.port}/?password=x".encode()
        redirect = b"HTTP/1.1 307 Go\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
        with (
            faulty_server(reply(redirect)) as server,
            pytest.raises(ClickHouseUnavailable, match="redirects to"),
        ):
            client_of(server.target).read("SELECT 1")

        assert other.requests == []


def test_query_and_password_stay_out_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with faulty_server(whole(TABLE)) as server:
        client_of(server.target).read("SELECT secret_column")

        line = server.requests[0].split(b"\r\n")[0]
    assert b"secret" not in line
    assert b"wait_end_of_query=1" in line
    assert b"database=default" in line
    assert b"hunter2-secret" in server.requests[0]


def test_texts_that_only_speak_of_errors_are_texts() -> None:
    body = b"x\nString\nCode: 60, so what\nDB::Exception: no code\nthe end: Code: 60. DB::Exception: x\n"
    with faulty_server(whole(body)) as server:
        assert len(client_of(server.target).read("SELECT 1")) == 3


@pytest.mark.parametrize("fault", [reset, reply(b""), reply(HEADERS + b"Content-Length: 50\r\n\r\n" + TABLE)])
def test_a_read_is_tried_again_after_a_broken_connection(fault: Reaction) -> None:
    with faulty_server(fault, fault, whole(TABLE)) as server:
        assert client_of(server.target).read("SELECT 1")["x"].tolist() == [1]


@pytest.mark.parametrize("fault", ["hang", "old error", "proxy error", "wrong password", "half a line"])
def test_what_trying_again_would_not_mend_is_tried_once(fault: str) -> None:
    with faulty_server(FAULTS[fault][0]) as server:
        with pytest.raises(ClickHouseError):
            client_of(server.target).read("SELECT 1")

        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["reset", "half a body", "hang", "drip of headers"])
def test_a_write_is_sent_once_and_its_doubt_is_told(fault: str) -> None:
    with faulty_server(FAULTS[fault][0]) as server:
        for write in (
            lambda client: client.insert(SPEC, pd.DataFrame({"x": [1]})),
            lambda client: client.execute("INSERT INTO t SELECT 1"),
        ):
            with pytest.raises(ClickHouseUnavailable, match="it may have been carried out all the same"):
                write(client_of(server.target))

        assert len(server.requests) == 2


def test_a_write_that_nobody_heard_leaves_no_doubt() -> None:
    with faulty_server(hang) as server:
        target = server.target

    with pytest.raises(ClickHouseUnavailable) as caught:
        client_of(target).insert(SPEC, pd.DataFrame({"x": [1]}))
    assert "may have been" not in str(caught.value)


def test_the_embedded_engine_is_not_looked_for_in_a_url() -> None:
    target = Target(scheme="http", host="127.0.0.1", port=1, home=Path("/of/mine"))

    told = str(unreachable(target, ConnectionResetError(104, "Connection reset"), timeout_seconds=1))

    assert "see /of/mine/clickhouse.log" in told
    assert "_URL" not in told


def test_what_is_not_clickhouse_does_not_answer_a_ping() -> None:
    with (
        faulty_server(whole(b"Ok.\n")) as server,
        pytest.raises(ClickHouseUnavailable, match="is not ClickHouse; check VK_ALERTS_RESULTS_URL"),
    ):
        client_of(replace(server.target, variable="VK_ALERTS_RESULTS_URL")).ping()
