"""From a live source to redacted records: one module a source, one run that orders them.

Nothing here writes to a source. What leaves this package has been redacted; nothing raw is spooled.
"""
