"""The formats of other tools' dumps that are known, each in a module of its own."""
