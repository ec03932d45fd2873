"""Tests of the tables of hardware and of precisions."""
