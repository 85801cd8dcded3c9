"""What a team needs to run it for good: systemd units, a compose file, Dagster's files, an environment."""

from vk_alerts.services.deployment.writing import Kind, write_deployment

__all__ = ["Kind", "write_deployment"]
