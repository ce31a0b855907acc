"""Answers for assistants: what a person could read on the pages, with its evidence, of bounded size, and marked as data."""
