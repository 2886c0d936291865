"""What is wrong with an installation, each thing by name, with what to do about it."""
