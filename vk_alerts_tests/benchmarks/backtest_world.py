"""A home with weeks of snapshots and planted incidents, to run ``vk-alerts backtest`` on.

``python -m vk_alerts_tests.benchmarks.backtest_world --home /tmp/world --seed 1`` and then
``VK_ALERTS_HOME=/tmp/world vk-alerts backtest``. The incidents are those of ``vk-alerts up --simulate``:
about one a day, in all the weeks, so that the history that is learned from has some, too.
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vk_alerts.clickhouse.embedded import stop
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.pipeline import open_stores, take_snapshots
from vk_alerts.settings import Settings, make_home
from vk_alerts.simulator import Simulation, create_event_tables, random_incidents, write_events, write_ledger

# A Thursday 20:00 in Moscow, as in the demo: the same events whenever it is run.
END = datetime(2026, 3, 26, 17, tzinfo=UTC)
_STRETCH = timedelta(days=7)


def build(home: Path, *, seed: int, days: int, events_per_day: int) -> None:
    """Writes the events, their snapshots and the ledger into a home."""
    make_home(home)
    start = END - timedelta(days=days)
    incidents = [
        incident
        for day in range(days + 1)
        for incident in random_incidents(seed, (start + timedelta(days=day)).date())
        if start <= incident.start and incident.end <= END
    ]
    simulation = Simulation(
        seed,
        start=start,
        feed_per_day=events_per_day,
        messages_per_day=round(0.3 * events_per_day),
        incidents=tuple(incidents),
    )
    stores = open_stores(Settings(home=home))
    try:
        create_event_tables(stores.events)
        by = Provenance(origin=Origin.BACKFILL, run_id="benchmark", now=END)
        at = start
        while at < END:
            until = min(at + _STRETCH, END)
            write_events(stores.events, simulation, at, until)
            for source in stores.catalog.sources:
                take_snapshots(stores, source.name, at, until, by=by)
            at = until
        write_ledger(home / "ledger.json", simulation)
    finally:
        stop(home)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=70)
    parser.add_argument("--events-per-day", type=int, default=100_000)
    options = parser.parse_args()
    build(options.home, seed=options.seed, days=options.days, events_per_day=options.events_per_day)


if __name__ == "__main__":
    main()
