"""What the chart of a message shows, read from committed scores and snapshots."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from vk_alerts.alerting.story import (
    Contribution,
    Event,
    NotificationKind,
    Outage,
    Reading,
    Recovery,
    Storm,
    Story,
)
from vk_alerts.charts import ChartInput, OutageChart, StormChart
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.charting import chart_of, picture
from vk_alerts.simulator import create_event_tables
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.bot_api import check_png
from vk_alerts_tests.integration.worlds import (
    commit_scores,
    drop_database,
    empty_database,
    halved,
    live,
    quarter_hours,
    scored,
    stores_in,
)

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOWS = quarter_hours(T0 - DAY, 96)
WINDOW = WINDOWS[-1]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """A day of scores whose last two windows are bad in two of three series, and last week's snapshots."""
    database = empty_database()
    stores = stores_in(database, tmp_path_factory.mktemp("home"))
    create_event_tables(stores.events)
    rows = [scored(window) for window in WINDOWS[:-2]] + [halved(window) for window in WINDOWS[-2:]]
    rows += [halved(window, slice_key="os=iOS") for window in WINDOWS[-2:]]
    rows += [scored(window, metric="messenger_users") for window in WINDOWS]
    commit_scores(stores, rows, now=T0)
    week = [window - 7 * DAY for window in WINDOWS]
    snapshots = pd.DataFrame(
        {
            "metric": "messages",
            "slice": "all",
            "window_start": [*week, *WINDOWS[:-1]],
            "value": 900.0,
            "numerator": 900.0,
            "denominator": 1.0,
            "events": [1000] * 96 + [1200] * 95,
        }
    )
    stores.results.write_snapshots(
        "messenger", snapshots, windows=list(snapshots["window_start"]), by=live(T0)
    )
    yield stores
    drop_database(database)


def story(**changes: object) -> Story:
    head = Reading("messages", "Messages", "all", "all users", False, 500, 1000, 800, 1200, 6.0, True)
    usual = Story(
        kind=NotificationKind.OPEN,
        short_id="4F2A",
        window=WINDOW,
        first_bad=WINDOWS[-2],
        bad_windows=2,
        headline=head,
        yesterday=None,
        week_ago=None,
        members=(),
        neighbours=(),
        chart_url=None,
        dashboard_url=None,
        partition_url=None,
        owner="",
        causes=(Contribution("iOS", -400.0, 0.8),),
        events=(Event(T0 - timedelta(hours=1), "deploy"),),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_a_series_shows_its_day_its_causes_and_what_was_done(app: Stores) -> None:
    chart = chart_of(app, story())
    assert isinstance(chart, ChartInput)
    assert list(np.flatnonzero(chart.bad)) == [94, 95]
    assert (chart.value[-1], chart.expected[-1], chart.week_ago[-1]) == (500, 1000, 900)
    assert (chart.incident_start, chart.incident_end) == (WINDOWS[-2], None)
    assert [cause.label for cause in chart.causes] == ["iOS"]
    assert [event.text for event in chart.events] == ["deploy"]


def test_a_recovery_is_tinted_up_to_its_end(app: Stores) -> None:
    told = story(
        kind=NotificationKind.RESOLVED,
        first_bad=WINDOWS[-9],
        recovery=Recovery(timedelta(minutes=75), -0.5, None),
    )
    chart = chart_of(app, told)
    assert isinstance(chart, ChartInput)
    assert (chart.incident_start, chart.incident_end) == (WINDOWS[-9], WINDOWS[-4])


def test_what_was_taken_back_is_no_incident_in_the_chart(app: Stores) -> None:
    chart = chart_of(app, story(kind=NotificationKind.CORRECTION, is_corrected=True))
    assert isinstance(chart, ChartInput)
    assert chart.incident_start is None


def test_a_source_shows_its_events_until_they_stop(app: Stores) -> None:
    outage = Outage("message_actions", WINDOW - timedelta(minutes=3), is_late=False)
    chart = chart_of(app, story(kind=NotificationKind.NODATA, outage=outage))
    assert isinstance(chart, OutageChart)
    assert list(chart.events[-3:-1]) == [1200, 1200]
    assert np.isnan(chart.events[-1])
    assert chart.week_ago[-1] == 1000
    assert (chart.table, chart.last_event) == ("message_actions", outage.last_event)


def test_a_storm_shows_how_many_series_crossed_in_each_window(app: Stores) -> None:
    storm = Storm(2, 3, (("Messages", 2),))
    chart = chart_of(app, story(storm=storm))
    assert isinstance(chart, StormChart)
    assert list(chart.crossed[-3:]) == [0, 2, 2]
    assert (chart.series, chart.of, chart.metrics) == (2, 3, storm.metrics)
    assert chart.start == WINDOW - STEP


def test_the_end_of_a_storm_shows_that_its_headline_is_back(app: Stores) -> None:
    told = story(kind=NotificationKind.RESOLVED, storm=Storm(2, 3, (("Messages", 2),)))
    assert isinstance(chart_of(app, told), ChartInput)


@pytest.mark.parametrize("kind", [NotificationKind.SUMMARY, NotificationKind.DIGEST])
def test_a_list_has_no_picture(app: Stores, kind: NotificationKind) -> None:
    assert picture(app, story(kind=kind)) is None


def test_the_picture_of_a_story_is_a_small_png(app: Stores) -> None:
    png = picture(app, story())
    assert png is not None
    check_png(png)
    assert len(png) < 100_000
