"""The sign of life: a URL that is asked for after each healthy cycle, and missed by who watches it."""

import httpx

from vk_alerts.errors import DeliveryPostponed

_SECONDS = 10.0


def beat(url: str) -> None:
    """Asks for ``url``; whatever comes with a status below 400 is a success.

    Raises:
        DeliveryPostponed: it was not; the text does not hold the URL, which may hold a secret.
    """
    try:
        status = httpx.get(url, timeout=_SECONDS, follow_redirects=True).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryPostponed(
            f"heartbeat: VK_ALERTS_HEARTBEAT_URL cannot be reached ({type(error).__name__})"
        ) from None
    if status >= httpx.codes.BAD_REQUEST:
        raise DeliveryPostponed(f"heartbeat: VK_ALERTS_HEARTBEAT_URL answers {status}")
