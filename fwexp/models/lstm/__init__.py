"""Stacked LSTMs over a series' past, and a dense head for its future."""
