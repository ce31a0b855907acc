"""Sphinx configuration of the project's own documentation: built with the extension itself, from the snapshot of the demo of RKE1."""

from __future__ import annotations

import sys
from pathlib import Path

from rkedoc import __version__
from rkedoc.resources import resource

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "rkedoc"
version = release = __version__
extensions = ["myst_parser", "rkedoc.sphinxext", "reference_tables", "catalog_pages"]
exclude_patterns = ["_build", "_data", "annotations", "templates"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True

rkedoc_snapshot = str(resource("data", "demo.ndjson.zst"))
rkedoc_pages = "demo"
rkedoc_annotations = ["annotations"]
rkedoc_classification = "demo"
rkedoc_note = "This is a demo. Recorded: the answers of a node's Docker engine and of its API."

html_theme = "pydata_sphinx_theme"
html_title = f"rkedoc {__version__}"
html_theme_options = {
    "show_prev_next": False,
    "navigation_depth": 3,
    "search_as_you_type": True,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "primary_sidebar_end": [],
}
html_sidebars = {"index": [], "tutorial/index": []}
html_show_search_summary = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
