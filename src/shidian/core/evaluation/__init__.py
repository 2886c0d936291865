"""Outcome statistics for the evaluation of a pilot: sealed plans, estimates with intervals, and
what a report may say of them. Pure: no clock, no I/O, no randomness."""
