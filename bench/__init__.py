"""Workloads, harness and peers of `shidian bench`."""
