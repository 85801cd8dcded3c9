"""Messages, read as prose in the snapshots, and the promises that hold for each of them."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from vk_alerts.alerting.markup import length
from vk_alerts.alerting.render import caption, plain
from vk_alerts.alerting.story import Language, NotificationKind, Reading, Recovery, Story
from vk_alerts_tests.integration.telegram_html import parse_html
from vk_alerts_tests.unit.alerting.stories import CTR, VIEWS, in_english, reading, stories, story

RUSSIAN, ENGLISH = Language.RUSSIAN, Language.ENGLISH
LONG = "Очень длинное название, которое никто не стал бы читать до конца & <никогда> 😀" * 3


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", stories())
def test_a_message_reads_as_approved(name: str, language: Language, snapshot: SnapshotAssertion) -> None:
    told = stories()[name] if language is RUSSIAN else in_english(stories()[name])
    assert plain(caption(told, language=language)) == snapshot


def test_the_markup_is_as_approved(snapshot: SnapshotAssertion) -> None:
    assert caption(story(members=(CTR,)), language=RUSSIAN) == snapshot


@pytest.mark.parametrize("told", stories().values(), ids=stories())
def test_every_part_of_the_fixed_template_is_there(told: Story) -> None:
    shown = parse_html(caption(told, language=RUSSIAN)).text
    assert re.search(r"Метрика .+ в срезе .+\. Текущее значение .+\. Отклонение .+\.\n", shown)
    assert told.owner in shown


def test_links_carry_their_addresses() -> None:
    told = story()
    links = dict(parse_html(caption(told, language=RUSSIAN)).links)
    assert links == {
        "Чарт": told.chart_url,
        "Дашборд": told.dashboard_url,
        "Партиция в Dagster": told.partition_url,
    }


def test_an_owner_without_a_name_is_mentioned_by_id() -> None:
    shown = parse_html(caption(story(owner="tg://user?id=42"), language=RUSSIAN))
    assert ("ответственный", "tg://user?id=42") in shown.links


def test_of_several_owners_each_is_mentioned() -> None:
    shown = parse_html(caption(story(owner="@likes tg://user?id=42 @feed"), language=RUSSIAN))
    assert ("ответственный", "tg://user?id=42") in shown.links
    assert "\n@likes ответственный @feed #likes" in shown.text


def test_nobody_responsible_leaves_no_gap() -> None:
    assert plain(caption(story(owner=" "), language=RUSSIAN)).endswith("\n#likes #inc_4F2A")


def test_a_member_is_not_told_again_as_a_neighbour() -> None:
    shown = plain(caption(story(members=(CTR,), neighbours=(VIEWS, CTR)), language=RUSSIAN))
    assert shown.count("CTR") == 1
    assert "Рядом: Просмотры 🟢\n" in shown


DEVIATIONS = [
    (-0.31, "Отклонение более 30%."),
    (-0.30, "Отклонение более 20%."),
    (0.301, "Отклонение более 30%."),
    (-0.95, "Отклонение более 90%."),
    (-1.0, "Отклонение более 90%."),
    (1.2, "Отклонение более 100%."),
    (6.0, "Отклонение более 500%."),
    (-0.1, "Отклонение более 9%."),
    (0.04, "Отклонение более 3%."),
    (0.01, "Отклонение не более 1%."),
    (0.0, "Отклонение не более 1%."),
]


@pytest.mark.parametrize(("deviation", "sentence"), DEVIATIONS)
def test_the_deviation_exceeds_what_is_told(deviation: float, sentence: str) -> None:
    told = story(headline=reading(value=1000 * (1 + deviation), expected=1000))
    assert sentence in plain(caption(told, language=RUSSIAN))


GOOD_NEWS = [
    (reading(value=12_010), "Отклонение в пределах нормы."),
    (reading(value=11_020), "Отклонение в пределах нормы."),
    (reading(value=11_019), "Отклонение не более 10%."),
    (reading(value=10_500), "Отклонение не более 20%."),
    (reading(value=12_010, lower=None), "Отклонение не более 2%."),
    (reading(value=12_190, lower=None), "Отклонение не более 1%."),
    (reading(value=12_190 * 92), "Отклонение более 9000%."),
    (reading(value=None), "Отклонение неизвестно."),
    (reading(value=None, expected=0), "Отклонение неизвестно."),
    (reading(value=3, expected=0, lower=None), "Отклонение в процентах не определено: ожидали 0."),
]


@pytest.mark.parametrize("kind", [NotificationKind.RESOLVED, NotificationKind.CORRECTION])
@pytest.mark.parametrize(("now", "sentence"), GOOD_NEWS)
def test_good_news_says_of_the_deviation_only_what_is_true_now(
    kind: NotificationKind, now: Reading, sentence: str
) -> None:
    told = replace(stories()["recovered"], kind=kind, headline=now, last_told=-0.31)
    assert sentence in plain(caption(told, language=RUSSIAN))


ZONES = [
    ("Europe/Moscow", RUSSIAN, "14:15–14:30 МСК"),
    ("Europe/Moscow", ENGLISH, "14:15–14:30 MSK"),
    ("Europe/Berlin", RUSSIAN, "12:15–12:30 CET"),
    ("Asia/Yekaterinburg", ENGLISH, "16:15–16:30 UTC+05"),
    ("UTC", RUSSIAN, "11:15–11:30 UTC"),
]


@pytest.mark.parametrize(("zone", "language", "window"), ZONES)
def test_times_are_told_in_the_zone_and_name_it(zone: str, language: Language, window: str) -> None:
    assert window in caption(story(), language=language, zone=zone)


def test_a_run_that_began_yesterday_says_so() -> None:
    told = story(first_bad=story().window - timedelta(hours=15), bad_windows=61)
    assert "61 интервал подряд, 15 ч 15 мин (с 30.01 23:15)" in plain(
        caption(told, language=RUSSIAN)
    ).replace("\u00a0", " ")


def _said(told: Story, language: Language = RUSSIAN) -> str:
    return plain(caption(told, language=language)).replace("\u00a0", " ").replace("\u202f", " ")


ALONE = "; сам по себе этот в норме, вместе с прежними — нет"


@pytest.mark.parametrize(
    ("value", "changes", "is_said"),
    [
        pytest.param(11_020, {}, True, id="inside the band of one window"),
        pytest.param(11_019, {}, False, id="below it"),
        pytest.param(13_360, {}, True, id="at its upper edge"),
        pytest.param(13_361, {}, False, id="above it"),
        pytest.param(11_500, {"bad_windows": 1}, False, id="in a broken run, which may not be bad just now"),
        pytest.param(11_500, {"bad_windows": 1, "kind": NotificationKind.WORSE}, True, id="unless it is"),
        pytest.param(11_500, {"bad_windows": 1, "kind": NotificationKind.ESCALATE}, True, id="as in a call"),
        pytest.param(
            11_500, {"bad_windows": 1, "kind": NotificationKind.REMIND}, False, id="not when it lasts"
        ),
        pytest.param(11_500, {"is_hard": True}, True, id="far beyond the threshold"),
    ],
)
def test_a_value_inside_the_band_is_said_to_be_off_together_with_those_before(
    value: float, changes: dict[str, object], is_said: bool
) -> None:
    said = _said(story(headline=reading(value=value), **changes))
    assert (ALONE in said) is is_said
    assert "вне нормы: " in said


@pytest.mark.parametrize("missing", ["value", "lower", "upper"])
def test_what_is_unknown_is_inside_no_band(missing: str) -> None:
    assert not reading(**{"value": 12_000, missing: None}).is_within


@pytest.mark.parametrize(
    ("changes", "russian", "english"),
    [
        pytest.param({}, "(норма 217–300 по доле среза)", "217–300 by the slice's share", id="both edges"),
        pytest.param(
            {"upper": 283.2},
            "(норма от 217 по доле среза)",
            "(normal range from 217 up by the slice's share)",
            id="the upper edge is the expectation",
        ),
        pytest.param({"upper": 283.4}, "(норма от 217 по", "from 217 up", id="or reads as it"),
        pytest.param({"upper": 283.6}, "(норма 217–284 по", "217–284", id="a little more"),
        pytest.param(
            {"value": 400.0, "lower": 283.2},
            "(норма до 300 по доле среза)",
            "(normal range up to 300 by the slice's share)",
            id="the lower edge is the expectation",
        ),
        pytest.param(
            {"lower": 283.2}, "(норма от 283 по", "from 283 up", id="the edge it fell beyond is told"
        ),
        pytest.param({"upper": 283.2, "by_share": False}, "(норма 217–283)", "217–283", id="by its own past"),
        pytest.param({"upper": 283.2, "value": None}, "(норма 217–283 по", "217–283", id="without a value"),
    ],
)
def test_a_range_by_share_that_ends_at_the_expectation_is_told_by_its_other_edge(
    changes: dict[str, object], russian: str, english: str
) -> None:
    given = {"value": 30.0, "expected": 283.2, "lower": 217.0, "upper": 300.0, "by_share": True} | changes
    told = story(headline=reading(**given))
    assert f"Ожидали 283 {russian}" in _said(told)
    assert english in _said(told, ENGLISH)


def test_lines_go_in_the_documented_order_when_names_grow() -> None:
    seen: list[tuple[bool, ...]] = []
    for size in range(8, 700, 12):
        title = (LONG * 4)[:size]
        member = reading(title=title, slice_label=title)
        told = story(
            headline=reading(title=title, slice_label=title, slice_key=f"city={title}"),
            members=(member, member, CTR, CTR, CTR),
            neighbours=tuple(replace(VIEWS, title=title) for _ in range(6)),
            owner=f"@{title}",
        )
        text = caption(told, language=RUSSIAN)
        assert length(text) <= 1024
        shown = parse_html(text).text
        seen.append(tuple(word in shown for word in ("Рядом", "неделю назад", "Вместе с ней")))
        assert "Метрика" in shown
        assert len(parse_html(text).links) == 3
        assert "#likes #inc_4F2A" in shown
    # Once something is gone for short names, what goes after it was still there.
    assert all(week or not near for near, week, _ in seen)
    assert all(members or not week for _, week, members in seen)
    assert seen[0] == (True, True, True)
    assert (False, True, True) in seen


def test_what_is_measured_is_told_with_its_unit() -> None:
    slow = reading(title="p95", value=0.66, expected=0.4012, lower=0.289, upper=0.557, unit="<с>")
    shown = plain(caption(story(headline=slow, yesterday=0.377, members=(slow,)), language=RUSSIAN))
    space = "\u00a0"
    for words in (
        f"Текущее значение 0,660{space}<с>.",
        f"Ожидали 0,401{space}<с> (норма 0,289–0,557{space}<с>), больше на ≈{space}0,259{space}<с>",
        f"0,377{space}<с> (+75,1{space}%)",
        f"p95 · Android: 0,660{space}<с>",
    ):
        assert words in shown


def test_the_parts_that_never_go_always_fit() -> None:
    worst = "W" * 4000
    recovery = Recovery(timedelta(days=9, hours=23), -0.999, -999_999)
    for kind in NotificationKind:
        told = story(
            kind=kind,
            headline=reading(
                metric=worst, title=worst, slice_label=worst, slice_key=f"a={worst}", value=-1e300, unit=worst
            ),
            owner=f"@{worst}",
            short_id=worst,
            members=(reading(title=worst),) * 9,
            recovery=recovery if kind is NotificationKind.RESOLVED else None,
        )
        for language in Language:
            assert length(caption(told, language=language)) <= 1024


def test_a_cut_name_ends_in_an_ellipsis_and_splits_no_emoji() -> None:
    shown = parse_html(caption(story(headline=reading(title="😀" * 99)), language=RUSSIAN)).text
    assert re.search("😀{31}… ", shown)


def test_line_breaks_and_bidi_marks_in_names_do_not_reach_the_message() -> None:
    told = story(headline=reading(title="Лай\nки\u202e\x00\ud800"), neighbours=())
    assert "Метрика Лай ки в срезе" in plain(caption(told, language=RUSSIAN))


def test_plain_writes_links_out_or_leaves_them_out() -> None:
    markup = 'a &amp; <b>b</b> <a href="https://x.example/?a=1&amp;b=2">c</a>.'
    assert plain(markup) == "a & b c: https://x.example/?a=1&b=2."
    assert plain(markup, with_urls=False) == "a & b c."
