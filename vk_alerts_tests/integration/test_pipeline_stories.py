"""From what the fold decided to what a message says, with everything around it read from the real stores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from vk_alerts.alerting.groups import Explanation, Group, StormSize, Told
from vk_alerts.alerting.lifecycle import Incident, Phase, incident_id
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.render import caption, plain
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.story import Language, NotificationKind, Story
from vk_alerts.alerting.verdicts import Direction, Scored, Verdict, judge
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.storytelling import tell
from vk_alerts.pipeline.verdicts import scored_rows
from vk_alerts.simulator import create_event_tables
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox import NewRow, insert_rows
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.integration.worlds import (
    drop_database,
    empty_database,
    halved,
    live,
    quarter_hours,
    scored,
    stores_in,
)

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
WINDOW = T0 + 2 * STEP
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """A messenger with yesterday's values, and deploys of today; tests only read it, but for one group."""
    database = empty_database()
    stores = stores_in(database, tmp_path_factory.mktemp("home"))
    create_event_tables(stores.events)
    rows = pd.DataFrame(
        {
            "metric": "messages",
            "slice": "os=Android",
            "window_start": [WINDOW - DAY, WINDOW - 7 * DAY],
            "value": [1100.0, 900.0],
            "numerator": [1100.0, 900.0],
            "denominator": 1.0,
            "events": 1100,
        }
    )
    stores.results.write_snapshots("messenger", rows, windows=list(rows["window_start"]), by=live(T0))
    note = stores.noted_events.add
    for text, before, metric, source in (
        ("before all", timedelta(hours=4), None, None),
        ("of views", timedelta(hours=1), "views", None),
        ("of the feed", timedelta(hours=1), None, "feed"),
        ("everywhere", timedelta(hours=2), None, None),
        ("of messages", timedelta(minutes=20), "messages", "messenger"),
        ("of the messenger", timedelta(minutes=10), None, "messenger"),
        ("after all", -timedelta(hours=1), None, None),
    ):
        note(text, at=(T0 - before).timestamp(), by="ci", now=T0.timestamp(), metric=metric, source=source)
    yield stores
    drop_database(database)


def incident(metric: str = "messages", slice_key: str = "os=Android", **changes: object) -> Incident:
    """One that has been bad in three windows."""
    bad = quarter_hours(T0, 3)
    usual = Incident(
        id=incident_id(metric, slice_key, Direction.DOWN, T0),
        source="messenger",
        metric=metric,
        slice_key=slice_key,
        direction=Direction.DOWN,
        phase=Phase.FIRING,
        first_bad=T0,
        last_bad=WINDOW,
        bad_windows=3,
        bad_run=3,
        settled_run=0,
        recent_bad=tuple(bad),
        worst=-0.6,
        missed=-1_480.0,
        group="G",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def group(head: Incident | None = None, **changes: object) -> Group:
    usual = Group(id="4f2a0b", source="messenger", head=head or incident(), opened=T0, is_told=True)
    return replace(usual, **changes)  # type: ignore[arg-type]


def verdicts(stores: Stores, *rows: dict[str, object]) -> list[Verdict]:
    numbers = ("value", "expected", "lower", "upper", "score", "evidence")
    frame = pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))
    return [judge(row, stores.catalog.metric(row.metric)) for row in scored_rows(frame)]


ROWS = (
    halved(WINDOW, slice_key="os=Android"),
    halved(WINDOW, slice_key="os=Android,source=ads"),
    scored(WINDOW),
    scored(WINDOW, slice_key="os=iOS", expected=900.0, value=900.0),
    scored(WINDOW, slice_key="os=Web", expected=20.0, value=20.0),
    scored(WINDOW, slice_key="gender=male"),
    scored(WINDOW, metric="messenger_users", slice_key="os=Android", value=290.0, expected=300.0),
    scored(WINDOW, metric="messenger_users"),
)


def story(
    stores: Stores,
    kind: NotificationKind,
    told: Group | None = None,
    others: tuple[Incident, ...] = (),
    **changes: object,
) -> Story:
    told = told or group()
    incidents = {one.series: replace(one, group=told.id) for one in (told.head, *others)}
    telling = Telling(kind, told, **changes)  # type: ignore[arg-type]
    situation = Situation(incidents, {told.id: told})
    return tell(stores, telling, situation, verdicts(stores, *ROWS), window=WINDOW)


