"""Dagster's daemon, as `up` starts it: it looks at the sensors every two seconds instead of five.

The doorbell's wait was the longest part of an alert's way. More often would fill the database with ticks.
"""

from dagster._daemon import sensor
from dagster._daemon.cli import main

LOOP_SECONDS = 2


def run() -> None:
    """Runs ``dagster-daemon`` with the arguments of the process."""
    sensor.MIN_INTERVAL_LOOP_TIME = LOOP_SECONDS
    main()


if __name__ == "__main__":
    run()
