"""``python -m rkedoc`` is the command ``rkedoc``."""

from __future__ import annotations

from rkedoc.cli import main

main()
