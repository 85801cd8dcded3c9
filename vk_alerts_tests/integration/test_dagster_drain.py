"""The schedule that drains the outbox, and what Dagster keeps of its runs: everything but the token."""

import warnings
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value

from vk_alerts.pipeline import open_post
from vk_alerts.settings import read_settings
from vk_alerts.state.outbox import RowState, insert_rows
from vk_alerts_tests.integration.bot_api import BotApi, api_error, closed_port, web_page
from vk_alerts_tests.integration.dagster_runs import Dagster, resources_at
from vk_alerts_tests.integration.mailroom import (
    SECRET,
    START,
    assert_no_secret_below,
    assert_no_secret_in_logs,
    told,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def without_clickhouse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", f"http://nobody:none@127.0.0.1:{closed_port()}/none")


def queue(*groups: str) -> None:
    post = open_post(read_settings())
    with post.outbox.engine.begin() as connection:
        insert_rows(connection, [told(group) for group in groups])


def tick(dagster: Dagster, minutes: int) -> tuple[int, str]:
    """A tick of ``every_minute``: how many runs it asks for, or why none."""
    context = dg.build_schedule_context(
        instance=dagster.instance,
        repository_def=dagster.defs.get_repository_def(),
        resources=resources_at(START + minutes * MINUTE),
    )
    ticked = dagster.defs.resolve_schedule_def("every_minute").evaluate_tick(context)
    return len(ticked.run_requests or []), ticked.skip_message or ""


def drain(dagster: Dagster, minutes: int) -> dg.ExecuteInProcessResult:
    return dagster.defs.resolve_job_def("drain_outbox").execute_in_process(
        instance=dagster.instance, resources=resources_at(START + minutes * MINUTE)
    )


@pytest.mark.slow
@pytest.mark.usefixtures("without_clickhouse")
def test_what_is_left_is_sent_within_a_minute_without_clickhouse_and_no_token_is_kept(
    dagster: Dagster, telegram: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    assert tick(dagster, 0) == (0, "nothing is unsent")
    queue("a", "b")
    telegram.before.extend([api_error(500, "Internal Server Error"), web_page(403)])
    assert tick(dagster, 0) == (1, "")
    assert drain(dagster, 0).success
    assert tick(dagster, 0) == (0, "messages that wait for their time: 2")
    assert tick(dagster, 1) == (1, "")
    metadata = drain(dagster, 1).asset_materializations_for_node("telegram_alerts")[0].metadata
    assert metadata["sent"].value == 2
    assert metadata["ended"].value == "all that may be sent now is sent"
    assert [row.state for row in open_post(read_settings()).outbox.rows()] == [RowState.SENT] * 2
    assert tick(dagster, 2) == (0, "nothing is unsent")
    # Run records, event logs and ticks lie below this folder.
    assert_no_secret_below(Path(dagster.instance.root_directory).parent)
    assert_no_secret_in_logs(caplog.records)


@pytest.mark.usefixtures("without_clickhouse")
def test_nobody_is_asked_to_send_while_a_run_is_sending(dagster: Dagster, telegram: BotApi) -> None:
    queue("a")
    job = dagster.defs.resolve_job_def("send_alerts")
    dagster.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert tick(dagster, 0) == (0, "messages due: 1, and a run is sending")


def test_what_dagster_is_told_of_the_project_holds_no_token(dagster: Dagster, telegram: BotApi) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Dagster's own
        snapshot = RepositorySnap.from_def(dagster.defs.get_repository_def())
    assert SECRET not in serialize_value(snapshot)
