"""Benchmarks: ratios against a floor or a peer, measured in the same run. ``python -m bench`` prints all of them."""
