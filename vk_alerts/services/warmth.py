"""What a run needs, imported before it begins; importing this module is what it is for.

The code server's fork server imports it once, in a process without threads; every run is a copy of that one.
"""

import gc
import importlib
import logging

# Imported by a run's steps only when they come to them.
_NEEDED_LATER = (
    "dagster._core.execution.api",
    "dagster._core.storage.noop_compute_log_manager",
    "dagster._grpc.impl",
    "matplotlib.backends.backend_agg",
    "vk_alerts.charts",
    "vk_alerts.delivery.telegram",
    "vk_alerts.event_log",
)


def warm_up() -> None:
    """Imports the definitions and resolves their jobs."""
    for name in _NEEDED_LATER:
        importlib.import_module(name)
    from vk_alerts.definitions import defs

    defs.get_repository_def().get_all_jobs()
    # What is here stays: the copies' collections do not touch, and so not copy, its pages.
    gc.collect()
    gc.freeze()


try:
    warm_up()
except Exception as error:  # noqa: BLE001 - the run meets it again, and tells it where people look
    logging.getLogger(__name__).warning("runs start slowly: %s", error)
