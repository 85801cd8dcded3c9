"""Charts of one run of delivery: a story's is drawn once and uploaded once, however many chats get it."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from vk_alerts.alerting.story import Story
from vk_alerts.pipeline.delivering.post import DrawChart
from vk_alerts.state.outbox import OutboxRow

LOGGER = logging.getLogger(__name__)

# A chart is a help, not the message: one that takes longer is left out.
CHART_DEADLINE_SECONDS = 5.0

_Key = tuple[str, str, int, str]


class Pictures:
    """Draws and remembers the charts of a run.

    Args:
        charts: opens what they are drawn from.
    """

    def __init__(self, charts: Callable[[], DrawChart]) -> None:
        self._charts = charts
        self._draw: DrawChart | None = None
        self._can_draw = True
        self._drawn: dict[_Key, bytes | None] = {}
        self._ids: dict[_Key, str] = {}

    def of(self, row: OutboxRow) -> bytes | None:
        """The chart of a row's story; None when it failed or took too long: it never blocks an alert."""
        key = _key(row)
        if key not in self._drawn:
            self._drawn[key] = self._drawn_now(row.story)
        return self._drawn[key]

    def uploaded(self, row: OutboxRow) -> str | None:
        """The id under which the story's chart is at Telegram already."""
        return self._ids.get(_key(row))

    def remember(self, row: OutboxRow, photo_id: str | None) -> None:
        """Keeps the id under which the story's chart was accepted."""
        if photo_id and self._drawn.get(_key(row)) is not None:
            self._ids[_key(row)] = photo_id

    def _drawn_now(self, story: Story) -> bytes | None:
        draw = self._opened(story)
        if draw is None:
            return None
        pool = ThreadPoolExecutor(max_workers=1)
        try:
            return pool.submit(draw, story).result(timeout=CHART_DEADLINE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, the alert goes out without the chart
            _left_out(story, error)
            return None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _opened(self, story: Story) -> DrawChart | None:
        """Opening may take longer than drawing (an engine that starts) and is tried once."""
        if self._draw is None and self._can_draw:
            try:
                self._draw = self._charts()
            except Exception as error:  # noqa: BLE001 - alerts go out without ClickHouse, too
                self._can_draw = False
                _left_out(story, error)
        return self._draw


def _key(row: OutboxRow) -> _Key:
    return (row.group, row.kind.value, row.sequence, row.window)


def _left_out(story: Story, error: Exception) -> None:
    LOGGER.warning("chart=left out incident=%s reason=%s", story.short_id, type(error).__name__)
