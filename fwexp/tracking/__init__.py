"""Copies of the finished runs for the trackers that people already use."""
