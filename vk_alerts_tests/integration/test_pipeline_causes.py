"""What a message says of where the change lies, asked of real events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase, incident_id
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.render import caption, plain
from vk_alerts.alerting.story import Contribution, Language, NotificationKind, Reading
from vk_alerts.alerting.verdicts import Direction, Scored, judge
from vk_alerts.charts import ChartInput
from vk_alerts.metrics.slices import Slice
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline import causes as causes_module
from vk_alerts.pipeline.causes import contributions
from vk_alerts.pipeline.charting import chart_of
from vk_alerts.pipeline.storytelling import tell

WINDOW = datetime(2026, 1, 29, 17, tzinfo=UTC)
EVENTS = 20_000
_INCIDENT = Incident(
    id="",
    source="feed",
    metric="views",
    slice_key="all",
    direction=Direction.DOWN,
    phase=Phase.FIRING,
    first_bad=WINDOW,
    last_bad=WINDOW,
    bad_windows=1,
    bad_run=1,
    settled_run=0,
    recent_bad=(WINDOW,),
    worst=-0.3,
    missed=-1.0,
)
# Every property is independent of the others; luck is a number below 10.
_FEED = """
INSERT INTO feed_actions (user_id, post_id, action, time, gender, age, country, city, os, source, exp_group)
SELECT number % 5000, number, action, toDateTime({start} + number % 900), gender, age, country, 'Moscow', os,
    source, 0
FROM (
    SELECT number, sipHash64('luck', number) % 10 AS luck,
        sipHash64('user', number % 5000) % 10 AS user_luck, sipHash64('gender', number) % 2 AS gender,
        15 + sipHash64('age', number) % 40 AS age,
        if(sipHash64('action', number) % 6 = 0, 'like', 'view') AS action,
        if(sipHash64('country', number) % 3 = 0, 'Kazakhstan', 'Russia') AS country,
        if(sipHash64('os', number % 5000) % 2 = 0, 'Android', 'iOS') AS os,
        if(sipHash64('source', number) % 2 = 0, 'ads', 'organic') AS source
    FROM numbers({events})
)
WHERE {condition}
"""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is no reason to leave causes out here."""
    monkeypatch.setattr(causes_module, "DEADLINE_SECONDS", 120.0)


@pytest.fixture
def app(stores: Stores) -> Stores:
    """Four weeks of one window each, all alike."""
    for week in range(1, 5):
        happened(stores, WINDOW - timedelta(weeks=week))
    return stores


def happened(stores: Stores, window: datetime, condition: str = "1") -> None:
    start = int(window.timestamp())
    stores.events.execute(_FEED.format(start=start, events=EVENTS, condition=condition))


def value(stores: Stores, metric: str, window: datetime, where: str) -> float:
    start = int(window.timestamp())
    formula = {
        "views": "countIf(action = 'view')",
        "ctr": "countIf(action = 'like') / countIf(action = 'view')",
        "feed_users": "uniqExact(user_id)",
    }[metric]
    found = stores.events.read(
        f"SELECT {formula} AS value FROM feed_actions WHERE {where} "
        f"AND time >= toDateTime({start}) AND time < toDateTime({start + 900})"
    )
    return float(found["value"].iloc[0])


def causes(stores: Stores, metric: str, slice_key: str = "all", where: str = "1") -> tuple[Contribution, ...]:
    now, usual = (value(stores, metric, window, where) for window in (WINDOW, WINDOW - timedelta(weeks=1)))
    told = Reading(metric, metric, slice_key, "", metric == "ctr", now, usual, None, None, 9.0, True)
    return contributions(stores, stores.catalog.metric(metric), told, _slices(stores, metric), WINDOW)


def _slices(stores: Stores, metric: str) -> list[Scored]:
    return [_scored(stores, metric, key) for key in ("os=Android", "os=iOS", "source=ads", "source=organic")]


def _scored(stores: Stores, metric: str, key: str) -> Scored:
    where = " AND ".join(f"{name} = '{value}'" for name, value in Slice.from_key(key).items) or "1"
    now, usual = (value(stores, metric, window, where) for window in (WINDOW, WINDOW - timedelta(weeks=1)))
    return Scored("feed", metric, key, WINDOW, now, usual, None, None, 9.0, usual, 5.0)


