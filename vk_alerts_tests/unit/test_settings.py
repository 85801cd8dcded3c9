from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.settings import EMBEDDED, Settings, make_home, read_settings

DEFAULTS = {
    "executor": None,
    "heartbeat_url": None,
    "home": Path("~/.vk_alerts").expanduser(),
    "clickhouse_url": None,
    "results_url": None,
    "state_url": None,
    "catalog": None,
    "telegram_is_set": False,
    "telegram_chat": None,
    "telegram_api": None,
    "telegram_users": (),
    "console_folder": None,
    "dagster_url": None,
    "language": "ru",
    "zone": "Europe/Moscow",
    "start": datetime(2026, 1, 1, tzinfo=UTC),
}

VARIABLES = [
    ("EXECUTOR", "multiprocess", {"executor": "multiprocess"}),
    ("HEARTBEAT_URL", "https://hc.example/ping", {"heartbeat_url": "https://hc.example/ping"}),
    ("HOME", "/srv/alerts", {"home": Path("/srv/alerts")}),
    ("HOME", "~/alerts", {"home": Path("~/alerts").expanduser()}),
    ("HOME", "alerts", {"home": Path.cwd() / "alerts"}),
    ("CLICKHOUSE_URL", "http://u:p@host:8123/app", {"clickhouse_url": "http://u:p@host:8123/app"}),
    ("RESULTS_URL", "https://u:p@host/results", {"results_url": "https://u:p@host/results"}),
    (
        "STATE_URL",
        "postgresql+psycopg://u:p@host/state",
        {"state_url": "postgresql+psycopg://u:p@host/state"},
    ),
    ("CATALOG", "/etc/catalog", {"catalog": Path("/etc/catalog")}),
    ("CATALOG", "catalog", {"catalog": Path.cwd() / "catalog"}),
    ("TELEGRAM_CHAT", "-100123", {"telegram_chat": "-100123"}),
    ("TELEGRAM_CHAT", "@alerts", {"telegram_chat": "@alerts"}),
    ("TELEGRAM_API", "http://localhost:8081", {"telegram_api": "http://localhost:8081"}),
    ("TELEGRAM_API", "https://api.example//", {"telegram_api": "https://api.example"}),
    ("TELEGRAM_USERS", "77, @Ann_1 ,", {"telegram_users": ("77", "@ann_1")}),
    ("CONSOLE_FOLDER", "/tmp/alerts", {"console_folder": Path("/tmp/alerts")}),
    ("CONSOLE_FOLDER", "out", {"console_folder": Path.cwd() / "out"}),
    ("DAGSTER_URL", "https://dagster.example/", {"dagster_url": "https://dagster.example"}),
    ("LANGUAGE", "en", {"language": "en"}),
    ("LANGUAGE", "ru", {"language": "ru"}),
    ("TIMEZONE", "Asia/Yekaterinburg", {"zone": "Asia/Yekaterinburg"}),
    ("TIMEZONE", "UTC", {"zone": "UTC"}),
    ("START", "2025-06-01", {"start": datetime(2025, 6, 1, tzinfo=UTC)}),
]


def values(settings):
    return {name.name: getattr(settings, name.name) for name in fields(settings)}


def test_an_empty_environment_gives_the_defaults():
    assert values(read_settings({})) == DEFAULTS


@pytest.mark.parametrize(("name", "text", "changes"), VARIABLES)
def test_a_variable_sets_its_value_and_nothing_else(name, text, changes):
    assert values(read_settings({f"VK_ALERTS_{name}": text})) == DEFAULTS | changes


@pytest.mark.parametrize("name", sorted({name for name, _, _ in VARIABLES} | {"TELEGRAM_TOKEN"}))
@pytest.mark.parametrize("blank", ["", "  \t"])
def test_a_blank_variable_counts_as_unset(name, blank):
    assert values(read_settings({f"VK_ALERTS_{name}": blank})) == DEFAULTS


@pytest.mark.parametrize(("name", "text", "changes"), VARIABLES)
def test_space_around_a_value_does_not_matter(name, text, changes):
    assert values(read_settings({f"VK_ALERTS_{name}": f" {text}\n"})) == DEFAULTS | changes


def test_a_token_sends_messages_to_the_chat_instead_of_the_console():
    settings = read_settings({"VK_ALERTS_TELEGRAM_TOKEN": "1:secret", "VK_ALERTS_TELEGRAM_CHAT": "-100123"})
    assert values(settings) == DEFAULTS | {"telegram_is_set": True, "telegram_chat": "-100123"}
    assert settings.chats == ("-100123",)


def test_a_chat_without_a_token_leaves_messages_on_the_console():
    assert read_settings({"VK_ALERTS_TELEGRAM_CHAT": "-100123"}).chats == ("console",)
    assert read_settings({}).chats == ("console",)


