"""Writes the files of a deployment; the same code runs there, told apart by the environment only."""

import sys
from enum import StrEnum
from importlib import resources
from pathlib import Path
from string import Template

from vk_alerts.errors import ConfigurationError

_PREFIX = Path(sys.prefix)
_WORKSPACE = "/etc/vk_alerts/workspace.yaml"
_CODE = "dagster api grpc -m vk_alerts.definitions -h 127.0.0.1 -p 4000"
_WEBSERVER = f"dagster-webserver -w {_WORKSPACE} -h 127.0.0.1 -p 3000"
# What each unit runs, and after which others it starts.
_UNITS = {
    "vk-alerts-code": ("Dagster's code server", _CODE, ""),
    "vk-alerts-webserver": ("Dagster's UI", _WEBSERVER, "code"),
    "vk-alerts-daemon": ("schedules and sensors", f"dagster-daemon run -w {_WORKSPACE}", "code"),
    "vk-alerts-health": ("an address to ask whether alerts would come", "vk-alerts health", ""),
    "vk-alerts-bot": ("buttons and commands in Telegram", "vk-alerts bot", ""),
}
_STORAGE = """
# Dagster's own storage; without it, SQLite files in DAGSTER_HOME.
storage:
  postgres:
    postgres_url:
      env: DAGSTER_POSTGRES_URL
"""


class Kind(StrEnum):
    """How the processes are kept running."""

    SYSTEMD = "systemd"
    COMPOSE = "compose"


def write_deployment(folder: Path, kind: Kind) -> list[Path]:
    """Writes the files of a deployment into a folder, which is made; returns them.

    Raises:
        ConfigurationError: one of them is there already, or cannot be written.
    """
    texts = _files(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = [name for name in texts if (folder / name).exists()]
        if there:
            raise ConfigurationError(
                f"{folder / there[0]}: is there already and is kept; name another folder, or move it away"
            )
        for name, text in texts.items():
            path = folder / name
            path.touch(mode=0o600 if name.endswith(".env") else 0o644)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be written: {error.strerror}") from error
    return [folder / name for name in texts]


def _files(kind: Kind) -> dict[str, str]:
    dagster = (resources.files("vk_alerts") / "dagster.yaml").read_text("utf-8").rstrip() + "\n" + _STORAGE
    host = "code" if kind is Kind.COMPOSE else "127.0.0.1"
    common = {
        "vk-alerts.env": _text("vk-alerts.env"),
        "dagster.yaml": dagster,
        "workspace.yaml": Template(_text("workspace.yaml")).substitute(host=host),
    }
    if kind is Kind.COMPOSE:
        return common | {name: _text(name) for name in ("compose.yaml", "Dockerfile")}
    unit = Template(_text("vk-alerts.service"))
    return common | {
        f"{name}.service": unit.substitute(
            title=title,
            after=f"vk-alerts-{after}.service" if after else "",
            command=f"{_PREFIX / 'bin'}/{command}",
        )
        for name, (title, command, after) in _UNITS.items()
    }


def _text(name: str) -> str:
    return (resources.files(__package__) / "files" / name).read_text("utf-8")