def text(told: Story) -> str:
    return plain(caption(told, language=Language.ENGLISH), with_urls=False).replace("\u00a0", " ")


def test_a_story_has_the_past_the_neighbours_and_what_was_done(app: Stores) -> None:
    told = story(app, NotificationKind.OPEN)
    assert (told.yesterday, told.week_ago) == (1100.0, 900.0)
    assert [(near.metric, near.slice_key, near.is_bad) for near in told.neighbours] == [
        ("messenger_users", "os=Android", False),
        ("messages", "all", False),
        ("messages", "os=iOS", False),
        ("messages", "os=Web", False),
    ]
    assert [event.text for event in told.events] == ["of the messenger", "of messages", "everywhere"]
    assert told.short_id == "4F2A"
    assert (told.first_bad, told.bad_windows) == (T0, 3)
    assert "Nearby: Messenger users 🟢 · all users 🟢 · iOS 🟢 · Web 🟢" in text(told)
    assert "🏷 14:50 of the messenger" in text(told)


def test_members_of_everybody_are_told_before_smaller_slices_without_the_headline(app: Stores) -> None:
    ads, users = incident(slice_key="os=Android,source=ads"), incident("messenger_users", "all")
    closed = incident("messages", "all", phase=Phase.CLOSED)
    told = story(app, NotificationKind.OPEN, others=(users, ads, closed))
    assert [(one.metric, one.slice_key) for one in told.members] == [
        ("messenger_users", "all"),
        ("messages", "os=Android,source=ads"),
    ]
    # An open incident is bad, even in a window that by itself is not.
    assert told.members[0].is_bad


def test_an_edit_keeps_what_was_told_and_says_how_it_stands(app: Stores) -> None:
    told = group(id="e11d")
    opening = story(app, NotificationKind.OPEN, told)
    opening = replace(opening, yesterday=1.0, headline=replace(opening.headline, value=123.0))
    row = NewRow(told.id, 0, NotificationKind.OPEN, "c", window_key(WINDOW), opening, 0.0)
    with transaction(app.incidents.engine) as connection:
        insert_rows(connection, [row])
    joined = story(app, NotificationKind.UPDATE, told, (incident("messenger_users", "all"),))
    assert (joined.headline.value, joined.yesterday, joined.is_over) == (123.0, 1.0, False)
    assert [one.metric for one in joined.members] == ["messenger_users"]
    over = story(app, NotificationKind.UPDATE, replace(told, closed=WINDOW, taken_by="@ivan"))
    assert over.is_over
    assert text(over).startswith("🟢 Messages sent ↓ 88%")
    assert "Lasted 45 min, lowest −60%, shortfall ≈ 1,480." in text(over)
    other_head = story(app, NotificationKind.UPDATE, replace(told, head=incident("messenger_users", "all")))
    assert other_head.headline.metric == "messenger_users"


def test_the_first_message_of_what_opened_again_is_red_again_and_keeps_its_values(app: Stores) -> None:
    told = replace(group(id="e11d"), sequence=1)
    opening = story(app, NotificationKind.OPEN, told)
    first = replace(opening, headline=replace(opening.headline, value=123.0), is_over=True)
    row = NewRow(told.id, 0, NotificationKind.UPDATE, "c", window_key(WINDOW), first, 0.0)
    with transaction(app.incidents.engine) as connection:
        insert_rows(connection, [row])
    again = replace(told, head=incident("messenger_users", "all"))
    edited = story(app, NotificationKind.UPDATE, again, is_of_first=True)
    assert (edited.headline.value, edited.is_over) == (123.0, False)
    assert text(edited).startswith("🔴 Messages sent ↓ 88%")


RUNS = [
    # One bad window that was beyond the hard threshold.
    ({"bad_run": 1, "bad_windows": 1, "recent_bad": (WINDOW,), "first_bad": WINDOW, "is_hard": True}, "OPEN",
     "out of range: 1 window, 15 min (since 15:30), far beyond the threshold"),
    # Two of the last three.
    ({"bad_run": 1, "bad_windows": 2, "recent_bad": (T0, WINDOW)}, "OPEN",
     "out of range: 2 windows within 45 min (since 15:00)"),
    ({}, "OPEN", "out of range: 3 windows in a row, 45 min (since 15:00)"),
    ({"first_bad": T0 - DAY, "bad_windows": 60}, "REMIND",
     "out of range: 60 windows within 1 d 45 min (since 28.01 15:00)"),
    ({"bad_run": 0, "last_bad": T0 + STEP, "bad_windows": 2}, "REMIND",
     "out of range: 2 windows within 45 min (since 15:00)"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "kind", "line"), RUNS)
