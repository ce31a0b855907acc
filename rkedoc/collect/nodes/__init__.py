"""Several nodes in one run, over ssh: which they are, one of them with its container runtimes, and the source that holds all."""
