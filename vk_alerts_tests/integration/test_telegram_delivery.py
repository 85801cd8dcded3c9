"""What TelegramNotifier does on the wire, against a strict server that fails before and after acceptance."""

import asyncio
import io
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest

from vk_alerts.charts import sparkline
from vk_alerts.delivery.answers import PlainRequest, UnansweredError
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt, Told
from vk_alerts.delivery.telegram import TOKEN_VARIABLE, TelegramNotifier
from vk_alerts.errors import (
    ConfigurationError,
    DeliveryError,
    DeliveryHalted,
    DeliveryPostponed,
    DeliveryRefused,
    DeliverySlowedDown,
    DeliveryUncertain,
)
from vk_alerts_tests.integration.bot_api import (
    TOKEN,
    BotApi,
    Fault,
    Way,
    api_error,
    bot_api,
    closed_port,
    web_page,
)

CHAT = "-1001"
CAPTION = '🔴 <b>Лайки ↓ 31 %</b>\n<a href="https://bi.example/c?a=1&amp;b=2">Чарт</a> @owner'


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    monkeypatch.setenv(TOKEN_VARIABLE, f" {TOKEN}\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with bot_api() as server:
        yield server


@pytest.fixture(scope="module")
def photo() -> bytes:
    import numpy as np

    return sparkline(np.arange(9.0), np.arange(9.0), np.arange(9) > 7)


def notifier(api: BotApi, seconds: float = 20) -> TelegramNotifier:
    return TelegramNotifier(api_root=api.root, deadline=timedelta(seconds=seconds))


def failure(api: BotApi, message: OutgoingMessage, seconds: float = 20) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier(api, seconds).send(message)
    return caught.value


def test_a_photo_arrives_with_its_caption_parsed_and_every_byte(api: BotApi, photo: bytes) -> None:
    receipt = notifier(api).send(OutgoingMessage(CHAT, CAPTION, photo))
    (message,) = api.accepted
    assert receipt == Receipt(str(message.message_id), photo_id=next(iter(api.files)))
    assert message.photo == photo
    assert message.shown.text == "🔴 Лайки ↓ 31 %\nЧарт @owner"
    assert message.shown.links == [("Чарт", "https://bi.example/c?a=1&b=2")]
    assert not message.silent


def test_one_message_is_one_call(api: BotApi, photo: bytes) -> None:
    notifier(api).send(OutgoingMessage(CHAT, CAPTION, photo))
    assert [method for method, _ in api.calls] == ["sendPhoto"]


def test_a_message_without_a_photo_is_a_text_without_link_preview(api: BotApi) -> None:
    notifier(api).send(OutgoingMessage(CHAT, CAPTION, silent=True))
    (message,) = api.accepted
    assert (message.photo, message.silent, message.preview) == (None, True, False)


def test_the_same_notifier_sends_again_in_a_new_event_loop(api: BotApi, photo: bytes) -> None:
    telegram = notifier(api)
    receipts = [telegram.send(OutgoingMessage(CHAT, CAPTION, photo)) for _ in range(3)]
    assert [receipt.message_id for receipt in receipts] == ["101", "102", "103"]
    assert len(api.accepted) == 3


def test_a_reply_points_at_its_message_and_goes_out_without_it(api: BotApi) -> None:
    first = notifier(api).send(OutgoingMessage(CHAT, "первое"))
    notifier(api).send(OutgoingMessage(CHAT, "ответ", reply_to=first.message_id))
    notifier(api).send(OutgoingMessage(CHAT, "в пустоту", reply_to="999"))
    notifier(api).send(OutgoingMessage(CHAT, "console", reply_to="not-a-number"))
    assert [message.reply_to for message in api.accepted] == [None, 101, None, None]


CERTAINLY_NOT = [
    (api_error(429, "Too Many Requests: retry after 17", retry_after=17), DeliverySlowedDown, 17),
    (web_page(403, "Forbidden by proxy"), DeliveryPostponed, 15),
    (web_page(404), DeliveryPostponed, 15),
    (web_page(302), DeliveryPostponed, 15),
    (api_error(401, "Unauthorized"), DeliveryHalted, 60),
    (api_error(404, "Not Found"), DeliveryHalted, 60),
    (api_error(403, "Forbidden: bot was blocked by the user"), DeliveryRefused, None),
    (api_error(400, "Bad Request: chat not found"), DeliveryRefused, None),
    (api_error(400, "Bad Request: TOPIC_CLOSED"), DeliveryRefused, None),
]


@pytest.mark.parametrize(("fault", "kind", "after"), CERTAINLY_NOT)
def test_a_refusal_is_told_as_what_it_is(
    api: BotApi, photo: bytes, fault: Fault, kind: type[DeliveryError], after: float | None
) -> None:
    api.before.append(fault)
    error = failure(api, OutgoingMessage(CHAT, CAPTION, photo))
    assert type(error) is kind
    assert getattr(error, "after_seconds", None) == after
    assert "\n" not in str(error)
    assert api.accepted == []


AMBIGUOUS = [
    Fault(Way.RESET),
    Fault(Way.CLOSE),
    Fault(Way.HALF, body=b'{"ok": true, "re'),
    Fault(Way.ANSWER, 200, b"<html>welcome</html>", "text/html"),
    Fault(Way.ANSWER, 200, b'{"ok": true}'),
    Fault(Way.ANSWER, 200, b'{"ok": true, "result": []}'),
    Fault(Way.ANSWER, 200, b'{"ok": true, "result": {"message_id": "?"}}'),
    Fault(Way.ANSWER, 200, b"\xff\xfe\x00"),
    web_page(502),
    api_error(500, "Internal Server Error"),
]


@pytest.mark.parametrize("fault", AMBIGUOUS)
@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
def test_a_lost_answer_is_uncertain_and_never_sent_twice(
    api: BotApi, photo: bytes, fault: Fault, accepted: bool
) -> None:
    (api.after if accepted else api.before).append(fault)
    error = failure(api, OutgoingMessage(CHAT, CAPTION, photo))
    assert type(error) is DeliveryUncertain
    assert len(api.accepted) == int(accepted)
    assert len(api.calls) == 1


NEW_TO_THE_LIBRARY = [
    {"message_id": 7},
    {
        "message_id": 7,
        "date": 0,
        "chat": {"id": -1001, "type": "group"},
        "link_preview_options": "a new form",
    },
]


@pytest.mark.parametrize("result", NEW_TO_THE_LIBRARY)
def test_an_answer_that_names_the_message_is_a_receipt_whatever_else_is_new_in_it(
    api: BotApi, photo: bytes, result: dict[str, object]
) -> None:
    body = json.dumps({"ok": True, "result": result}).encode()
    api.after.append(Fault(Way.ANSWER, 200, body))
    assert notifier(api).send(OutgoingMessage(CHAT, CAPTION, photo)) == Receipt("7", photo_id="")
    assert (len(api.accepted), len(api.calls)) == (1, 1)


def test_an_edit_that_is_answered_by_a_mere_ok_is_made(api: BotApi) -> None:
    first = notifier(api).send(OutgoingMessage(CHAT, "old"))
    api.after.append(Fault(Way.ANSWER, 200, b'{"ok": true, "result": null}'))
    edit = OutgoingMessage(CHAT, "new", edits=Told(first.message_id, has_photo=False))
    assert notifier(api).send(edit) == Receipt(first.message_id)
    assert [(message.shown.text, message.edits) for message in api.accepted] == [("new", 1)]


def test_the_receipt_of_one_message_is_none_for_the_next(api: BotApi) -> None:
    with notifier(api).session() as session:
        first = session.send(OutgoingMessage(CHAT, "old"))
        edit = OutgoingMessage(CHAT, "new", edits=Told("not a number", has_photo=False))
        with pytest.raises(DeliveryUncertain):
            session.send(edit)
    assert [str(message.message_id) for message in api.accepted] == [first.message_id]


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
def test_the_own_deadline_ends_an_endless_wait(api: BotApi, accepted: bool) -> None:
    (api.after if accepted else api.before).append(Fault(Way.HANG))
    error = failure(api, OutgoingMessage(CHAT, CAPTION), seconds=0.3)
    assert type(error) is DeliveryUncertain
    assert "0.3 s" in str(error)


def test_a_read_timeout_is_uncertain(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vk_alerts.delivery.telegram._READ_SECONDS", 0.2)
    api.after.append(Fault(Way.HANG))
    assert type(failure(api, OutgoingMessage(CHAT, CAPTION))) is DeliveryUncertain


def test_a_message_that_waits_for_a_free_connection_in_vain_never_left(api: BotApi) -> None:
    api.before.append(Fault(Way.HANG))

    async def two_at_once() -> BaseException:
        request = PlainRequest(connection_pool_size=1, pool_timeout=0.2, httpx_kwargs={"trust_env": False})
        url = f"{api.root}/bot{TOKEN}/getMe"
        first = asyncio.create_task(request.do_request(url, "POST"))
        while not api.calls:
            await asyncio.sleep(0.01)
        try:
            await request.do_request(url, "POST")
        except UnansweredError as error:
            return error
        finally:
            api.stopping.set()
            await asyncio.gather(first, return_exceptions=True)
            await request.shutdown()
        raise AssertionError("the second one got through")

    error = asyncio.run(two_at_once())
    assert isinstance(error, UnansweredError)
    assert (error.may_have_arrived, len(api.calls)) == (False, 1)


def test_a_refused_connection_is_postponed(api: BotApi) -> None:
    telegram = TelegramNotifier(api_root=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(DeliveryPostponed, match="cannot be reached"):
        telegram.send(OutgoingMessage(CHAT, CAPTION))


def test_a_failed_handshake_is_postponed(api: BotApi) -> None:
    telegram = TelegramNotifier(api_root=api.root.replace("http:", "https:"))
    with pytest.raises(DeliveryPostponed, match="cannot be reached"):
        telegram.send(OutgoingMessage(CHAT, CAPTION))


def test_a_proxy_in_the_environment_is_used(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server takes requests with a whole URL in them, as a proxy does.
    monkeypatch.setenv("http_proxy", api.root)
    monkeypatch.delenv("no_proxy", raising=False)
    TelegramNotifier(api_root="http://telegram.invalid").send(OutgoingMessage(CHAT, "через прокси"))
    assert [message.shown.text for message in api.accepted] == ["через прокси"]


def test_a_socks_proxy_without_its_package_is_named(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(ConfigurationError, match="SOCKS"):
        TelegramNotifier(api_root="http://telegram.invalid").send(OutgoingMessage(CHAT, "текст"))


def test_markup_that_telegram_refuses_goes_out_once_more_as_plain_text(api: BotApi, photo: bytes) -> None:
    broken = '<b>Лайки <a href="https://bi.example/c">Чарт</a>'
    receipt = notifier(api).send(OutgoingMessage(CHAT, broken, photo))
    (message,) = api.accepted
    assert message.shown.text == "Лайки Чарт: https://bi.example/c"
    assert message.photo == photo
    assert receipt.note.startswith("as plain text")
    assert len(api.calls) == 2


def test_a_caption_that_is_too_long_is_shortened(api: BotApi, photo: bytes) -> None:
    receipt = notifier(api).send(OutgoingMessage(CHAT, "😀" * 600, photo))
    (message,) = api.accepted
    assert message.shown.units <= 1024
    assert message.shown.text.endswith("😀…")
    assert receipt.note.startswith("shortened")


@pytest.mark.parametrize("bad", [b"GIF89a", b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_picture_that_telegram_refuses_leaves_the_text(api: BotApi, bad: bytes) -> None:
    receipt = notifier(api).send(OutgoingMessage(CHAT, CAPTION, bad))
    (message,) = api.accepted
    assert message.photo is None
    assert message.shown.text.startswith("🔴 Лайки")
    assert receipt.note.startswith("without the photo")


def test_a_group_that_became_a_supergroup_is_told_with_its_new_id(api: BotApi, photo: bytes) -> None:
    api.migrated["-5"] = CHAT
    receipt = notifier(api).send(OutgoingMessage("-5", CAPTION, photo))
    assert receipt.migrated_to == CHAT
    assert [message.chat for message in api.accepted] == [CHAT]


def test_chats_that_point_at_each_other_end(api: BotApi) -> None:
    api.migrated |= {"-5": "-6", "-6": "-5"}
    assert type(failure(api, OutgoingMessage("-5", CAPTION))) is DeliveryRefused
    assert len(api.calls) == 2


def test_a_session_goes_on_after_a_refusal_over_the_same_connection(api: BotApi) -> None:
    api.kicked.add("-7")
    with notifier(api).session() as session:
        with pytest.raises(DeliveryRefused):
            session.send(OutgoingMessage("-7", "а"))
        assert session.send(OutgoingMessage(CHAT, "б")).message_id == "101"


def test_a_session_needs_a_token_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with (
        pytest.raises(ConfigurationError, match=f"{TOKEN_VARIABLE} is not set"),
        TelegramNotifier().session(),
    ):
        pass


@pytest.mark.parametrize("value", ["", "  ", "abc", "123456789:short", f"{TOKEN}/../x", f"bot{TOKEN}"])
def test_a_variable_without_a_token_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, value)
    with pytest.raises(ConfigurationError) as caught:
        TelegramNotifier().send(OutgoingMessage(CHAT, CAPTION))
    assert TOKEN_VARIABLE in str(caught.value)
    assert not value.strip() or value.strip() not in str(caught.value)


@pytest.mark.parametrize("root", ["api.telegram.org", "localhost:8081", "ftp://host", "http://"])
def test_an_api_root_that_is_no_url_is_refused_at_once(root: str) -> None:
    with pytest.raises(ConfigurationError, match="VK_ALERTS_TELEGRAM_API"):
        TelegramNotifier(api_root=root)


ECHOES = [
    None,
    web_page(404, f"The requested URL /bot{TOKEN}/sendPhoto was not found"),
    web_page(502, f"upstream /bot{TOKEN.replace(':', '%3A')}/sendPhoto"),
    api_error(401, f"Unauthorized: {TOKEN}"),
    api_error(400, f"Bad Request: {TOKEN}"),
    Fault(Way.ANSWER, 200, f"<p>{TOKEN}</p>".encode()),
    Fault(Way.RESET),
    Fault(Way.HALF, body=TOKEN.encode()),
]


@pytest.mark.parametrize("fault", ECHOES)
def test_the_token_is_in_no_log_error_or_repr(
    api: BotApi, photo: bytes, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    caplog.set_level(1)
    written = io.StringIO()
    api.before.append(fault)
    telegram = notifier(api)
    try:
        written.write(repr(telegram.send(OutgoingMessage(CHAT, CAPTION, photo))))
    except DeliveryError as error:
        seen: BaseException | None = error
        while seen is not None:
            written.write(f"{seen!r} {seen} {vars(seen)}")
            seen = seen.__cause__ or seen.__context__
        written.write(
            "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        )
    for record in caplog.records:
        written.write(logging.Formatter("%(name)s %(message)s %(args)s").format(record))
    written.write(repr(telegram) + repr(vars(telegram)))
    secret = TOKEN.partition(":")[2]
    assert caplog.records
    assert secret not in written.getvalue()


def test_the_token_is_not_in_the_locals_of_a_traceback(api: BotApi, photo: bytes) -> None:
    api.before.append(api_error(403, "Forbidden: bot was blocked by the user"))
    error = failure(api, OutgoingMessage(CHAT, CAPTION, photo))
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert TOKEN.partition(":")[2] not in shown
