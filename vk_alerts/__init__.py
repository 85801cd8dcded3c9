"""vk_alerts watches an app's key metrics in ClickHouse and tells people when one leaves its norm."""
