"""The state database: incidents, outbox, watermark; what needs transactions and unique keys."""
