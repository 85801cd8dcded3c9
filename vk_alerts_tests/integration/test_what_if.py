"""Another threshold or detector, tried on one partition: told, and nothing written."""

from typing import Any

import dagster as dg
import pytest

from vk_alerts.clickhouse.versions import SCORES_ASSET
from vk_alerts.errors import ConfigurationError, PipelineError
from vk_alerts.pipeline import Question, Stores, score_windows, take_snapshots, what_if
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.integration.dagster_runs import Dagster, resources_at
from vk_alerts_tests.integration.worlds import BROKEN, END, LIVE, MENDED, live

BEFORE = LIVE - 4 * STEP


@pytest.fixture
def scored(stores_with_history: Stores) -> Stores:
    for source in ("feed", "messenger"):
        take_snapshots(stores_with_history, source, LIVE, END, by=live(END))
    score_windows(stores_with_history, BEFORE, END, by=live(END))
    return stores_with_history


def question(**changes: Any) -> Question:
    return Question(**{"window": MENDED - STEP, "metric": "messages"} | changes)


def test_other_settings_give_other_verdicts_and_nothing_is_written(scored: Stores) -> None:
    before = scored.results.commits(SCORES_ASSET, BEFORE, END)
    same = what_if(scored, question())
    assert same.tried == same.committed
    assert same.tried.last.is_bad
    assert [opening.window for opening in same.tried.openings] == [BROKEN] or same.tried.openings
    assert same.value_now == same.committed.last.scored.value

    deaf = what_if(scored, question(threshold=900.0))
    assert deaf.committed == same.committed
    assert not deaf.tried.last.is_bad
    assert deaf.tried.openings == ()
    assert deaf.tried.last.scored.score == same.committed.last.scored.score

    other = what_if(scored, question(detector="day_ago"))
    assert other.tried.last.scored.score != same.committed.last.scored.score

    lenient = what_if(scored, question(min_deviation=0.99))
    assert not lenient.tried.last.is_bad
    assert scored.results.commits(SCORES_ASSET, BEFORE, END) == before


def test_events_that_came_later_show_in_the_value_of_now(scored: Stores) -> None:
    late = int(BROKEN.timestamp()) + 60
    rows = ", ".join(f"({user}, {late})" for user in range(1, 11))
    scored.events.execute(f"INSERT INTO message_actions (user_id, time) VALUES {rows}")
    answer = what_if(scored, question(window=BROKEN))
    assert answer.committed.last.scored.value is not None
    assert answer.value_now == answer.committed.last.scored.value + 10


WRONG = [
    ({"metric": "mesages"}, ConfigurationError, r"^metric 'mesages' is not .*; did you mean 'messages'"),
    ({"slice_key": "os=Andriod"}, PipelineError, r"no score in this window; .* such as os=Android"),
    ({"detector": "prophet"}, ConfigurationError, r"^what if: Input should be 'seasonal', 'iqr'"),
    ({"threshold": -1.0}, ConfigurationError, r"^what if: Input should be greater than 0"),
    ({"window": END + 8 * STEP}, PipelineError, r"no score in this window"),
]


def test_what_cannot_be_tried_is_one_line(scored: Stores) -> None:
    for changes, error, told in WRONG:
        with pytest.raises(error, match=told) as caught:
            what_if(scored, question(**changes))
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_job_shows_the_comparison_and_both_days(scored: Stores, dagster_on_history: Dagster) -> None:
    dagster = dagster_on_history
    done = dagster.defs.resolve_job_def("what_if").execute_in_process(
        instance=dagster.instance,
        partition_key=window_key(MENDED - STEP),
        resources=resources_at(END),
        run_config={"ops": {"compare": {"config": {"metric": "messages", "threshold": 900.0}}}},
    )
    metadata = next(
        event.event_specific_data.metadata  # type: ignore[union-attr]
        for event in done.all_events
        if event.event_type is dg.DagsterEventType.STEP_OUTPUT
    )
    comparison = str(metadata["comparison"].value)
    assert "| verdict | hard | normal |" in comparison or "| verdict | hard | unsettled |" in comparison
    assert "| 900 |" in comparison
    assert metadata["would have opened"].value == "nothing"
    assert str(metadata["the day as tried"].value).startswith(
        "![value, dashed what was expected](data:image/png;"
    )
