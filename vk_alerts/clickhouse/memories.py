"""What the detector remembers of a local day: rows of numbers, which can be computed again at any time.

A day's rows are one INSERT into one partition, and so there as a whole or not at all. They lie under a
fingerprint of all that they were computed from: what is out of date is not found.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.grid import Floats
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.tables import MEMORIES

# Reruns of the last days come up now and then; older ones are rare enough to compute again.
_KEPT = timedelta(days=3)
_NUMBER = np.dtype("<f8")


def read_memories(
    clickhouse: ClickHouse, source: str, day: datetime, fingerprint: str
) -> dict[tuple[str, str], Floats]:
    """What was remembered under a fingerprint: a row of numbers by panel and slice; empty = nothing."""
    found = clickhouse.read_arrays(named_query("memories", source=source, day=day, fingerprint=fingerprint))
    series = zip(found.texts("metric"), found.texts("slice"), strict=True)
    rows = (np.frombuffer(bytes.fromhex(text), dtype=_NUMBER) for text in found.texts("numbers"))
    return dict(zip(series, rows, strict=True))


def write_memories(
    clickhouse: ClickHouse,
    source: str,
    day: datetime,
    fingerprint: str,
    rows: Mapping[tuple[str, str], Floats],
) -> None:
    """Remembers numbers for the day that begins with a window, and forgets those of days long before it."""
    frame = pd.DataFrame(
        {
            "source": source,
            "day": pd.Timestamp(day),
            "fingerprint": fingerprint,
            "metric": [metric for metric, _ in rows],
            "slice": [key for _, key in rows],
            # Text of decimals would lose the last bit on servers of 2018.
            "numbers": [numbers.astype(_NUMBER).tobytes().hex() for numbers in rows.values()],
        }
    )
    clickhouse.insert(MEMORIES, frame)
    clickhouse.execute(named_query("forget_memories", source=source, before=day - _KEPT))
