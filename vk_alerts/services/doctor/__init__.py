"""``vk-alerts doctor``: looks at everything the product needs, and tells what is amiss and what mends it."""

from vk_alerts.services.doctor.examine import examine
from vk_alerts.services.doctor.finding import Finding, Health

__all__ = ["Finding", "Health", "examine"]
