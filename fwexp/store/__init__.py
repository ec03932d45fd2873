"""The store: everything on disk, written and read here."""
