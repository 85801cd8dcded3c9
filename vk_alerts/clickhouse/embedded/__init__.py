"""chDB, the engine of ClickHouse, in one loopback process per home, started on demand, stopped when idle.

chDB locks its folder for one process, so everybody who needs it (Dagster's runs, the command line, tests)
talks to that process over ClickHouse's HTTP protocol, exactly as to a server.
"""

from vk_alerts.clickhouse.embedded.lifecycle import ensure_running, running, stop

__all__ = ["ensure_running", "running", "stop"]
