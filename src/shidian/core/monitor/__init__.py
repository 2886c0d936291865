"""Indicators, limits and alerts as a function of rulebook and journal: live and in replay."""
