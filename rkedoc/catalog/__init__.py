"""The catalog: what the parts of a Rancher, RKE, RKE2, K3s or kubeadm cluster are, and how to recognise them.

An entry is one Markdown file a component and language, with a front matter that says what matches it. Users add
entries, and override or extend the built-in ones, with files of the same format.
"""

from __future__ import annotations

from rkedoc.catalog.bound import ClusterCatalog, Distribution, InPod, OnHost, OutsidePods
from rkedoc.catalog.entry import Entry, MatchRule, Section
from rkedoc.catalog.images import ImageReference, parse_image
from rkedoc.catalog.lint import LintFinding, lint, lint_own, lint_translation
from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.catalog.matcher import Match

__all__ = [
    "Catalog",
    "ClusterCatalog",
    "Distribution",
    "Entry",
    "ImageReference",
    "InPod",
    "LintFinding",
    "Match",
    "MatchRule",
    "OnHost",
    "OutsidePods",
    "Section",
    "lint",
    "lint_own",
    "lint_translation",
    "load_catalog",
    "parse_image",
]
