"""Delivery to a terminal and a folder: what Telegram would have shown, where no bot is set up."""

import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from vk_alerts.alerting.render import plain
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.errors import DeliveryPostponed, DeliveryUncertain

LOG_NAME = "messages.jsonl"
_RULE = "─" * 72
_NAME_LIMIT = 60


class ConsoleNotifier:
    """Prints messages and keeps them: charts as PNG files, texts as lines of ``messages.jsonl``.

    Args:
        folder: where the files go; made when missing.
        stream: where the messages are printed.
    """

    def __init__(self, folder: Path, stream: TextIO) -> None:
        self._folder = folder
        self._stream = stream

    def send(self, message: OutgoingMessage) -> Receipt:
        """Print one message and keep it; see `Session.send`.

        The receipt's id is the line's number in ``messages.jsonl``, so that replies can be followed.

        Raises:
            DeliveryPostponed: the folder cannot be written; nothing was kept or printed.
            DeliveryUncertain: kept, but the stream is closed.
        """
        text = plain(message.caption)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            chart = None if message.photo is None else self._keep(message.photo, text)
            number = self._record(message, text, chart)
        except OSError as error:
            raise DeliveryPostponed(
                f"folder {str(self._folder)!r}: cannot keep the message ({error.strerror or error}); "
                "make it writable, or set VK_ALERTS_HOME"
            ) from error
        try:
            print(_shown(message, text, chart, number), file=self._stream, flush=True)
        except (OSError, ValueError) as error:
            raise DeliveryUncertain(
                f"message {number} is in {LOG_NAME}, but printing it failed: {error}"
            ) from error
        return Receipt(str(number), chart=None if chart is None else str(chart))

    @contextmanager
    def session(self) -> Iterator["ConsoleNotifier"]:
        """Itself: there is nothing to open; see `Notifier.session`."""
        yield self

    def _keep(self, photo: bytes, text: str) -> Path:
        """The chart's file, complete or not there at all; the same message always has the same name."""
        digest = hashlib.sha256(photo).hexdigest()[:8]
        path = self._folder / f"{_file_stem(text)}-{digest}.png"
        descriptor, partial = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(photo)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return path

    def _record(self, message: OutgoingMessage, text: str, chart: Path | None) -> int:
        path = self._folder / LOG_NAME
        line = json.dumps(
            {
                "chat": message.chat,
                "text": text,
                "chart": None if chart is None else str(chart),
                "silent": message.silent,
                "reply_to": message.reply_to,
            }
            | ({} if message.edits is None else {"edits": message.edits.message_id}),
            ensure_ascii=False,
        )
        # One write in append mode: lines of two processes do not mix.
        with path.open("a+b") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            file.seek(0)
            return sum(1 for _ in file)


def _shown(message: OutgoingMessage, text: str, chart: Path | None, number: int) -> str:
    head = [f"→ {message.chat}", f"#{number}"]
    if message.edits is not None:
        head.append(f"✎ #{message.edits.message_id}")
    if message.reply_to:
        head.append(f"↩ #{message.reply_to}")
    if message.silent:
        head.append("🔕")
    lines = [_RULE, "  ".join(head), text]
    if chart is not None:
        lines.append(f"🖼 {chart}")
    return "\n".join([*lines, _RULE])


def _file_stem(text: str) -> str:
    """The first line as a file name: letters and digits of any script, words joined by ``-``."""
    first = text.split("\n", 1)[0]
    words = "".join(
        character if unicodedata.category(character)[0] in "LN" else " " for character in first
    ).split()
    stem = "-".join(words)
    # File systems limit names to 255 bytes; a letter takes up to four.
    return stem[:_NAME_LIMIT].rstrip("-") or "message"
