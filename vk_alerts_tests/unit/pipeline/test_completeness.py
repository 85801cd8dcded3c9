from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.pipeline.completeness import LONGEST_WAIT, may_need_waiting, waits_for
from vk_alerts.windows import STEP

WINDOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
END = WINDOW + STEP
SECOND = timedelta(seconds=1)
DUE = END + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("reached", "now", "told"),
    [
        pytest.param({"feed": END, "messenger": END + SECOND}, DUE, None, id="both have passed the end"),
        pytest.param({"feed": END - 30 * SECOND}, DUE, None, id="a batch ends just before the end"),
        pytest.param(
            {"feed": END - 31 * SECOND, "messenger": END},
            DUE,
            "2026-03-05-12:00 waits for feed: its newest event is of 12:14:29 UTC",
            id="one is late",
        ),
        pytest.param(
            {"feed": END - 60 * SECOND, "messenger": END - 90 * SECOND},
            DUE,
            "2026-03-05-12:00 waits for messenger: its newest event is of 12:13:30 UTC",
            id="the later of two is named",
        ),
        pytest.param(
            {"feed": END - 60 * SECOND, "messenger": None},
            DUE,
            "2026-03-05-12:00 waits for messenger: it has no events",
            id="one has none",
        ),
        pytest.param({"feed": None}, END + LONGEST_WAIT - SECOND, "waits for feed", id="within reason"),
        pytest.param({"feed": None}, END + LONGEST_WAIT, None, id="no longer than that"),
        pytest.param({}, DUE, None, id="no source"),
    ],
)
def test_a_window_waits_for_its_events_within_reason(reached, now, told):
    reason = waits_for(WINDOW, reached, now)
    assert (reason is None) == (told is None)
    assert (told or "") in (reason or "")


@pytest.mark.parametrize(
    ("windows", "needed"),
    [([], False), ([WINDOW], True), ([WINDOW - STEP, WINDOW], True), ([WINDOW - STEP], False)],
)
def test_only_the_newest_windows_can_be_incomplete(windows, needed):
    assert may_need_waiting(windows, DUE) is needed
