"""The store: all that lies on disk, written and read here."""
