"""Clusters of all kinds, as the tests of the tables have them."""

from tests.fleet.test_tables import cluster, fleet

__all__ = ["cluster", "fleet"]
