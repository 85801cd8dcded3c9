"""``python -m vk_alerts_tests.benchmarks.detection_quality``, another name of the detection benchmark."""

from vk_alerts_tests.benchmarks.detection.command import main

if __name__ == "__main__":
    main()
