"""Explain everything that runs on a Rancher/RKE Kubernetes node.

The stages of the data are the packages: :mod:`rkedoc.collect` asks a live node, :mod:`rkedoc.redact` takes the
secrets out, :mod:`rkedoc.snapshot` is the file that remains, :mod:`rkedoc.catalog` knows what components are,
:mod:`rkedoc.explain` joins the two, and :mod:`rkedoc.sphinxext` renders the result.
"""

from __future__ import annotations

__version__ = "0.1.0"
