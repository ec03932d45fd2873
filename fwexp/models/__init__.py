"""Models: one folder each, its spec and its two implementations side by side."""
