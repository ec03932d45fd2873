"""Meters: clock, memory, environment."""
