"""Every kind of message, read as prose in the snapshots, and what must hold for each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from vk_alerts.alerting.markup import length, plain
from vk_alerts.alerting.messages.dispatch import message
from vk_alerts.alerting.messages.layout import fitted
from vk_alerts.alerting.messages.voice import Voice
from vk_alerts.alerting.render import caption, crowd_digest, missed_digest
from vk_alerts.alerting.story import Contribution, Event, Language, NotificationKind, Reading, Story
from vk_alerts.alerting.wording import wording
from vk_alerts_tests.integration.telegram_html import parse_html
from vk_alerts_tests.unit.alerting.kinds import kinds, kinds_in_english
from vk_alerts_tests.unit.alerting.stories import CTR, WINDOW, reading, story

RUSSIAN, ENGLISH = Language.RUSSIAN, Language.ENGLISH
LISTS = (NotificationKind.SUMMARY, NotificationKind.DIGEST)


def shown(told: Story, language: Language = RUSSIAN, **ways: bool) -> str:
    return plain(caption(told, language=language, **ways), with_urls=False).replace("\u00a0", " ")


def test_there_is_a_story_of_every_kind() -> None:
    assert {told.kind for told in kinds().values()} == set(NotificationKind)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", kinds())
def test_a_kind_of_message_reads_as_approved(
    name: str, language: Language, snapshot: SnapshotAssertion
) -> None:
    told = kinds() if language is RUSSIAN else kinds_in_english()
    assert shown(told[name], language) == snapshot


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("told", kinds().values(), ids=kinds())
def test_every_kind_of_message_is_short_enough_and_strictly_valid(told: Story, language: Language) -> None:
    text = caption(told, language=language, is_repeat=True)
    assert length(text) <= 1024
    assert parse_html(text).text == plain(text, with_urls=False).strip()


@pytest.mark.parametrize("told", kinds().values(), ids=kinds())
def test_every_kind_of_message_names_the_owner(told: Story) -> None:
    assert "@likes_owner" in shown(told)


@pytest.mark.parametrize(
    "told", [told for told in kinds().values() if told.outage is None and told.kind not in LISTS]
)
def test_every_message_on_a_metric_says_the_fixed_sentences_second(told: Story) -> None:
    second = shown(told).split("\n")[1]
    assert second.startswith(f"Метрика {told.headline.title} в срезе ")
    assert ". Текущее значение " in second
    assert ". Отклонение " in second


FIRST_WORDS = [
    ("open with all there is to tell", "🔴 Лайки ↓ 31 % · Android · 14:15–14:30 МСК"),
    ("open of a storm", "🔴 Массовый сбой: 214 из 480 рядов вне нормы · 14:15–14:30 МСК"),
    ("update: it is over", "🟢 Лайки ↓ 31 % · Android · 14:15–14:30 МСК · восстановилось"),
    ("update: it was corrected", "🟢 Лайки ↓ 31 % · Android · 14:15–14:30 МСК · исправлено: пересчёт данных"),
    ("worse", "🔴 Хуже: Лайки ↓ 52 % · Android"),
    ("remind", "🔴 Всё ещё: Лайки ↓ 31 % · Android"),
    ("escalate", "🚨 Резко хуже: Лайки ↓ 85 % · Android"),
    ("flapping", "🟠 То и дело: Лайки ↓ 31 % · Android"),
    ("stale", "⚪ Нет оценки: Лайки · Android"),
    ("resolved", "🟢 Восстановилось: Лайки · Android. Длилось 1 ч 15 мин, минимум −34 %, недобор ≈ 14 тыс."),
    ("nodata: it stopped", "🟡 Нет данных: feed_actions. Последнее событие 14:02 МСК"),
    ("resolved: a source is back", "🟢 Данные снова есть: feed_actions. Не было 1 ч 15 мин."),
    ("correction", "🟢 Исправлено: пересчёт данных · Лайки · Android"),
    ("summary", "ℹ️ Пока пайплайн не работал"),
    ("digest", "ℹ️ Ещё 12 инцидентов"),
]


@pytest.mark.parametrize(("name", "first"), FIRST_WORDS)
def test_the_first_line_says_which_kind_it_is(name: str, first: str) -> None:
    assert shown(kinds()[name]).startswith(first)


def test_a_possible_repeat_says_so_and_keeps_everything_else() -> None:
    told = story()
    assert shown(told, is_repeat=True) == (
        shown(told) + "\n🔁 Возможен повтор: дошло ли первое сообщение, неизвестно."
    )


def test_a_long_message_that_may_be_a_repeat_still_says_so() -> None:
    long = "Очень длинное название " * 9
    told = story(
        headline=reading(title=long, slice_label=long, slice_key=f"city={long}"),
        members=(reading(title=long, slice_label=long),) * 5,
        owner=f"@{long}",
    )
    text = caption(told, language=RUSSIAN, is_repeat=True)
    assert length(text) <= 1024
    assert "Возможен повтор" in plain(text)


def test_lines_go_in_the_documented_order() -> None:
    whole = kinds()["open with all there is to tell"]
    signs = ("рассылка", "🏷 13:52", "Egypt", "Рядом", "неделю назад", "Android · Russia", "подряд", "вчера")
    kept: list[tuple[bool, ...]] = []
    for size in range(0, 97, 2):
        filler = "ы" * size
        told = replace(
            whole,
            headline=replace(whole.headline, title=f"Лайки{filler}", slice_label=f"Android{filler}"),
            owner=f"@likes{filler}",
            events=tuple(replace(event, text=event.text + filler) for event in whole.events),
            causes=tuple(replace(cause, label=cause.label + filler) for cause in whole.causes),
            neighbours=tuple(replace(near, title=near.title + filler) for near in whole.neighbours),
        )
        text = shown(told)
        assert "Метрика" in text
        assert f"@likes{filler}" in text
        assert "Партиция в Dagster" in text
        kept.append(tuple(sign in text for sign in signs))
    assert kept[0] == (True,) * len(signs)
    # What goes first is gone before what goes later.
    for flags in kept:
        assert flags == tuple(sorted(flags))
    assert not any(kept[-1][:3])


def test_nothing_goes_from_a_message_that_fits_to_the_unit() -> None:
    voice = Voice(wording(RUSSIAN), RUSSIAN, "Europe/Moscow")
    layout = message(voice, kinds()["open with all there is to tell"])
    whole = fitted(layout, limit=10_000)
    assert fitted(layout, limit=length(whole)) == whole
    assert "рассылка" not in fitted(layout, limit=length(whole) - 1)


def test_at_most_three_events_are_told_newest_first() -> None:
    made = tuple(Event(WINDOW - timedelta(minutes=10 * k), f"релиз {k}") for k in range(5))
    text = shown(story(events=made))
    assert [line for line in text.split("\n") if line.startswith("🏷")] == [
        "🏷 14:15 релиз 0",
        "🏷 14:05 релиз 1",
        "🏷 13:55 релиз 2",
    ]


SIBLINGS = [
    (reading(slice_key="os=iOS", slice_label="iOS", value=9_050, is_bad=False), "Рядом: iOS 🟢"),
    (reading(slice_key="all", slice_label="все пользователи"), "Рядом: все пользователи 🔴 −31 %"),
    (CTR, "Рядом: CTR 🔴 −29 %"),
    (replace(CTR, value=None), "Рядом: CTR ⚪ нет данных"),
]


@pytest.mark.parametrize(("near", "line"), SIBLINGS)
def test_other_people_of_the_same_metric_are_named_by_their_slice(near: Reading, line: str) -> None:
    assert f"\n{line}\n" in shown(story(neighbours=(near,)))


def test_a_change_in_all_slices_alike_is_one_line_and_none_where_its_cause_is_known() -> None:
    whole = story(causes=(Contribution("Android", -3_700.0, 1.0),))
    assert whole.is_everywhere
    assert "\nЧто внесло вклад: все срезы одинаково\n" in shown(whole)
    explained = replace(whole, explained_by=("Просмотры", 0.4))
    assert "внесло вклад" not in shown(explained)
    part = replace(explained, causes=(Contribution("Android · Russia", -3_700.0, 1.0),))
    assert "Что внесло вклад\n• Android · Russia" in shown(part)


def test_the_end_of_a_storm_says_once_how_it_went() -> None:
    told = replace(kinds()["resolved: a storm"], is_over=True)
    assert shown(told).count("Длилось") == 1


def test_nobody_is_said_to_have_taken_what_somebody_has_taken() -> None:
    told = kinds()["remind"]
    assert "пока никто не взял в работу" in shown(told)
    taken = shown(replace(told, taken_by="@ivan"))
    assert "в работе у @ivan" in taken
    assert "никто" not in taken


def test_a_digest_of_thirty_and_more_tells_how_many_are_left() -> None:
    told = kinds()["digest"]
    text = caption(replace(told, passed=told.passed * 5), language=RUSSIAN)
    lines = plain(text, with_urls=False).split("\n")
    listed = [line for line in lines if line.startswith("🟢")]
    assert length(text) <= 1024
    assert f"• и ещё {60 - len(listed)}" in lines
    assert len(listed) >= 10


def test_what_telegram_missed_is_one_text_newest_first_with_all_owners() -> None:
    missed = [
        replace(story(owner=f"@owner{k % 2}"), window=WINDOW + k * timedelta(minutes=15)) for k in range(40)
    ]
    text = missed_digest(missed, language=RUSSIAN)
    lines = parse_html(text).text.replace("\u00a0", " ").split("\n")
    assert lines[0] == "📪 Пропущено, пока Telegram был недоступен: 40 сообщений"
    assert lines[2] == "🔴 00:00 Лайки ↓ 31 % · Android #inc_4F2A"
    assert sum(line.startswith("🔴") for line in lines) == 30
    assert lines[-3:] == ["• и ещё 10", "", "@owner1 @owner0"]


def test_what_was_too_much_for_a_chat_is_one_text() -> None:
    text = plain(crowd_digest([story(), story(owner="@other")], language=RUSSIAN, is_repeat=True))
    lines = text.replace("\u00a0", " ").split("\n")
    assert lines[0] == "📋 Ещё 2 сообщения"
    assert lines[-2:] == [
        "@likes_owner @other",
        "🔁 Возможен повтор: дошло ли первое сообщение, неизвестно.",
    ]


@pytest.mark.parametrize("language", Language)
def test_the_digest_of_what_was_missed_reads_as_approved(
    language: Language, snapshot: SnapshotAssertion
) -> None:
    told = kinds() if language is RUSSIAN else kinds_in_english()
    text = missed_digest(list(told.values()), language=language)
    assert plain(text).replace("\u00a0", " ") == snapshot


def test_a_digest_of_long_names_fits_into_one_message() -> None:
    long = reading(title="<Ы&" * 99, slice_label="😀" * 99)
    text = missed_digest(
        [story(headline=long, owner="@" + "o" * 400 + str(k)) for k in range(30)], language=RUSSIAN
    )
    assert length(text) <= 4096
    assert parse_html(text).text
