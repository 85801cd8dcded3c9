"""What each kind of message says: one module per family of kinds, laid out and fitted by `layout`."""
