"""The product at work on simulated events: planted incidents, and whether they were told."""
