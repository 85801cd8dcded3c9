"""What kept an answer from arriving whole, in one line that names the place and the remedy."""

import socket
import ssl

import requests

from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable

_OTHER_HOST = ("Hostname mismatch", "IP address mismatch")


def unreachable(
    target: Target, cause: BaseException, *, timeout_seconds: float, is_read: bool = True
) -> ClickHouseUnavailable:
    """The error for a request which got no answer, or half of one.

    Args:
        target: who was asked.
        cause: what happened.
        timeout_seconds: how long was waited, should that be the reason.
        is_read: whether the request changed nothing if it was carried out all the same.
    """
    doubt = "" if is_read or was_refused(cause) else "; it may have been carried out all the same"
    if isinstance(cause, requests.ConnectTimeout):
        return ClickHouseUnavailable(
            f"ClickHouse at {target.address} does not answer: no connection within {timeout_seconds:g} s; "
            f"is it running? {_check(target)}"
        )
    if is_timeout(cause):
        return ClickHouseUnavailable(
            f"ClickHouse at {target.address} did not finish within {timeout_seconds:g} s; ask for less at "
            "once, or see what keeps it busy (system.processes), or which server of its cluster hangs"
            f"{doubt}"
        )
    distrust = _distrust(cause)
    if distrust:
        return ClickHouseUnavailable(f"ClickHouse at {target.address}: {distrust}; {_check(target)}")
    return ClickHouseUnavailable(
        f"ClickHouse at {target.address} does not answer: {_reason(cause)}; "
        f"is it running? {_check(target)}{doubt}"
    )


def unreadable(target: Target, how: str) -> ClickHouseUnavailable:
    """The error for answers that ClickHouse would not send, such as ``that are compressed, unasked``."""
    return ClickHouseUnavailable(
        f"ClickHouse at {target.address} sends answers {how}; is a proxy between? {_check(target)}"
    )


def is_timeout(cause: BaseException) -> bool:
    """Whether waiting was given up."""
    return any(
        isinstance(item, requests.Timeout | TimeoutError) or "timed out" in str(item)
        for item in _chain(cause)
    )


def was_refused(cause: BaseException) -> bool:
    """Whether nobody listened, so that nothing was sent."""
    return any(isinstance(item, ConnectionRefusedError) for item in _chain(cause))


def is_distrust(cause: BaseException) -> bool:
    """Whether TLS failed, which it would next time."""
    return bool(_distrust(cause))


def _distrust(cause: BaseException) -> str:
    """Why there is no TLS; empty when that is not the reason."""
    failure = next((item for item in _chain(cause) if isinstance(item, ssl.SSLError)), None)
    if failure is None:
        return ""
    if not isinstance(failure, ssl.SSLCertVerificationError):
        return f"it does not speak TLS as we do ({failure.reason}); is its port one for https?"
    told = failure.verify_message.rstrip(".")
    if told.startswith(_OTHER_HOST):
        return f"its certificate is for another host ({told})"
    return f"its certificate is not trusted ({told}); name its authority's with ?ca_file="


def _check(target: Target) -> str:
    if target.home:
        return f"see {target.home / 'clickhouse.log'}"
    return f"check {target.variable}"


def _chain(cause: BaseException) -> list[BaseException]:
    """The exception and those it came from; requests and urllib3 hide them in several places."""
    chain: list[BaseException] = []
    queue: list[object] = [cause]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and item not in chain:
            chain.append(item)
            queue += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return chain


def _reason(cause: BaseException) -> str:
    """The innermost reason of an exception, in words without addresses of objects."""
    for item in reversed(_chain(cause)):
        if isinstance(item, socket.gaierror):
            return "the host's name is not known"
        if isinstance(item, OSError) and item.strerror and item.errno:
            return item.strerror.lower()
    return "the connection broke off before the answer was whole"
