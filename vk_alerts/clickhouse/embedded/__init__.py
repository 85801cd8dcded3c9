"""ClickHouse's engine (chDB) in one loopback process per home, which is started on demand and stops when idle.

chDB locks its folder for one process, so everybody who needs it (Dagster's runs, the command line, tests) talks to that
process over ClickHouse's HTTP protocol, exactly as to a server.
"""

from vk_alerts.clickhouse.embedded.lifecycle import ensure_running, running, stop

__all__ = ["ensure_running", "running", "stop"]
