"""Whatever names, values and times come along, the message is valid, whole and short enough."""

import math
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import cut, length, plain, units
from vk_alerts.alerting.render import caption, missed_digest
from vk_alerts.alerting.story import (
    Contribution,
    Event,
    Language,
    NotificationKind,
    Outage,
    Passed,
    Reading,
    Recovery,
    Storm,
    Story,
)
from vk_alerts.metrics.slices import Slice
from vk_alerts_tests.integration.telegram_html import parse_html
from vk_alerts_tests.unit.alerting.stories import WINDOW

# All of Unicode, lone surrogates and controls too, and often the characters that markup is made of.
names = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"';/= \n😀\u202e")), max_size=200)
amounts = st.none() | st.floats(0, 1e12) | st.sampled_from([0.0, math.nan, math.inf, 1e-300])
urls = st.none() | st.text(st.characters(codec="utf-8"), max_size=60).map(
    lambda text: f"https://bi.example/{text}"
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    items = draw(st.lists(st.tuples(st.sampled_from(["os", "city"]), names), max_size=2))
    return Reading(
        metric=draw(names),
        title=draw(names),
        slice_key=Slice(tuple(items)).key,
        slice_label=draw(names),
        is_ratio=draw(st.booleans()),
        value=draw(amounts),
        expected=draw(amounts),
        lower=draw(amounts),
        upper=draw(amounts),
        score=draw(amounts),
        is_bad=draw(st.booleans()),
    )


contributions = st.builds(
    Contribution, names, st.floats(-1e12, 1e12), st.none() | st.floats(-10, 10, allow_nan=False)
)

moments = st.integers(0, 5000).map(lambda quarters: WINDOW - timedelta(minutes=15 * quarters))
events = st.builds(Event, moments, names)
outages = st.builds(Outage, names, st.none() | moments, st.booleans())
counts = st.integers(0, 10**7)
storms = st.builds(Storm, counts, counts, st.lists(st.tuples(names, counts), max_size=9).map(tuple))
shares = st.floats(-1e9, 1e9) | st.sampled_from([math.nan, -math.inf])
recoveries = st.builds(
    Recovery,
    st.timedeltas(timedelta(0), timedelta(days=900)),
    st.floats(-1, 100),
    st.none() | st.floats(-1e12, 1e12),
)
passed = st.builds(Passed, names, names, names, moments, st.none() | recoveries, st.floats(-1, 1e6))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    lasted = timedelta(minutes=15 * draw(st.integers(1, 5000)))
    recovery = Recovery(lasted, draw(st.floats(-1, 100)), draw(st.none() | st.floats(-1e12, 1e12)))
    return Story(
        kind=draw(st.sampled_from(NotificationKind)),
        short_id=draw(names),
        window=WINDOW,
        first_bad=WINDOW - lasted,
        bad_windows=draw(st.integers(0, 5000)),
        headline=draw(readings()),
        yesterday=draw(amounts),
        week_ago=draw(amounts),
        members=tuple(draw(st.lists(readings(), max_size=5))),
        neighbours=tuple(draw(st.lists(readings(), max_size=5))),
        chart_url=draw(urls),
        dashboard_url=draw(urls),
        partition_url=draw(urls),
        owner=draw(names),
        recovery=draw(st.none() | st.just(recovery)),
        causes=tuple(draw(st.lists(contributions, max_size=3))),
        special_day=draw(st.booleans()),
        events=tuple(draw(st.lists(events, max_size=4))),
        is_hard=draw(st.booleans()),
        is_over=draw(st.booleans()),
        is_corrected=draw(st.booleans()),
        explained_by=draw(st.none() | st.tuples(names, shares)),
        last_told=draw(st.none() | shares),
        openings=draw(st.integers(1, 99)),
        outage=draw(st.none() | outages),
        storm=draw(st.none() | storms),
        passed=tuple(draw(st.lists(passed, max_size=4))) * draw(st.sampled_from([1, 12])),
        taken_by=draw(st.just("") | names),
        silent_since=draw(st.none() | moments),
    )


@settings(max_examples=100, deadline=None)
@given(
    stories(),
    st.sampled_from(Language),
    st.sampled_from(["Europe/Moscow", "Asia/Kolkata", "UTC"]),
    st.booleans(),
)
def test_any_story_becomes_a_valid_caption(
    story: Story, language: Language, zone: str, is_repeat: bool
) -> None:
    text = caption(story, language=language, zone=zone, is_repeat=is_repeat)
    shown = parse_html(text)
    assert units(shown.text) <= 1024
    assert length(text) <= 1024
    assert plain(text, with_urls=False).strip() == shown.text
    text.encode("utf-8")
    assert len(shown.links) >= sum(
        url is not None for url in (story.chart_url, story.dashboard_url, story.partition_url)
    )
    is_list = story.kind in (NotificationKind.SUMMARY, NotificationKind.DIGEST)
    assert is_list or "#inc_" in shown.text


@settings(max_examples=30, deadline=None)
@given(st.lists(stories(), min_size=1, max_size=40), st.sampled_from(Language))
def test_any_missed_messages_become_one_valid_text(missed: list[Story], language: Language) -> None:
    text = missed_digest(missed, language=language)
    shown = parse_html(text)
    assert units(shown.text) <= 4096
    assert plain(text, with_urls=False).strip() == shown.text
    text.encode("utf-8")


@settings(max_examples=30, deadline=None)
@given(stories(), st.sampled_from(Language))
def test_a_story_is_told_the_same_each_time(story: Story, language: Language) -> None:
    assert caption(story, language=language) == caption(replace(story), language=language)


@given(st.floats(-1e6, 1e6, allow_nan=False))
def test_the_step_is_exceeded_and_the_next_is_not(deviation: float) -> None:
    step = numbers.exceeded_step(deviation)
    size = abs(deviation) * 100
    assert (step or 0) < size or step is None
    steps = [digit * 10**power for power in range(4) for digit in (1, 2, 3, 5, 7, 9)]
    following = min((other for other in steps if other > (step or 0)), default=math.inf)
    assert size <= following * (1 + 1e-8)


@given(names, st.integers(1, 80))
def test_a_cut_text_fits_and_begins_as_before(text: str, limit: int) -> None:
    shortened = cut(text, limit=limit)
    assert units(shortened) <= limit
    assert shortened == text or text.startswith(shortened.removesuffix("…"))


@given(st.floats(-9e14, 9e14), st.sampled_from(Language))
def test_numbers_can_be_read_back(value: float, language: Language) -> None:
    text = numbers.decimal(value, language, decimals=2)
    for found, put in ((numbers.NARROW_SPACE, ""), (numbers.MINUS, "-")):
        text = text.replace(found, put)
    text = text.replace(",", ".") if language is Language.RUSSIAN else text.replace(",", "")
    assert math.isclose(float(text), value, rel_tol=1e-9, abs_tol=0.0051)
