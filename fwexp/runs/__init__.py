"""Runs: execute one, record it, store it."""
