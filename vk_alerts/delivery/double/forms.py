"""What a request holds: fields of forms, JSON and multipart bodies, and whether a picture is one."""

import json
import re
import struct
import zlib
from typing import Any
from urllib.parse import parse_qsl

from vk_alerts.delivery.double.faults import RefusalError

PHOTO_BYTES = 10 * 2**20
_SIDES, _RATIO = 10_000, 20
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a body: files as bytes, all else as text.

    Raises:
        RefusalError: a multipart body is malformed.
        ValueError: the text is none.
    """
    kind, _, rest = content_type.partition(";")
    if kind == "multipart/form-data":
        return parse_multipart(body, rest.partition("boundary=")[2].strip('"').encode())
    if kind == "application/json":
        return dict(json.loads(body))
    return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body)))


def parse_multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    """Fields of a multipart body: files as bytes, all else as text; malformed bodies raise `RefusalError`."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if parts[0] or not parts[-1].startswith(b"--"):
        raise RefusalError(400, "Bad Request: malformed multipart body")
    fields: dict[str, Any] = {}
    for part in parts[1:-1]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if not separator or not name:
            raise RefusalError(400, "Bad Request: malformed multipart body")
        is_file = b"filename=" in head
        fields[name[1].decode()] = content if is_file else content.decode("utf-8")
    return fields


def check_png(photo: bytes) -> None:
    """Signature, checksums of all chunks, IEND at the end, and Telegram's limits for sides."""
    if not photo.startswith(_SIGNATURE):
        raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")
    position, kinds = len(_SIGNATURE), []
    while position + 12 <= len(photo):
        (size,) = struct.unpack_from(">I", photo, position)
        kind, content = photo[position + 4 : position + 8], photo[position + 8 : position + 8 + size]
        check = photo[position + 8 + size : position + 12 + size]
        if len(check) < 4 or zlib.crc32(kind + content) != struct.unpack(">I", check)[0]:
            raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", content)
            if width + height > _SIDES or max(width, height) > _RATIO * min(width, height):
                raise RefusalError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        kinds.append(kind)
        position += 12 + size
    if position != len(photo) or kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"]:
        raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")
