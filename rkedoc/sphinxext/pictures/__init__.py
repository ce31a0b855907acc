"""Drawings as plain values: layouts and shapes, without a renderer outside this package."""
