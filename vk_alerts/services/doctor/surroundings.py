"""What lies around the product: its home, the disk, Telegram, Dagster."""

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from vk_alerts.delivery.introduction import introduce
from vk_alerts.errors import VkAlertsError
from vk_alerts.services.doctor.finding import Finding, broken, good, warning
from vk_alerts.settings import TOKEN_VARIABLE, Settings, make_home

HOME, TELEGRAM, DAGSTER = "Home", "Telegram", "Dagster"
_LEAST_FREE_BYTES = 2 * 2**30
_GIB = 2**30


def examine_home(settings: Settings) -> Iterator[Finding]:
    """Whether the home can be written and has room."""
    try:
        make_home(settings.home)
        probe = settings.home / f".doctor-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except VkAlertsError as error:
        yield broken(HOME, error)
        return
    except OSError as error:
        told = f"{settings.home}: cannot be written ({error.strerror})"
        yield broken(HOME, told, "name a folder of yours in VK_ALERTS_HOME")
        return
    free = shutil.disk_usage(settings.home).free
    told = f"{settings.home}: writable, {free / _GIB:.1f} GiB free"
    if free < _LEAST_FREE_BYTES:
        yield warning(HOME, told, "make room, or move VK_ALERTS_HOME to a larger disk")
    else:
        yield good(HOME, told)


def examine_telegram(settings: Settings) -> Finding:
    """Whether Telegram knows the bot and lets it write to the chat; sends nothing."""
    if not settings.telegram_is_set:
        told = f"{TOKEN_VARIABLE} is not set: messages are printed and kept under {settings.alerts_folder}"
        return warning(TELEGRAM, told, "set it to be told in Telegram")
    try:
        found = introduce(TOKEN_VARIABLE, settings.chats, api_root=settings.telegram_api)
    except VkAlertsError as error:
        return broken(TELEGRAM, error)
    return good(TELEGRAM, f"{found.bot} may write to {', '.join(found.chats)}")


def examine_dagster(settings: Settings) -> Iterator[Finding]:
    """Whether Dagster's home is set up and its packages fit together."""
    folder = Path(os.environ.get("DAGSTER_HOME") or settings.home / "dagster")
    versions = {name: importlib.metadata.version(name) for name in ("dagster", "dagster-webserver")}
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield broken(DAGSTER, told, "install the same version of both")
        return
    told = f"version {versions['dagster']}, home {folder}"
    if not (folder / "dagster.yaml").exists():
        yield warning(DAGSTER, f"{told}: no dagster.yaml there yet", "'vk-alerts up' writes one")
    else:
        yield good(DAGSTER, told)


def examine_zone(settings: Settings, now: datetime) -> Finding:
    """What time it is, as people will read it."""
    local = now.astimezone(ZoneInfo(settings.zone))
    return good("Zone", f"{settings.zone}: it is {local:%Y-%m-%d %H:%M} there")
