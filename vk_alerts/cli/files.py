"""The files that commands write: refused before a long run when they could not be written after it."""

import json
import os
from pathlib import Path

from vk_alerts.errors import ConfigurationError


def require_writable(option: str, path: Path, home: Path | None = None) -> None:
    """Raises ConfigurationError, before the long run, when its end could not be written."""
    folder = path.parent
    if folder != home and not folder.is_dir():
        raise ConfigurationError(f"{option} {path}: the folder {folder} does not exist")
    existing = path if path.exists() else folder
    if existing.exists() and not os.access(existing, os.W_OK):
        raise ConfigurationError(f"{option} {path}: cannot be written: no permission")


def as_json(content: dict[str, object]) -> str:
    """The text of a JSON file."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def write(option: str, path: Path, text: str) -> None:
    """Writes what an option asked for; raises ConfigurationError when that fails."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: cannot be written: {error.strerror}") from error
