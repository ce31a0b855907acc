"""Live facts: what this cluster's own configuration says of its networks and names, of Rancher,
Fleet, Helm and ingress, of etcd, certificates and ports.

A fact names where it was read; what could not be read says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.explain.facts.certificates import certificate_facts
from rkedoc.explain.facts.dns import dns_facts
from rkedoc.explain.facts.etcd import etcd_facts
from rkedoc.explain.facts.fact import Fact, Place, Unread
from rkedoc.explain.facts.helm import helm_facts
from rkedoc.explain.facts.ingress import ingress_facts
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.listeners import Listener, listeners
from rkedoc.explain.facts.network import facts_of, network_facts
from rkedoc.explain.facts.networks import Network
from rkedoc.explain.facts.rancher import fleet_facts, rancher_facts

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

__all__ = ["Fact", "FactKey", "Listener", "Place", "Unread", "facts", "listeners"]


@lru_cache(maxsize=4)
def facts(cluster: Cluster) -> Mapping[str, tuple[Fact | Unread, ...]]:
    """Facts by topic: ``network``, ``rancher``, ``fleet``, ``ingress``, ``dns``, ``etcd``, ``certificates``, ``helm``, and each network's code.

    ``network`` always has backend, pod network, service network, mtu and port. A topic of which the cluster has nothing is empty.
    """
    readers = {
        "network": network_facts, "rancher": rancher_facts, "fleet": fleet_facts, "ingress": ingress_facts,
        "dns": dns_facts, "etcd": etcd_facts, "certificates": certificate_facts, "helm": helm_facts,
        **{str(one): facts_of(one) for one in Network},
    }  # fmt: skip
    return MappingProxyType({topic: tuple(reader(cluster)) for topic, reader in readers.items()})
