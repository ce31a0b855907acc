"""The snapshot: record types, their identity, and the file that holds them."""
