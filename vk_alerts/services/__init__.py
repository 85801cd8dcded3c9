"""Everything that has to run, started and ended together: what ``vk-alerts up`` does."""

from vk_alerts.services.up import UpOptions, run_up

__all__ = ["UpOptions", "run_up"]
