"""The headings of pages: the id that templates use (and that is the anchor in every language), and its words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rkedoc.i18n import N_

HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "about": N_("What it is"),
        "access": N_("Access"),
        "accounting": N_("How the accounts are kept"),
        "accounts": N_("Service accounts"),
        "history": N_("What has changed here"),
        "axes": N_("Two ways to add it up"),
        "bindings": N_("Who may do what"),
        "changes": N_("Changes"),
        "captures": N_("What was asked, and when"),
        "claims": N_("Claims"),
        "classes": N_("Storage classes"),
        "components": N_("Components"),
        "conditions": N_("Conditions"),
        "configuration": N_("Configuration"),
        "containers": N_("Containers"),
        "engine": N_("Container engines"),
        "engine-networks": N_("Networks of the container engine"),
        "engine-volumes": N_("Volumes of the container engine"),
        "here": N_("In this cluster"),
        "host-paths": N_("Folders of the node that containers mount"),
        "hosts": N_("A request's way, host by host"),
        "lines": N_("Every container"),
        "listeners": N_("Who listens where"),
        "map": N_("Map"),
        "mismatches": N_("What does not match"),
        "namespaces": N_("Namespaces"),
        "network": N_("Network"),
        "not-collected": N_("What could not be collected"),
        "others": N_("Everything else here"),
        "packet": N_("A packet's way"),
        "pods": N_("Pods"),
        "policies": N_("Network policies"),
        "powerful": N_("Who can do nearly everything"),
        "problems": N_("Not well right now"),
        "redaction": N_("What was hidden"),
        "relations": N_("Relations"),
        "roles": N_("Roles"),
        "runs": N_("How it runs"),
        "scopes": N_("Every request"),
        "services": N_("Services"),
        "steps": N_("From snapshot to snapshot"),
        "stopped": N_("Those that do not run"),
        "sum": N_("The containers, added up"),
        "unknown": N_("What could not be compared"),
        "versions": N_("Versions"),
        "volumes": N_("Volumes"),
        "workloads": N_("Workloads"),
    }
)
"""Words by heading id. They are looked up in the language of the site when a page is read."""
