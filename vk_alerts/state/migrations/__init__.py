"""The history of the state database's tables: one file under ``versions`` per change."""
