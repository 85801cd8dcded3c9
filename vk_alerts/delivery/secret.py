"""The bot's token: where it comes from, and how it stays out of the library, logs and errors."""

import functools
import os
import re
import ssl
from urllib.parse import quote
from urllib.request import getproxies, proxy_bypass

import httpx

from vk_alerts.errors import ConfigurationError

# The library gets this one: what it logs, raises and shows can be read by anybody.
DUMMY = "0:vk-alerts-puts-the-real-token-in-later"
_FORM = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{30,64}", re.ASCII)
# Set anew for the body that was read here.
_BODY_HEADERS = ("content-encoding", "content-length", "transfer-encoding")


class Token:
    """A secret that shows itself only to who asks for it by `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Token(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("a token is never pickled; pass the name of its environment variable")

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def redact(self, text: str) -> str:
        """``text`` with the dummy in the place of the secret, as it is or percent-encoded."""
        for form in (self._value, quote(self._value, safe="")):
            text = text.replace(form, DUMMY)
        return text


def token_from(variable: str) -> Token:
    """The token in the environment variable ``variable``, white space around it removed.

    Raises:
        ConfigurationError: it is unset or has not the form of a token; the text names only the variable.
    """
    # Wrapped at once: a traceback that shows locals must not show even a mistyped token.
    token = Token(os.environ.get(variable, "").strip())
    if not token.reveal():
        raise ConfigurationError(f"{variable} is not set: put the bot's token there (from @BotFather)")
    if not _FORM.fullmatch(token.reveal()):
        raise ConfigurationError(
            f"{variable} does not hold a bot's token: digits, a colon, 35 letters, digits, '-' or '_'"
        )
    return token


class SecretTransport(httpx.AsyncBaseTransport):
    """Puts the real token into the URL on the way out, and takes it out of answers on the way in.

    The library and httpx's own logging and errors hold the request as it was before, with the dummy.

    Args:
        token: the real token.
        api_root: root URL of the Bot API server; decides which proxy of the environment applies.

    Raises:
        ConfigurationError: the environment names a SOCKS proxy, and the package for it is missing.
    """

    def __init__(self, token: Token, api_root: str) -> None:
        self._token = token
        # A client with a transport of its own does not look for proxies in the environment.
        try:
            self._wire = httpx.AsyncHTTPTransport(
                verify=_trusted_authorities(), proxy=_proxy_for(httpx.URL(api_root))
            )
        except ImportError:
            raise ConfigurationError(
                "the proxy in ALL_PROXY or HTTPS_PROXY is SOCKS: install httpx[socks], or give an HTTP proxy"
            ) from None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` with the real token; the whole answer is read here."""
        path = request.url.raw_path.replace(DUMMY.encode(), self._token.reveal().encode(), 1)
        sent = httpx.Request(
            request.method,
            request.url.copy_with(raw_path=path),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        answer = await self._wire.handle_async_request(sent)
        try:
            body = await answer.aread()
        finally:
            await answer.aclose()
        headers = [
            (name, self._token.redact(value))
            for name, value in answer.headers.multi_items()
            if name.lower() not in _BODY_HEADERS
        ]
        return httpx.Response(answer.status_code, headers=headers, content=self._clean(body))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    def _clean(self, body: bytes) -> bytes:
        # Latin-1 keeps every byte as it is; a token is ASCII.
        return self._token.redact(body.decode("latin-1")).encode("latin-1")


@functools.cache
def _trusted_authorities() -> ssl.SSLContext:
    """Read once in a process: it is most of what opening a session takes."""
    return httpx.create_ssl_context()


def _proxy_for(url: httpx.URL) -> str | None:
    if proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
