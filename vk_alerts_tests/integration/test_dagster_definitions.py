"""What Dagster loads: every asset, job, schedule and sensor, as reviewed prose."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

import vk_alerts

ROOT = Path(vk_alerts.__file__).parents[1]


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    from vk_alerts.definitions import defs

    return defs


def test_the_definitions_can_be_loaded(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_assets_are_these(defs: dg.Definitions, snapshot: SnapshotAssertion) -> None:
    graph = defs.resolve_asset_graph()
    found = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        policy = node.backfill_policy
        found[key.to_user_string()] = {
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitions": None if node.partitions_def is None else str(node.partitions_def),
            "windows in a backfill run": policy and policy.max_partitions_per_run,
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "columns": None if (schema := _columns(node)) is None else [one.name for one in schema.columns],
            "tags": {name: value for name, value in node.tags.items() if not name.startswith("dagster/kind")},
            "pools": sorted(node.pools or ()),
            "is executable": node.is_executable,
            "description": node.description,
        }
    assert found == snapshot


def _columns(node: Any) -> dg.TableSchema | None:
    found = node.metadata.get("dagster/column_schema")
    return getattr(found, "schema", found)


def test_everything_in_the_ui_says_what_it_is_for(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    described = {
        **{key.to_user_string(): graph.get(key).description for key in graph.get_all_asset_keys()},
        **{job.name: job.description for job in defs.resolve_all_job_defs() if job.name[:2] != "__"},
        **{one.name: one.description for one in (*(defs.schedules or ()), *(defs.sensors or ()))},
        **{key.to_user_string(): graph.get_check_spec(key).description for key in graph.asset_check_keys},
    }
    assert [name for name, text in described.items() if len(text or "") < 40] == []


def test_the_jobs_are_these(defs: dg.Definitions, snapshot: SnapshotAssertion) -> None:
    jobs = [job for job in defs.resolve_all_job_defs() if not job.name.startswith("__")]
    found = {
        job.name: {
            "assets": sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys),
            "is partitioned": job.partitions_def is not None,
            "executor": job.executor_def.name,
            "description": job.description,
        }
        for job in jobs
    }
    assert found == snapshot


def test_the_schedules_and_the_sensors_are_these(defs: dg.Definitions, snapshot: SnapshotAssertion) -> None:
    schedules = [defs.resolve_schedule_def(one.name) for one in defs.schedules or ()]
    sensors = [defs.resolve_sensor_def(one.name) for one in defs.sensors or ()]
    assert {
        "schedules": {
            schedule.name: {
                "cron": schedule.cron_schedule,
                "zone": schedule.execution_timezone or "UTC",
                "job": schedule.job_name,
                "default": schedule.default_status.value,
                "description": schedule.description,
            }
            for schedule in schedules
        },
        "sensors": {
            sensor.name: {
                "type": sensor.sensor_type.value,
                "jobs": sorted(target.job_name for target in sensor.targets),
                "seconds": sensor.minimum_interval_seconds,
                "default": sensor.default_status.value,
                "description": sensor.description,
            }
            for sensor in sensors
        },
    } == snapshot


def test_the_key_of_a_partition_is_the_start_of_its_window_in_utc(defs: dg.Definitions) -> None:
    partitions = defs.resolve_asset_graph().get(dg.AssetKey("anomaly_scores")).partitions_def
    assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
    window = partitions.time_window_for_partition_key("2026-03-29-00:45")
    assert (window.start.isoformat(), window.end.isoformat()) == (
        "2026-03-29T00:45:00+00:00",
        "2026-03-29T01:00:00+00:00",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        [str(Path(sys.executable).with_name("dg")), "check", "defs"],
    ],
    ids=["dagster definitions validate", "dg check defs"],
)
def test_the_command_line_of_dagster_loads_them_and_warns_of_nothing_of_ours(
    command: list[str], tmp_path: Path
) -> None:
    if not (ROOT / "workspace.yaml").exists() or not Path(command[0]).exists():
        pytest.skip("not a checkout, or without this command")
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "VK_ALERTS_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Traceback" not in said
    # The older command itself says that it is superseded.
    warnings = [
        line for line in said.splitlines() if "Warning:" in line and "SupersessionWarning" not in line
    ]
    assert warnings == []
