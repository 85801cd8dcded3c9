"""vk_alerts watches an app's key metrics in ClickHouse and tells people in Telegram when one leaves its norm."""
