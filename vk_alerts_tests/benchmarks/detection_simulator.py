"""Names of the simulator in ``vk_alerts_tests.benchmarks.detection`` for the other benchmarks."""

from vk_alerts_tests.benchmarks.detection.habits import PER_DAY, habit, restless
from vk_alerts_tests.benchmarks.detection.simulator import FIRST as PAST
from vk_alerts_tests.benchmarks.detection.world import MONDAY as START
from vk_alerts_tests.benchmarks.detection.world import MOSCOW as TIMEZONE

__all__ = ["PAST", "PER_DAY", "START", "TIMEZONE", "habit", "restless"]
