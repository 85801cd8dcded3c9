"""Where ClickHouse is and who we are there."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from vk_alerts.errors import ConfigurationError

FORM = "http[s]://user:password@host:port/database"
CLICKHOUSE_VARIABLE = "VK_ALERTS_CLICKHOUSE_URL"
_DEFAULT_PORTS = {"http": 8123, "https": 8443}


@dataclass(frozen=True, slots=True)
class Target:
    """One database of one ClickHouse, and the credentials for it.

    Attributes:
        scheme: ``http`` or ``https``.
        host: a name or address; an IPv6 address without brackets.
        port: the port of the HTTP interface.
        database: where unqualified table names are looked up.
        user: who we are.
        password: never shown, not even by ``repr``.
        ca_file: certificates to trust for https; None = those of the system.
        home: set when this is the embedded engine of that home, which can be started again when it has gone
            idle.
        variable: the environment variable that named it, for the messages of errors.
    """

    scheme: str
    host: str
    port: int
    database: str = "default"
    user: str = "default"
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    home: Path | None = None
    variable: str = field(default=CLICKHOUSE_VARIABLE, repr=False, compare=False)

    @property
    def address(self) -> str:
        """The root URL without credentials, ``http://host:8123``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without the password, fit for messages: ``http://user@host:8123/database``."""
        return f"{self.address.replace('://', f'://{self.user}@', 1)}/{self.database}"

    def url_with_password(self) -> str:
        """The URL with the password in it, percent-encoded: only for whoever asks to see it."""
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{self.address.replace('://', f'://{credentials}@', 1)}/{quote(self.database, safe='')}"

    @classmethod
    def from_url(cls, url: str, *, variable: str = CLICKHOUSE_VARIABLE) -> Self:
        """The target that a URL names.

        Args:
            url: ``http[s]://user:password@host:port/database``, percent-encoded; everything but the host may
                be left out. ``?ca_file=/path/of/ca.pem`` names certificates to trust for https.
            variable: the environment variable the URL came from, for the message of an error.

        Raises:
            ConfigurationError: the URL has another form. The message does not repeat it: it holds a password.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _bad(
                variable, "it is not a URL (encode special characters of the password, '@' is %40)"
            ) from None
        if parts.scheme not in _DEFAULT_PORTS:
            raise _bad(variable, "the scheme must be http or https (the HTTP interface, usually port 8123)")
        if not host:
            raise _bad(variable, "the host is missing")
        if port == 0:
            raise _bad(variable, "port 0 is no port")
        user, password = _credentials(parts, variable)
        return cls(
            scheme=parts.scheme,
            host=host,
            port=port or _DEFAULT_PORTS[parts.scheme],
            database=_database(parts, variable),
            user=user,
            password=password,
            ca_file=_ca_file(parts, variable),
            variable=variable,
        )


def _credentials(parts: SplitResult, variable: str) -> tuple[str, str]:
    user, password = unquote(parts.username or "") or "default", unquote(parts.password or "")
    # They travel in headers, where a line break would start another header and blanks around do not count.
    if any(ord(character) < ord(" ") or ord(character) == 127 for character in user + password):
        raise _bad(variable, "user and password cannot hold control characters")
    if user != user.strip() or password != password.strip():
        raise _bad(variable, "user and password cannot begin or end with a blank")
    return user, password


def _database(parts: SplitResult, variable: str) -> str:
    database = parts.path.strip("/")
    if "/" in database or parts.fragment:
        raise _bad(
            variable, "after the port comes the database only (encode '#', '?' and '/' of the password)"
        )
    return unquote(database) or "default"


def _ca_file(parts: SplitResult, variable: str) -> Path | None:
    try:
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        options = {"?": ""}
    ca_file = options.pop("ca_file", None)
    if options:
        raise _bad(variable, "the only option after '?' is ca_file=/path")
    if ca_file is None:
        return None
    if parts.scheme != "https":
        raise _bad(variable, "ca_file makes sense with https only")
    if not Path(ca_file).is_file():
        raise _bad(variable, f"there is no file {ca_file!r} to read certificates from")
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError:  # ssl's errors are of this kind
        raise _bad(variable, f"the file {ca_file!r} holds no certificates (PEM) that can be read") from None
    return Path(ca_file)


def _bad(variable: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{variable}: {why}; the form is {FORM}")
