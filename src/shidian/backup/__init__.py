"""Copies of a whole installation, and an installation put back from one.

A backup is a folder: `manifest.json` names every file with its size and SHA-256, every table of the
app database with a hash of its rows, and how far journal and record had come. Secrets lie in a
folder of their own, to be kept apart from the rest.
"""
