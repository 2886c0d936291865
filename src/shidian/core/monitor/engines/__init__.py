"""Batch engines: a whole history at once, in columns, with the evaluator's answers."""