@pytest.mark.parametrize(
    ("metric", "left", "label"),
    [
        ("views", "luck < 7", "all users"),
        ("views", "os != 'Android' OR luck < 5", "Android"),
        ("views", "os != 'Android' OR source != 'ads' OR luck < 2", "Android · ads"),
        ("ctr", "action = 'view' OR os != 'iOS' OR source != 'ads' OR luck < 2", "iOS · ads"),
        ("feed_users", "os != 'Android' OR user_luck < 5", "Android"),
    ],
)
def test_the_slice_that_changed_is_named(app: Stores, metric: str, left: str, label: str) -> None:
    happened(app, WINDOW, left)
    (cause, *_) = causes(app, metric)
    assert cause.label == label
    assert cause.change < 0
    assert cause.share == pytest.approx(1.0, abs=0.1)


def test_a_ratio_that_moves_because_its_weights_do_says_whose(stores: Stores) -> None:
    poor_ads = "(action = 'view' OR source != 'ads' OR luck < 3)"
    for week in range(1, 5):
        happened(stores, WINDOW - timedelta(weeks=week), poor_ads)
    # Nobody likes less than before, but fewer of those who come without ads are there.
    happened(stores, WINDOW, f"{poor_ads} AND (source = 'ads' OR user_luck < 3)")
    (cause,) = causes(stores, "ctr")
    assert cause.label == "organic, share 50→23%"
    assert cause.share == pytest.approx(1.0, abs=0.1)
    assert cause.change < 0


REACHING = [
    ("views", "os != 'Android' OR luck < 5", "• Android: −4,"),
    ("ctr", "action = 'view' OR os != 'iOS' OR source != 'ads' OR luck < 2", "• iOS · ads: −3."),
    ("feed_users", "os != 'Android' OR user_luck < 5", "• Android: −1,"),
]


@pytest.mark.parametrize(("metric", "left", "line"), REACHING)
def test_what_explains_a_headline_stands_in_its_message_and_in_its_chart(
    app: Stores, metric: str, left: str, line: str
) -> None:
    happened(app, WINDOW, left)
    rows = [_scored(app, metric, "all"), *_slices(app, metric)]
    verdicts = [judge(row, app.catalog.metric(metric)) for row in rows]
    direction = Direction.DOWN
    head = replace(_INCIDENT, metric=metric, id=incident_id(metric, "all", direction, WINDOW))
    group = Group(id=head.id, source="feed", head=head, opened=WINDOW)
    telling = Telling(NotificationKind.OPEN, group)
    story = tell(app, telling, Situation({head.series: head}, {}), verdicts, window=WINDOW)
    text = plain(caption(story, language=Language.ENGLISH))
    assert f"Where the change lies\n{line}" in text
    chart = chart_of(app, story)
    assert isinstance(chart, ChartInput)
    assert chart.causes == story.causes


def test_two_causes_are_both_named(app: Stores) -> None:
    happened(app, WINDOW, "(os != 'Android' OR luck < 4) AND (country != 'Kazakhstan' OR user_luck < 6)")
    found = causes(app, "views")
    assert {cause.label for cause in found[:2]} == {"Android", "Kazakhstan"}
    assert found[0].label == "Android"


def test_a_fall_within_a_slice_is_named_within_it(app: Stores) -> None:
    happened(app, WINDOW, "os != 'Android' OR source != 'ads' OR luck < 2")
    (cause, *_) = causes(app, "views", "os=Android", "os = 'Android'")
    assert cause.label == "Android · ads"


@pytest.mark.parametrize(
    ("left", "label"),
    [
        pytest.param("os != 'Android' OR gender != 0 OR user_luck < 3", "Android · female", id="in one part"),
        pytest.param("os != 'Android' OR user_luck < 5", "Android", id="in all alike"),
    ],
)
def test_of_users_a_fall_within_a_slice_is_named_within_it(app: Stores, left: str, label: str) -> None:
    happened(app, WINDOW, left)
    (cause, *_) = causes(app, "feed_users", "os=Android", "os = 'Android'")
    assert cause.label == label
    assert cause.change < 0


def test_what_cannot_be_found_out_is_left_out(app: Stores, caplog: pytest.LogCaptureFixture) -> None:
    happened(app, WINDOW)
    metric = app.catalog.metric("views")
    told = Reading("views", "Views", "all", "", False, 100.0, 200.0, None, None, 9.0, True)
    assert contributions(app, metric, replace(told, value=None), [], WINDOW) == ()
    assert not caplog.records
    app.events.execute("DROP TABLE feed_actions")
    assert contributions(app, metric, told, [], WINDOW) == ()
    (record,) = [one for one in caplog.records if one.name == causes_module.__name__]
    assert "causes=left out metric=views" in record.getMessage()
    assert "UNKNOWN_TABLE" in record.getMessage()
