"""What the environment says: one value read once at the rim and passed on."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vk_alerts.errors import ConfigurationError

LANGUAGES = ("ru", "en")
TOKEN_VARIABLE = "VK_ALERTS_TELEGRAM_TOKEN"  # noqa: S105 - a name, not a token
_DEFAULT_HOME = "~/.vk_alerts"
# The first partition. Fixed, because Dagster's partition keys are counted from it.
_DEFAULT_START = datetime(2026, 1, 1, tzinfo=UTC)
CONSOLE_CHAT = "console"
# What VK_ALERTS_RESULTS_URL holds besides URLs: results in the embedded engine, wherever the events are.
EMBEDDED = "embedded"
_USER = re.compile(r"[0-9]{1,20}|@[a-z0-9_]{2,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how people are spoken to.

    URLs may hold passwords and are left out of the representation. The Telegram token is not here at all: who
    sends reads it from the environment.

    Attributes:
        home: folder of everything that is kept in files.
        clickhouse_url: events; None = the embedded engine under ``home``.
        results_url: snapshots and scores; ``embedded`` = the embedded engine under ``home``, None = where the
            events are.
        state_url: SQLAlchemy URL of incidents and outbox; None = a SQLite file under ``home``.
        catalog: folder of YAML files; None = the packaged catalog.
        telegram_is_set: whether a token is set, so that messages go to Telegram and not to the console.
        telegram_chat: where messages go.
        telegram_api: root URL of another Bot API server.
        telegram_users: who may press buttons and ask the bot: ids, and names with their ``@``, in lower
            case; empty = nobody, and messages have no buttons.
        console_folder: where charts and messages are kept without Telegram; None = under ``home``.
        dagster_url: address of the Dagster UI, for links.
        language: ``ru`` or ``en``.
        zone: the zone people read times in, and whose days the metrics follow.
        start: first window of the partitions, aware UTC.
        executor: of Dagster's steps; None = in the run's own process.
        heartbeat_url: asked for after each healthy cycle; may hold a secret.
    """

    home: Path
    clickhouse_url: str | None = field(default=None, repr=False)
    results_url: str | None = field(default=None, repr=False)
    state_url: str | None = field(default=None, repr=False)
    catalog: Path | None = None
    telegram_is_set: bool = False
    telegram_chat: str | None = None
    telegram_api: str | None = field(default=None, repr=False)
    telegram_users: tuple[str, ...] = ()
    console_folder: Path | None = None
    dagster_url: str | None = field(default=None, repr=False)
    language: str = "ru"
    zone: str = "Europe/Moscow"
    start: datetime = _DEFAULT_START
    executor: str | None = None
    heartbeat_url: str | None = field(default=None, repr=False)

    @property
    def uses_embedded_engine(self) -> bool:
        """Whether events or results lie in the embedded engine under ``home``."""
        return self.clickhouse_url is None or self.results_url == EMBEDDED

    @property
    def chats(self) -> tuple[str, ...]:
        """Where messages go."""
        return (self.telegram_chat,) if self.telegram_is_set and self.telegram_chat else (CONSOLE_CHAT,)

    @property
    def alerts_folder(self) -> Path:
        """Where the console notifier keeps charts and messages."""
        return self.console_folder or self.home / "alerts"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment's ``VK_ALERTS_…`` variables say; an empty variable counts as unset.

    Raises:
        ConfigurationError: a variable holds what it cannot; the message names it.
    """
    variables = os.environ if environment is None else environment

    def value(name: str) -> str | None:
        return variables.get(f"VK_ALERTS_{name}", "").strip() or None

    telegram_is_set = bool(variables.get(TOKEN_VARIABLE, "").strip())
    chat = value("TELEGRAM_CHAT")
    if telegram_is_set and chat is None:
        raise ConfigurationError(
            f"VK_ALERTS_TELEGRAM_CHAT: not set, but {TOKEN_VARIABLE} is; "
            "set the chat that alerts go to: its id, or @name of a channel"
        )
    return Settings(
        home=_folder("HOME", value("HOME") or _DEFAULT_HOME),
        clickhouse_url=value("CLICKHOUSE_URL"),
        results_url=value("RESULTS_URL"),
        state_url=value("STATE_URL"),
        catalog=_optional_folder("CATALOG", value("CATALOG")),
        telegram_is_set=telegram_is_set,
        telegram_chat=chat,
        telegram_api=_url("TELEGRAM_API", value("TELEGRAM_API")),
        telegram_users=_users(value("TELEGRAM_USERS")),
        console_folder=_optional_folder("CONSOLE_FOLDER", value("CONSOLE_FOLDER")),
        dagster_url=_url("DAGSTER_URL", value("DAGSTER_URL")),
        language=_one_of("LANGUAGE", value("LANGUAGE") or "ru", LANGUAGES),
        zone=_zone(value("TIMEZONE") or "Europe/Moscow"),
        start=_date(value("START")),
        executor=value("EXECUTOR"),
        heartbeat_url=_url("HEARTBEAT_URL", value("HEARTBEAT_URL")),
    )


def make_home(home: Path) -> None:
    """Makes the home's folder.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"VK_ALERTS_HOME {home}: cannot be made ({error.strerror}); name a folder of yours"
        ) from error


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ConfigurationError(f"VK_ALERTS_{name}: {value!r} is not known; known: {', '.join(known)}")
    return value


def _folder(name: str, value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # ~somebody, or a user without a home, as in a container with a number for a user
        raise ConfigurationError(
            f"VK_ALERTS_{name}: {value!r} lies in an unknown home directory; write a full path"
        ) from None


def _optional_folder(name: str, value: str | None) -> Path | None:
    return None if value is None else _folder(name, value)


def _url(name: str, value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise ConfigurationError(f"VK_ALERTS_{name}: an address starts with http:// or https://")
    return None if value is None else value.rstrip("/")


def _users(value: str | None) -> tuple[str, ...]:
    users = tuple(user.strip().lower() for user in (value or "").split(",") if user.strip())
    for user in users:
        if not _USER.fullmatch(user):
            raise ConfigurationError(
                f"VK_ALERTS_TELEGRAM_USERS: {user!r} is neither a user's id nor a @name; "
                "example: 123456789, @ann_on_duty"
            )
    return users


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as Europe
        raise ConfigurationError(
            f"VK_ALERTS_TIMEZONE: unknown zone {value!r}; example: Europe/Moscow"
        ) from None


def _date(value: str | None) -> datetime:
    if value is None:
        return _DEFAULT_START
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigurationError(
            f"VK_ALERTS_START: {value!r} is no date; the first day of the partitions, such as 2026-01-31"
        ) from None
