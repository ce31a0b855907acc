"""What keeps the project: messages, truth, and the walk over tags. Run as ``python -m tools.NAME``."""
