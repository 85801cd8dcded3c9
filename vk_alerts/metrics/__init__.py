"""Metrics as declarative files: the catalog's model, its loader, and the one place that composes SQL."""
