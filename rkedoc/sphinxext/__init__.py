"""The Sphinx extension: a domain, directives and roles, and the pages of a snapshot."""

from __future__ import annotations
