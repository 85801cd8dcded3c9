"""A table that an earlier release made gets the columns that have come since."""

from dataclasses import replace

import pandas as pd
import pytest

from vk_alerts.alerting.verdicts import DecidedBy
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.columns import complete_tables
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.spec import create_statement
from vk_alerts.clickhouse.tables import COMMITS, SCORES
from vk_alerts.errors import ClickHouseError
from vk_alerts.pipeline.verdicts import scored_rows
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables
from vk_alerts_tests.integration.worlds import LIVE, live, scored

pytestmark = pytest.mark.server
NEW = ("own_score", "share_score", "decided_by")
OLD = replace(SCORES, columns=tuple(column for column in SCORES.columns if column.name not in NEW))


@pytest.fixture(params=ENGINES)
def clickhouse(request: pytest.FixtureRequest) -> ClickHouse:
    """A database with the scores of one window, as before slices were judged by their shares."""
    clickhouse = ClickHouse(with_event_tables(request.param))
    clickhouse.execute(create_statement(OLD))
    clickhouse.execute(create_statement(COMMITS))
    row = {name: value for name, value in scored(LIVE, score=6.0).items() if name not in NEW}
    clickhouse.insert(OLD, pd.DataFrame([row | {"version": 1}])[list(OLD.column_names)])
    stamp = int(LIVE.timestamp())
    clickhouse.execute(
        f"INSERT INTO commits VALUES ('anomaly_scores', {stamp}, 1, 1, 'live', 'old', {stamp})"
    )
    return clickhouse


def columns(clickhouse: ClickHouse) -> list[str]:
    found = clickhouse.read(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'anomaly_scores'"
    )
    return list(found["name"])


def test_old_scores_stay_readable_and_new_ones_can_be_written(clickhouse: ClickHouse) -> None:
    results = ResultRepository(clickhouse)
    for _ in range(2):  # the second time there is nothing to do
        results.create_tables()
        assert sorted(columns(clickhouse)) == sorted(SCORES.column_names)
    (old,) = scored_rows(results.scores(LIVE, LIVE + STEP))
    assert (old.score, old.decided_by) == (6.0, DecidedBy.OWN)
    row = scored(LIVE + STEP, score=7.0) | {"share_score": 7.0, "decided_by": "share"}
    results.write_scores(pd.DataFrame([row]), windows=[LIVE + STEP], by=live(LIVE + 2 * STEP))
    (new,) = scored_rows(results.scores(LIVE + STEP, LIVE + 2 * STEP))
    assert (new.score, new.decided_by) == (7.0, DecidedBy.SHARE)


def test_who_comes_second_finds_the_columns_there(
    clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ClickHouse(clickhouse.target)
    execute = ClickHouse.execute

    def after_the_other(self: ClickHouse, sql: str) -> None:
        if self is clickhouse:
            execute(other, sql)
        execute(self, sql)

    monkeypatch.setattr(ClickHouse, "execute", after_the_other)
    complete_tables(clickhouse, [SCORES])
    assert set(NEW) <= set(columns(clickhouse))


def test_what_cannot_be_added_is_an_error(clickhouse: ClickHouse) -> None:
    wrong = replace(SCORES, columns=(*SCORES.columns, replace(SCORES.columns[0], name="x", type="Nonsense")))
    with pytest.raises(ClickHouseError, match="Nonsense"):
        complete_tables(clickhouse, [wrong])


def test_tables_that_are_complete_cost_one_request(
    clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ResultRepository(clickhouse).create_tables()
    asked: list[str] = []
    monkeypatch.setattr(ClickHouse, "execute", lambda _, sql: asked.append(sql))
    ResultRepository(clickhouse).create_tables()
    assert asked == []
