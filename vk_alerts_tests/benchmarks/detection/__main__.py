"""``python -m vk_alerts_tests.benchmarks.detection``."""

from vk_alerts_tests.benchmarks.detection.command import main

main()
