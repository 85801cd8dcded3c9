"""What a request asks for: ClickHouse's HTTP protocol as far as clients use it.

Source: https://clickhouse.com/docs/interfaces/http
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

_RESERVED = {
    "query", "database", "user", "password", "default_format", "wait_end_of_query", "buffer_size", "query_id",
    "session_id", "session_timeout", "session_check", "compress", "decompress", "enable_http_compression",
    "quota_key", "stacktrace", "role", "http_zlib_compression_level",
}  # fmt: skip
_PIECE_BYTES = 1 << 20


class BadRequest(Exception):  # noqa: N818 - HTTP's name
    """The request cannot be understood.

    Attributes:
        status: HTTP's number.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request without its body.

    Attributes:
        path: ``/``, ``/ping``.
        query: the SQL in the URL, or its beginning.
        database: where unqualified names are looked up.
        output_format: for queries which name none.
        password: what the client claims to know.
        settings: of the engine.
    """

    path: str
    query: str
    database: str
    output_format: str
    password: str
    settings: Mapping[str, str] = field(default_factory=dict)


def parse_request(url: str, headers: Mapping[str, str]) -> Request:
    """The request that a URL and headers make; the names of headers are in title case.

    Raises:
        BadRequest: the credentials cannot be decoded.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True, encoding="utf-8"))
    return Request(
        # `vk-alerts clickhouse url` names the database; a server would not take it there, but curl sends it.
        path="/" if parts.path == "/default" else parts.path,
        query=options.get("query", ""),
        database=options.get("database") or headers.get("X-Clickhouse-Database") or "default",
        output_format=options.get("default_format") or headers.get("X-Clickhouse-Format") or "TabSeparated",
        password=_password(options, headers),
        settings={name: value for name, value in options.items() if name not in _RESERVED},
    )


def _password(options: Mapping[str, str], headers: Mapping[str, str]) -> str:
    key = headers.get("X-Clickhouse-Key")
    if key is not None:
        return key
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except ValueError:
            raise BadRequest(400, "the Authorization header cannot be decoded") from None
    return options.get("password", "")


def read_body(
    read: Callable[[int], bytes], readline: Callable[[int], bytes], headers: Mapping[str, str], *, limit: int
) -> bytes:
    """The body, decompressed.

    Args:
        read: gives that many bytes, less only at the end.
        readline: gives a line.
        headers: of the request.
        limit: the largest body, compressed or not.

    Raises:
        BadRequest: the body is too large, cut short, or compressed in another way than gzip or deflate.
    """
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        body = _chunks(read, readline, limit)
    else:
        length = headers.get("Content-Length", "0")
        if not length.isdigit():
            raise BadRequest(400, "Content-Length is no number")
        if int(length) > limit:
            raise BadRequest(
                413, f"the body has {length} bytes, more than the {limit} allowed; send less at once"
            )
        body = read(int(length))
        if len(body) != int(length):
            raise BadRequest(400, "the body is shorter than announced")
    encoding = headers.get("Content-Encoding", "").lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "deflate"}:
        raise BadRequest(415, f"Content-Encoding {encoding!r} is not known; use gzip")
    return _unzipped(body, limit)


def _chunks(read: Callable[[int], bytes], readline: Callable[[int], bytes], limit: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(readline(1024).partition(b";")[0], 16)
        except ValueError:
            raise BadRequest(400, "a chunk of the body has no size") from None
        total += size
        if size < 0 or total > limit:
            raise BadRequest(413, f"the body has more than the {limit} bytes allowed; send less at once")
        piece = read(size)
        if len(piece) != size:
            raise BadRequest(400, "the body is shorter than announced")
        if not size:
            while readline(65536).strip():  # trailers
                pass
            return b"".join(pieces)
        readline(8)
        pieces.append(piece)


def _unzipped(body: bytes, limit: int) -> bytes:
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, whichever it is
    try:
        result = unzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadRequest(400, f"the body cannot be decompressed: {error}") from None
    if len(result) > limit:
        raise BadRequest(413, f"the body has more than the {limit} bytes allowed; send less at once")
    if not unzip.eof:
        raise BadRequest(400, "the compressed body is cut short")
    return result
