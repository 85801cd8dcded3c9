"""The three names inside pandahouse that are replaced, so that its functions do what they say.

pandahouse 0.2.7 sends the SQL and the password in the URL, waits for ever, and reads and writes text that
ClickHouse understands otherwise. Its functions look up `requests`, `to_dataframe` and `to_csv` by name: here
those names get versions that serve calls made through our client and leave every other use of pandahouse in
the process as it was.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import pandahouse.core
import pandahouse.http
import pandas as pd

from vk_alerts.clickhouse.conform import WireFrame
from vk_alerts.clickhouse.parse import Answer, parse_answer


class Poster(Protocol):
    """What sends the queries of one client."""

    def post(self, sql: str, body: bytes | None, *, is_read: bool) -> Answer:
        """The answer to a query."""


class Host(str):
    """A host for pandahouse's ``connection`` which carries the client that asks."""

    __slots__ = ("poster",)

    poster: Poster

    @classmethod
    def of(cls, address: str, poster: Poster) -> "Host":
        """The address, with its client."""
        host = cls(address)
        host.poster = poster
        return host


@dataclass(frozen=True, slots=True)
class _Response:
    """As much of a response as pandahouse looks at."""

    raw: Answer

    def raise_for_status(self) -> None:
        """Nothing: refusals have been raised already."""

    @property
    def content(self) -> bytes:
        return self.raw.body


class _Requests:
    """Stands where pandahouse.http looks for the module ``requests``."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def post(self, host: str, params: dict[str, Any], data: bytes | None = None, **options: Any) -> Any:
        if not isinstance(host, Host):
            return self._original.post(host, params=params, data=data, **options)
        return _Response(host.poster.post(params["query"], data, is_read=bool(options.get("stream"))))


def install() -> None:
    """Put the replacements in place; once is enough and more does no harm."""
    if isinstance(pandahouse.http.requests, _Requests):
        return
    original_to_dataframe, original_to_csv = pandahouse.core.to_dataframe, pandahouse.core.to_csv

    def to_dataframe(lines: Any, **options: Any) -> pd.DataFrame:
        if isinstance(lines, Answer):
            return parse_answer(lines)
        return original_to_dataframe(lines, **options)  # type: ignore[no-any-return]

    def to_csv(frame: pd.DataFrame) -> bytes:
        if isinstance(frame, WireFrame):
            return frame.csv()
        return original_to_csv(frame)  # type: ignore[no-any-return]

    pandahouse.core.to_dataframe, pandahouse.core.to_csv = to_dataframe, to_csv
    pandahouse.http.requests = _Requests(pandahouse.http.requests)
