"""What facts are about: a closed vocabulary, whose codes pages and programs can name."""

from __future__ import annotations

from rkedoc.i18n import N_
from rkedoc.vocabulary import Term


class FactKey(Term):
    """What a fact is about. A label with the field ``{name}`` is of something that has a name of its own."""

    NETWORK_PLUGIN = "network-plugin", N_("network plugin")
    NETWORK_POLICIES = "network-policies", N_("network policies")
    BACKEND = "backend", N_("between nodes")
    POD_NETWORK = "pod-network", N_("pod network")
    SERVICE_NETWORK = "service-network", N_("service network")
    MTU = "mtu", N_("MTU of pods")
    PORT = "port", N_("port between nodes")
    NODE_PORTS = "node-ports", N_("node ports")
    PROXY_MODE = "proxy-mode", N_("proxy mode")
    DNS_ADDRESS = "dns-address", N_("DNS address")
    DNS_DOMAIN = "dns-domain", N_("DNS domain")
    OUTSIDE_NAMES = "outside-names", N_("names outside the cluster")

    INTERFACE = "interface", N_("interface")
    MASQUERADING = "masquerading", N_("masquerading")
    TYPHA = "typha", N_("Typha")
    CALICO_ROUTES = "calico-routes", N_("BGP by Calico")
    POOL = "pool", N_("pool {name}")
    IPIP = "ipip", N_("IP-in-IP")
    VXLAN = "vxlan", N_("VXLAN")
    ADDRESSES = "addresses", N_("who gives pods their addresses")
    REPLACES_PROXY = "replaces-proxy", N_("stands in for kube-proxy")
    ENDPOINT_TO_HOST = "endpoint-to-host", N_("packets from pods to their node")
    IPTABLES_VARIANT = "iptables-variant", N_("iptables variant")
    IPTABLES_REFRESH = "iptables-refresh", N_("rules are checked every (seconds)")
    FELIX_LOG_LEVEL = "felix-log-level", N_("log level of Felix")
    IPV6 = "ipv6", N_("IPv6")
    DATASTORE = "datastore", N_("datastore")

    SERVER_URL = "server-url", N_("server URL")
    SERVER_VERSION = "server-version", N_("server version")
    VERSION_OF = "version-of", N_("version of {name}")
    AGENTS_AND_SERVER = "agents-and-server", N_("agents and server")
    CLUSTER_ID = "cluster-id", N_("cluster id")
    SERVER_PUBLISHED = "server-published", N_("server published at")
    CHART_REPOSITORIES = "chart-repositories", N_("chart repositories")
    INSTALLED_APPS = "installed-apps", N_("installed apps")
    PROJECTS = "projects", N_("projects")
    FEATURES = "features", N_("features set")
    AGENT_FEATURES = "agent-features", N_("features of the agent")

    FLEET_NAMESPACES = "fleet-namespaces", N_("namespaces")
    FLEET_SWITCH = "fleet-switch", N_("switched on in Rancher")
    CLUSTERS = "clusters", N_("clusters")
    CLUSTER_GROUPS = "cluster-groups", N_("cluster groups")
    BUNDLES = "bundles", N_("bundles")
    CLUSTER_LABELS = "cluster-labels", N_("labels of clusters")
    GIT_REPOSITORIES = "git-repositories", N_("git repositories")
    BUNDLES_HERE = "bundles-here", N_("bundles deployed here")

    CONTROLLER = "controller", N_("controller")
    CONTROLLER_VERSION = "controller-version", N_("version")
    INGRESS_CLASS = "ingress-class", N_("ingress class")
    INGRESS_CLASSES = "ingress-classes", N_("ingress classes")
    DEFAULT_BACKEND = "default-backend", N_("default backend")
    DEFAULT_CERTIFICATE = "default-certificate", N_("default certificate")
    CONTROLLER_SETTINGS = "controller-settings", N_("settings")
    TCP_SERVICES = "tcp-services", N_("TCP services")
    UDP_SERVICES = "udp-services", N_("UDP services")
    CONTROLLER_PORTS = "controller-ports", N_("ports on the nodes")
    CONTROLLER_NETWORK = "controller-network", N_("network")

    DNS_SERVICE = "dns-service", N_("address of the service")
    COREFILE = "corefile", N_("Corefile")
    DNS_PLUGIN = "dns-plugin", N_("{name}")

    ETCD_DATA = "etcd-data", N_("data directory of etcd")
    SNAPSHOT_EVERY = "snapshot-every", N_("a snapshot every")
    SNAPSHOT_AGE = "snapshot-age", N_("kept for")
    SNAPSHOT_COUNT = "snapshot-count", N_("snapshots kept")
    SNAPSHOT_TARGET = "snapshot-target", N_("saved to")
    RECURRING_SNAPSHOTS = "recurring-snapshots", N_("recurring snapshots")
    LAST_SNAPSHOT = "last-snapshot", N_("last good snapshot")
    LAST_SNAPSHOT_FILE = "last-snapshot-file", N_("last file of a snapshot")

    API_CERTIFICATE = "api-certificate", N_("certificate of the API server")
    NODE_CERTIFICATES = "node-certificates", N_("certificates of the nodes")
    FIRST_ON_NODE = "first-on-node", N_("first certificate to end on node {name}")
    WEBHOOK_AUTHORITY = "webhook-authority", N_("authority of the webhook {name}")
    API_AUTHORITY = "api-authority", N_("authority of the API {name}")
    CONVERSION_AUTHORITY = "conversion-authority", N_("authority of the conversion of {name}")
    CERTIFICATE = "certificate", N_("{name}")

    HELM_RELEASE = "helm-release", N_("{name}")
    HELM_RELEASES = "helm-releases", N_("Helm releases")
