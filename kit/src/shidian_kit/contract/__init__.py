"""Tests a firm's own pilot system against a gate and an authority that misbehave on purpose."""
