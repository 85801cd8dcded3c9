"""From scores to what is told: pure decisions over values."""
