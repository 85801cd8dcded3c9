"""From a token to the first alert: what `vk-alerts telegram` says, does, and never shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vk_alerts.cli import main
from vk_alerts.delivery.double.people import say
from vk_alerts.services.doctor import Health
from vk_alerts.services.doctor.surroundings import examine_telegram
from vk_alerts.settings import TOKEN_VARIABLE, read_settings
from vk_alerts_tests.integration.bot_api import TOKEN, BotApi, api_error, bot_api, check_png, closed_port

CHAT = "-1001"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BotApi]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with bot_api() as server:
        monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
        monkeypatch.setenv("VK_ALERTS_TELEGRAM_API", server.root)
        monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        yield server


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["telegram", *arguments])
    assert TOKEN not in result.output
    assert "Traceback" not in result.output
    return result


def test_setup_finds_the_one_chat_that_wrote_tests_it_and_prints_the_settings(api: BotApi) -> None:
    say(api, 5, CHAT, "hello")
    result = run("setup")
    assert result.exit_code == 0, result.output
    (message,) = api.accepted
    assert message.chat == CHAT
    assert message.shown.text.startswith("🧪 Проверка связи.")
    check_png(message.photo or b"")
    assert result.output.splitlines()[-2:] == [
        "export VK_ALERTS_TELEGRAM_TOKEN=…   # the token from @BotFather; it is not shown here",
        "export VK_ALERTS_TELEGRAM_CHAT=-1001",
    ]
    # Nothing is confirmed: a bot that runs later sees the same.
    assert len(api.updates) == 1


def test_without_a_chat_setup_says_how_to_make_one_known(api: BotApi) -> None:
    result = run("setup")
    assert result.exit_code == 2
    assert "write to it, or add it to the group" in result.output


def test_of_several_chats_one_is_to_be_named_where_nobody_can_be_asked(api: BotApi) -> None:
    api.chats.add("77")
    say(api, 77, "77", "hello")
    say(api, 77, CHAT, "hello")
    result = run("setup")
    assert result.exit_code == 2
    assert "2 chats have written to @double_bot; name one with --chat" in result.output
    assert "user 77 (private chat)" in result.output


def test_a_webhook_is_told_and_removed_only_when_that_is_asked_for(api: BotApi) -> None:
    api.webhook = "https://other.example/hook"
    refused = run("setup")
    assert (refused.exit_code, api.webhook) == (2, "https://other.example/hook")
    assert "--remove-webhook" in refused.output
    assert "no chat has written" in run("setup", "--remove-webhook").output
    assert api.webhook == ""


def test_a_group_that_has_become_a_supergroup_is_told_so(api: BotApi) -> None:
    api.chats.add("-2002")
    api.migrated[CHAT] = "-2002"
    assert "upgraded" in run("setup", "--chat", CHAT).output


def test_a_dry_run_prints_the_alert_keeps_its_chart_and_sends_nothing(api: BotApi, tmp_path: Path) -> None:
    result = run("test", "--chat", CHAT, "--dry-run")
    assert result.exit_code == 0
    assert "not sent" in result.output
    assert "Метрика Просмотры в срезе все пользователи." in result.output
    check_png((tmp_path / "vk_alerts_test.png").read_bytes())
    assert api.calls == []


def test_a_test_alert_goes_to_the_chat_that_is_set_up(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_TELEGRAM_CHAT", CHAT)
    monkeypatch.setenv("VK_ALERTS_LANGUAGE", "en")
    assert run("test").exit_code == 0
    assert api.accepted[0].shown.text.startswith("🧪 A test.")


@pytest.mark.parametrize(
    ("amiss", "told", "status"),
    [
        ("no token", "VK_ALERTS_TELEGRAM_TOKEN is not set", 2),
        ("mistyped", "does not hold a bot's token", 2),
        ("unknown", "put a valid token into VK_ALERTS_TELEGRAM_TOKEN", 1),
        ("another program", "end it for a moment, or name the chat with --chat", 1),
        ("not there", "Telegram cannot be reached", 1),
        ("kicked", "add the bot to chat -1001", 1),
        ("gone", "chat -1001: the bot is not in it", 1),
    ],
)
def test_what_is_amiss_is_one_line_with_its_remedy(
    api: BotApi, monkeypatch: pytest.MonkeyPatch, amiss: str, told: str, status: int
) -> None:
    say(api, 5, CHAT, "hello")
    match amiss:
        case "no token":
            monkeypatch.delenv(TOKEN_VARIABLE)
        case "mistyped":
            monkeypatch.setenv(TOKEN_VARIABLE, "not a token")
        case "unknown":
            monkeypatch.setenv(TOKEN_VARIABLE, TOKEN[:-1] + "x")
        case "another program":
            conflict = "Conflict: terminated by other getUpdates request"
            api.before.extend([None, None, api_error(409, conflict)])
        case "not there":
            monkeypatch.setenv("VK_ALERTS_TELEGRAM_API", f"http://127.0.0.1:{closed_port()}")
        case "kicked":
            api.kicked.add(CHAT)
        case "gone":
            api.left.add(CHAT)
    result = run("setup")
    assert result.exit_code == status, result.output
    lines = [line for line in result.output.splitlines() if line.startswith("vk-alerts: ")]
    assert len(lines) == 1
    assert told in lines[0]


def test_nothing_waits_in_a_new_outbox(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_TELEGRAM_CHAT", CHAT)
    assert run("preview").output == "Nothing waits to be sent.\n"
    assert api.calls == []


@pytest.mark.parametrize(
    ("amiss", "health", "told"),
    [
        ("nothing", Health.GOOD, "@double_bot may write to group -1001"),
        ("unknown", Health.BROKEN, "Telegram answers 401: Unauthorized"),
        ("kicked", Health.BROKEN, "bot was kicked"),
        ("gone", Health.BROKEN, "the bot is not in it"),
        ("not there", Health.BROKEN, "Telegram cannot be reached"),
    ],
)
def test_the_doctor_tells_how_the_bot_is_and_sends_nothing(
    api: BotApi, monkeypatch: pytest.MonkeyPatch, amiss: str, health: Health, told: str
) -> None:
    monkeypatch.setenv("VK_ALERTS_TELEGRAM_CHAT", CHAT)
    if amiss == "unknown":
        monkeypatch.setenv(TOKEN_VARIABLE, TOKEN[:-1] + "x")
    if amiss == "kicked":
        api.kicked.add(CHAT)
    if amiss == "gone":
        api.left.add(CHAT)
    if amiss == "not there":
        monkeypatch.setenv("VK_ALERTS_TELEGRAM_API", f"http://127.0.0.1:{closed_port()}")
    finding = examine_telegram(read_settings())
    assert finding.health is health
    assert told in finding.detail
    assert bool(finding.remedy) is (health is Health.BROKEN)
    assert TOKEN not in str(finding)
    assert api.accepted == []