ERRORS = [
    (
        {"TELEGRAM_TOKEN": "1:secret"},
        (
            "VK_ALERTS_TELEGRAM_CHAT: not set, but VK_ALERTS_TELEGRAM_TOKEN is; "
            "set the chat that alerts go to: its id, or @name of a channel"
        ),
    ),
    ({"LANGUAGE": "de"}, "VK_ALERTS_LANGUAGE: 'de' is not known; known: ru, en"),
    ({"LANGUAGE": "RU"}, "VK_ALERTS_LANGUAGE: 'RU' is not known; known: ru, en"),
    *(
        ({"TIMEZONE": zone}, f"VK_ALERTS_TIMEZONE: unknown zone {zone!r}; example: Europe/Moscow")
        for zone in (
            "Mars/Olympus",
            "Moscow",
            "Europe",
            "../etc/passwd",
            "/etc/passwd",
            ".",
            "x" * 300,
            "\udcff",
        )
    ),
    *(
        (
            {"START": text},
            f"VK_ALERTS_START: {text!r} is no date; the first day of the partitions, such as 2026-01-31",
        )
        for text in ("yesterday", "2026-02-30", "31.01.2026", "2026-01-31-00:00", "2026-01-31T00:00")
    ),
    *(
        ({name: text}, f"VK_ALERTS_{name}: an address starts with http:// or https://")
        for name in ("TELEGRAM_API", "DAGSTER_URL")
        for text in ("localhost:3000", "ftp://host", "HTTP//host")
    ),
    *(
        (
            {name: "~nobody_here/x"},
            f"VK_ALERTS_{name}: '~nobody_here/x' lies in an unknown home directory; write a full path",
        )
        for name in ("HOME", "CATALOG", "CONSOLE_FOLDER")
    ),
]


@pytest.mark.parametrize(("given", "message"), ERRORS)
def test_what_cannot_be_is_refused_in_one_line_that_names_the_variable(given, message):
    with pytest.raises(ConfigurationError) as caught:
        read_settings({f"VK_ALERTS_{name}": text for name, text in given.items()})
    assert str(caught.value) == message


def test_an_address_that_is_refused_is_not_repeated_because_it_may_hold_a_password():
    with pytest.raises(ConfigurationError) as caught:
        read_settings({"VK_ALERTS_DAGSTER_URL": "user:hunter2@host"})
    assert "hunter2" not in str(caught.value)


def test_no_secret_is_in_the_representation():
    secret = "hunter2"
    settings = read_settings(
        {
            "VK_ALERTS_TELEGRAM_TOKEN": f"1:{secret}",
            "VK_ALERTS_TELEGRAM_CHAT": "-100123",
            **{
                f"VK_ALERTS_{name}": f"https://user:{secret}@host/x"
                for name in ("CLICKHOUSE_URL", "RESULTS_URL", "STATE_URL", "TELEGRAM_API", "DAGSTER_URL")
            },
        }
    )
    for text in (repr(settings), str(settings), f"{settings}"):
        assert secret not in text


def test_the_token_is_not_kept():
    settings = read_settings({"VK_ALERTS_TELEGRAM_TOKEN": "1:hunter2", "VK_ALERTS_TELEGRAM_CHAT": "1"})
    assert not any("hunter2" in str(value) for value in values(settings).values())


def test_without_another_folder_alerts_lie_under_home(tmp_path):
    assert Settings(home=tmp_path).alerts_folder == tmp_path / "alerts"
    assert Settings(home=tmp_path, console_folder=Path("/out")).alerts_folder == Path("/out")


def test_the_environment_is_read_when_nothing_is_given(monkeypatch):
    monkeypatch.setenv("VK_ALERTS_LANGUAGE", "en")
    assert read_settings().language == "en"


def test_a_user_without_a_home_is_told_which_variable_helps(monkeypatch):
    def no_home(_path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(ConfigurationError, match=r"^VK_ALERTS_HOME: '~/\.vk_alerts' lies in an unknown home"):
        read_settings({})


@pytest.mark.parametrize(
    ("variables", "uses"),
    [
        ({}, True),
        ({"CLICKHOUSE_URL": "http://host/app"}, False),
        ({"CLICKHOUSE_URL": "http://host/app", "RESULTS_URL": "http://host/results"}, False),
        ({"CLICKHOUSE_URL": "http://host/app", "RESULTS_URL": EMBEDDED}, True),
        ({"RESULTS_URL": "http://host/results"}, True),
    ],
)
def test_the_embedded_engine_is_used_for_what_lies_nowhere_else(variables, uses):
    settings = read_settings({f"VK_ALERTS_{name}": text for name, text in variables.items()})
    assert settings.uses_embedded_engine is uses


def test_the_home_is_made_with_the_folders_above_it_once(tmp_path):
    home = tmp_path / "a" / "b"
    make_home(home)
    make_home(home)
    assert home.is_dir()


def test_a_home_that_cannot_be_made_is_refused_with_the_reason(tmp_path):
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    with pytest.raises(ConfigurationError) as caught:
        make_home(home)
    assert str(caught.value) == (
        f"VK_ALERTS_HOME {home}: cannot be made (Not a directory); name a folder of yours"
    )