def test_how_long_it_has_been_is_told_as_it_was(
    app: Stores, head: dict[str, object], kind: str, line: str
) -> None:
    assert f"• {line}\n" in text(story(app, NotificationKind[kind], group(incident(**head))))  # type: ignore[arg-type]


def test_what_the_fold_knows_reaches_the_message(app: Stores) -> None:
    taken = group(taken_by="@ivan", heard=WINDOW - timedelta(hours=2))
    assert "• the message before told −31%" in text(story(app, NotificationKind.WORSE, last_told=-0.31))
    assert "• has opened 3 times" in text(story(app, NotificationKind.FLAPPING, openings=3))
    assert "• taken by @ivan" in text(story(app, NotificationKind.REMIND, taken))
    assert "• no verdicts for 2 h (since 13:45)" in text(story(app, NotificationKind.STALE, taken))


def test_a_correction_tells_what_was_told_before(app: Stores) -> None:
    before = Told(T0, T0, deviation=-0.31, is_hard=False)
    head = incident("messages", "all")
    told = story(app, NotificationKind.CORRECTION, group(head, told=before, closed=WINDOW))
    assert text(told).startswith("🟢 Corrected: data computed again · Messages sent · all users")
    assert "• computed again, there is no deviation; told before: −31%" in text(told)
    assert told.is_corrected
    assert not told.causes


def test_a_recovery_tells_how_it_went(app: Stores) -> None:
    head = incident("messages", "all", phase=Phase.CLOSED, bad_run=0)
    told = story(app, NotificationKind.RESOLVED, group(head, closed=WINDOW))
    first, second, *_ = text(told).split("\n")
    assert first == "🟢 Recovered: Messages sent · all users. Lasted 45 min, lowest −60%, shortfall ≈ 1,480."
    assert second.endswith("Current value 1,000. Deviation within the normal range.")
    assert not told.causes


def test_a_source_without_events_names_itself_and_what_waits(app: Stores) -> None:
    state = SourceState("messenger", "message_actions", T0 + timedelta(minutes=2), events=0)
    outage = Outage(state, since=T0, windows=3, is_late=False, last=WINDOW)
    lost = group(incident("messenger_users", "all"), outage=outage)
    told = story(app, NotificationKind.NODATA, lost)
    assert text(told).split("\n")[:4] == [
        "🟡 No data: message_actions. Last event 15:02 MSK (43 min ago).",
        "Until its data arrive, the source's metrics are not judged: this is not a drop.",
        "",
        "Waiting for data: Messenger users · Messages sent",
    ]
    back = story(app, NotificationKind.RESOLVED, replace(lost, closed=WINDOW))
    assert text(back).startswith("🟢 Data are back: message_actions. There were none for 45 min.")


def test_a_storm_counts_its_series_and_calls_every_owner(app: Stores) -> None:
    size = StormSize(Direction.DOWN, 50, 144, (("messages", 30), ("likes", 20)))
    told = story(app, NotificationKind.OPEN, group(storm=size))
    shown = text(told)
    assert shown.startswith("🔴 Widespread failure: 50 of 144 series out of range · ")
    assert "• Messages sent: 30\n• Likes: 20\n" in shown
    assert "@messenger_oncall @likes_owner #messages" in shown
    assert not told.causes


def test_the_denominator_that_rose_is_named(app: Stores) -> None:
    why = Explanation("messages", "os=Android", by="messenger_users", deviation=0.42)
    other = replace(why, slice_key="all")
    told = story(app, NotificationKind.OPEN, group(explained=(other, why)))
    assert "Cause: Messenger users rose (+42%)" in text(told)
    assert story(app, NotificationKind.OPEN, group(explained=(other,))).explained_by is None


def test_a_headline_without_a_row_in_the_window_is_told_as_unknown(app: Stores) -> None:
    told = story(app, NotificationKind.STALE, group(incident(slice_key="os=Symbian"), heard=T0))
    assert told.headline.value is None
    assert "Current value no data. Deviation is unknown." in text(told)


def test_rows_that_are_scored_keep_their_types(app: Stores) -> None:
    (verdict,) = verdicts(app, halved(WINDOW))
    assert isinstance(verdict.scored, Scored)
