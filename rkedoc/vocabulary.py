"""The closed vocabularies: every word that a value can be, its code, what people call it, its colour, and its order.

The code is what JSON, snapshots and the catalog hold, the same in every language and from version to version. The label is made into words
by whoever prints. Members stand in the order in which they are told; colours are classes of the site's style sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Self

from rkedoc.i18n import N_, Message, language


class Term(StrEnum):
    """One word of a closed vocabulary; as text it is its code."""

    label: Message
    tone: str

    def __new__(cls, code: str, label: str = "", tone: str = "", *_more: str) -> Self:
        """A word with its code, its label and its colour."""
        term = str.__new__(cls, code)
        term._value_ = code
        term.label = Message(label)
        term.tone = tone or code
        return term

    @property
    def order(self) -> int:
        """Its place in its vocabulary, from 0."""
        return type(self)._member_names_.index(self.name)


def spoken(term: Term | None) -> str:
    """A word of a vocabulary in a terminal: its code, which is English, or in another language its label; a dash for none."""
    if term is None:
        return "–"
    return str(term) if language() == "en" else term.label.translated


class _Summed(Term):
    """A word by which containers are taken away from the ledger's sum."""

    together: Message

    def __init__(self, code: str, label: str = "", tone: str = "", together: str = "") -> None:
        """``together`` is what the containers of one step are called."""
        self.together = Message(together or label)


class Role(_Summed):
    """What a container is in its pod, in the order of the subtraction: the first axis of the ledger."""

    SANDBOX = "sandbox", N_("pod sandbox"), "sandbox", N_("pod sandboxes")
    APP = "app", N_("container of a pod"), "workload", N_("containers of pods")
    SIDECAR = "sidecar", N_("sidecar"), "platform", N_("sidecars")
    INIT = "init", N_("init container"), "init", N_("init containers")
    EPHEMERAL = "ephemeral", N_("debugging container"), "init", N_("debugging containers")
    PREVIOUS_ATTEMPT = "previous-attempt", N_("dead earlier attempt"), "helper", N_("dead earlier attempts")
    STANDALONE = "standalone", N_("outside pods"), "control-plane"


class Origin(_Summed):
    """Whose a container is, in the order of the subtraction: the second axis of the ledger."""

    CONTROL_PLANE = "control-plane", N_("control plane"), "", N_("of Kubernetes itself, outside pods")
    HELPER = "helper", N_("installer's helper"), "", N_("helpers of the installer")
    RANCHER_SERVER = "rancher-server", N_("Rancher server"), "", N_("Rancher server")
    RANCHER_AGENT = "rancher-agent", N_("Rancher agent"), "", N_("Rancher agents outside pods")
    PLATFORM = "platform", N_("platform"), "", N_("other parts of the platform, outside pods")
    ADD_ON = "add-on", N_("well-known add-on"), "", N_("well-known add-ons outside pods")
    WORKLOAD = "workload", N_("own workload"), "", N_("somebody's own, outside pods")
    UNEXPLAINED = "unexplained", N_("unexplained"), "", N_("unexplained")


class Basis(_Summed):
    """What a line of the ledger was made of, the fullest first."""

    INSPECTED = "inspected", N_("inspected"), "ok", N_("inspected containers")
    LISTED = "listed", N_("its row in a list"), "warn", N_("rows of a list, which tell role and origin and no details")
    POD_STATUS = "pod-status", N_("the status of its pod"), "info", N_("containers in the statuses of pods")


class ProcessClass(_Summed):
    """What a process of a node is there for, in the order of the subtraction: the ledger's second half."""

    IN_CONTAINER = "in-container", N_("in a container"), "workload", N_("in containers")
    SHIM = "shim", N_("a container's shim"), "sandbox", N_("shims of containers")
    PLATFORM = "platform", N_("platform"), "control-plane", N_("of the platform itself")
    SYSTEM = "system", N_("the operating system's"), "muted", N_("of the operating system")
    COLLECTOR = "collector", N_("the collector's own"), "helper", N_("of the collector")
    UNEXPLAINED = "unexplained", N_("unexplained"), "", N_("unexplained")


class Result(Term):
    """How a scope can end, the best first."""

    COMPLETE = "complete", N_("complete"), "ok"
    ABSENT = "absent", N_("not there"), "muted"
    SKIPPED = "skipped", N_("left out"), "muted"
    PARTIAL = "partial", N_("read in part"), "warn"
    FAILED = "failed", N_("failed"), "bad"
    FORBIDDEN = "forbidden", N_("forbidden"), "bad"


class ChangeKind(Term):
    """What can happen to a thing between two snapshots."""

    sign: str
    mark: Message

    def __init__(self, code: str, label: str = "", tone: str = "", sign: str = "", mark: str = "") -> None:
        """``sign`` stands before a change in a text, ``mark`` beside the thing itself on a page."""
        self.sign = sign
        self.mark = Message(mark)

    ADDED = "added", N_("added"), "ok", "+", N_("new")
    REMOVED = "removed", N_("removed"), "bad", "-", N_("removed")
    CHANGED = "changed", N_("changed"), "info", "~", N_("changed")
    MOVED = "moved", N_("moved"), "info", ">", N_("moved")


class Weight(Term):
    """What a change weighs, the weightiest first."""

    VERSION = "version", N_("version"), "info"
    EXPOSURE = "exposure", N_("exposure"), "bad"
    ACCESS = "access", N_("access"), "warn"
    CAPACITY = "capacity", N_("capacity"), "platform"
    CONFIGURATION = "configuration", N_("configuration"), "muted"


class Severity(Term):
    """How bad a problem is, the worst first."""

    CRITICAL = "critical", N_("critical"), "bad"
    ERROR = "error", N_("not well"), "bad"
    WARNING = "warning", N_("watch"), "warn"
    INFO = "info", N_("note"), "info"

    @property
    def is_grave(self) -> bool:
        """Whether something does not work."""
        return self in (Severity.CRITICAL, Severity.ERROR)


class ProblemKind(Term):
    """What can be seen not to be well. Labels are sentences with fields, which whoever has seen it fills."""

    again: str

    def __init__(self, code: str, label: str = "", tone: str = "", again: str = "") -> None:
        """``again`` is the label where there is more to tell: once all its fields are known."""
        self.again = again

    def seen(self, **values: object) -> Observation:
        """It has been seen, with these values of its fields; those that are ``None`` are not known."""
        return Observation(self, tuple((name, value) for name, value in values.items() if value is not None))

    NODE_NOT_READY = "node-not-ready", N_("the node is not ready")
    NODE_SILENT = "node-silent", N_("the node no longer reports how it is")
    NODE_CONDITION = "node-condition", N_("{told} ({condition})")
    NODE_CORDONED = "node-cordoned", N_("it is cordoned: no new pod is put on it")
    NODE_RESTARTED = (
        "node-restarted",
        N_("{count} of its {total} pods were restarted together: the node or its container engine was"),
    )
    PART_MISSING = "part-missing", N_("there is no container {part} on this node, which has the roles {roles}")
    ETCD_UNHEALTHY = "etcd-unhealthy", N_("the API server does not find etcd in good health")
    API_UNANSWERED = "api-unanswered", N_("nobody answers for this part of the API{where}")
    PODS_MISSING = "pods-missing", N_("{ready} of {wanted} pods are ready ({kind})")
    CHANGE_STUCK = "change-stuck", N_("its last change has not come through ({kind})")
    JOB_FAILED = "job-failed", N_("the job has failed")
    JOB_UNFINISHED = (
        "job-unfinished",
        N_("the job has failed once and is not done"),
        "",
        N_("the job has failed {tries} times and is not done"),
    )
    SCALER_STUCK = "scaler-stuck", N_("the autoscaler cannot scale")
    SCALER_BLIND = "scaler-blind", N_("the autoscaler does not scale, since it has nothing to go by")
    STILL_THERE = "still-there", N_("it was deleted and is still there")
    CLAIM_LOST = "claim-lost", N_("the volume of this claim is gone")
    CLAIM_PENDING = "claim-pending", N_("the claim has no volume yet")
    VOLUME_FAILED = "volume-failed", N_("the volume could not be given back")
    POD_UNKNOWN = "pod-unknown", N_("its node no longer tells how it is")
    POD_FAILED = "pod-failed", N_("it has failed and does not run")
    POD_UNSCHEDULABLE = "pod-unschedulable", N_("no node takes it")
    POD_WAITING = "pod-waiting", N_("it waits for a node")
    POD_NOT_STARTED = "pod-not-started", N_("its containers have not started")
    POD_NOT_READY = "pod-not-ready", N_("it is not ready")
    POD_WITHOUT_SANDBOX = "pod-without-sandbox", N_("node {node} has no sandbox for it")
    SANDBOX_AMISS = "sandbox-amiss", N_("{what}: {pod}")
    IMAGE_MISSING = "image-missing", N_("{who}: its image cannot be had")
    CRASH_LOOP = "crash-loop", N_("{who} ends each time it is started (restarted {times})")
    NOT_STARTABLE = "not-startable", N_("{who} cannot be started")
    ENDED = "ended", N_("{who} has ended"), "", N_("{who} has ended (restarted {times})")
    ENDED_IN_ENGINE = (
        "ended-in-engine",
        N_("container {name} has ended"),
        "",
        N_("container {name} has ended (attempt {attempt})"),
    )
    RUNS_NOT_READY = (
        "runs-not-ready",
        N_("container {name} runs and is not ready"),
        "",
        N_("container {name} runs and is not ready (restarted {times})"),
    )
    OUT_OF_MEMORY = (
        "out-of-memory",
        N_("container {name} was killed because it used more memory than it may (restarted {times})"),
    )
    RUNS_AGAIN = "runs-again", N_("container {name} runs again after it ended (restarted {times})")
    RESTARTING = "restarting", N_("it ends each time it is started (restarted {restarts} times)")
    NOT_RUNNING = "not-running", N_("it should run and does not")
    ENDED_BADLY = "ended-badly", N_("it has ended, and not as it should")
    NEVER_STARTED = "never-started", N_("it was created and never started")
    PAUSED = "paused", N_("somebody has paused it")
    UNHEALTHY = "unhealthy", N_("it runs, and its health check fails")
    LEFT_BEHIND = (
        "left-behind",
        N_("an upgrade has left it behind: it is the predecessor of the container without old- in its name"),
    )
    HELPER_FAILED = "helper-failed", N_("this helper of the installer has failed")
    NODES_DIFFER = (
        "nodes-differ",
        N_("{thing}: {odd}, and {usual} on the {count} other nodes with the roles {roles}"),
    )
    NODES_SPLIT = (
        "nodes-split",
        N_("{thing}: {values}; none of these is what most nodes with the roles {roles} have"),
    )
    NODES_DIFFER_MORE = "nodes-differ-more", N_("the nodes with the roles {roles} differ in {count} more things")
    KUBELET_NEWER = "kubelet-newer", N_("kubelet {kubelet} is newer than the API server, which is {server}")
    KUBELET_TOO_OLD = (
        "kubelet-too-old",
        N_(
            "kubelet {kubelet} is too old for the API server, which is {server}: it may be {allowed} minor versions older"
        ),
    )
    KUBELET_BEHIND = "kubelet-behind", N_("kubelet {kubelet} is older than the API server, which is {server}")


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that was seen not to be well."""

    kind: ProblemKind
    values: tuple[tuple[str, object], ...] = ()

    @property
    def text(self) -> Message:
        """What was seen, as a sentence."""
        known = dict(self.values)
        more = self.kind.again and all(name in known for _text, name, *_ in Formatter().parse(self.kind.again) if name)
        return Message(self.kind.again if more else self.kind.label.message, **known)


class SupportState(Term):
    """How it stands with the support of a version by those who make it, the worst first."""

    ENDED = "ended", N_("no longer supported"), "bad"
    ENDS_SOON = "ends-soon", N_("support ends soon"), "warn"
    SUPPORTED = "supported", N_("supported"), "ok"
    UNKNOWN = "unknown", N_("not known"), "muted"


class MoveWeight(Term):
    """What a finding means for moving from RKE1 to RKE2, the gravest first."""

    BLOCKS = "blocks", N_("Cannot move by itself"), "bad"
    DECIDE = "decide", N_("Must be decided"), "warn"
    CHANGES = "changes", N_("Becomes something else"), "info"
    SAME = "same", N_("Needs nothing"), "ok"


class MoveTopic(Term):
    """What a finding is about, in the order in which one thinks of a new cluster."""

    WHOLE = "whole", N_("The cluster as a whole"), "muted"
    NETWORK = "network", N_("Network"), "muted"
    INGRESS = "ingress", N_("Ingress, names and metrics"), "muted"
    SECURITY = "security", N_("Cloud, security and certificates"), "muted"
    ARGUMENTS = "arguments", N_("Arguments of the control plane and the kubelets"), "muted"
    ETCD = "etcd", N_("etcd and its snapshots"), "muted"
    WORKLOADS = "workloads", N_("Workloads, images and volumes"), "muted"
    NODES = "nodes", N_("Nodes"), "muted"
    RANCHER = "rancher", N_("Rancher and what it brought"), "muted"


class RiskKind(Term):
    """What lets harm spread further than it must, the gravest first.

    The first five are what the baseline of Kubernetes' Pod Security Standards forbids, and its likes outside pods
    (kubernetes.io, docs/concepts/security/pod-security-standards).
    """

    why: Message

    def __init__(self, code: str, label: str = "", tone: str = "", why: str = "") -> None:
        """``why`` says what can come of it."""
        self.why = Message(why)

    PRIVILEGED = (
        "privileged",
        N_("Privileged containers"),
        "bad",
        N_(
            "Whoever gets into such a container has all rights on its node: every device, every process, every pod that runs there."
        ),
    )
    RUNTIME_SOCKET = (
        "runtime-socket",
        N_("The container runtime's socket"),
        "bad",
        N_(
            "Whoever can talk to the runtime can start a container with all rights on the node. That a socket is mounted read-only does not prevent it."
        ),
    )
    CLUSTER_ADMIN = (
        "cluster-admin",
        N_("All rights in the cluster"),
        "bad",
        N_(
            "Whoever acts as this account, user or group may do everything with everything, read every Secret included."
        ),
    )
    HOST_NAMESPACE = (
        "host-namespace",
        N_("The node's own namespaces"),
        "warn",
        N_(
            "In the node's network a container reaches what listens for the node alone; where it shares the node's processes, it sees them and may end them."
        ),
    )
    HOST_MOUNT = (
        "host-mount",
        N_("Folders of the node"),
        "warn",
        N_(
            "What is written there outlives the container and is read by the node; where it may write to the node's configuration, it can become root there."
        ),
    )
    OPEN_PORT = (
        "open-port",
        N_("Ports on all addresses"),
        "warn",
        N_("Such a port is reached from every network that the node is in, unless a firewall stands between."),
    )
    NO_LIMIT = (
        "no-limit",
        N_("No limit of memory"),
        "info",
        N_("Such a container may use all memory of its node; then the kernel ends processes, and not always this one."),
    )
    MOVING_IMAGE = (
        "moving-image",
        N_("Images by latest"),
        "warn",
        N_(
            "The name stands for another image tomorrow: what runs depends on when each node pulled it, and nobody can go back."
        ),
    )
    NO_DIGEST = (
        "no-digest",
        N_("Images without a digest"),
        "info",
        N_(
            "Whoever can write to the registry can put another image behind the tag; a digest names one image for good."
        ),
    )


class Right(Term):
    """What is worth asking of rights: what leads to more rights, to secrets or to harm (kubernetes.io,
    docs/concepts/security/rbac-good-practices). The label asks, ``why`` says what the right means."""

    why: Message

    def __init__(self, code: str, label: str = "", tone: str = "", why: str = "") -> None:
        """``why`` says what the right means."""
        self.why = Message(why)

    DO_EVERYTHING = (
        "do-everything",
        N_("Who may do everything"),
        "bad",
        N_(
            "Every verb with every object, those of kinds that are yet to come included. The group system:masters may do so even "
            "without a role."
        ),
    )
    READ_SECRETS = (
        "read-secrets",
        N_("Who may read Secrets"),
        "bad",
        N_(
            "Whoever may list or watch them gets their contents too. Who may create pods in a namespace reads its Secrets through "
            "them, and a kubelet gets those of its own pods without any role."
        ),
    )
    EXEC_INTO_PODS = (
        "exec-into-pods",
        N_("Who may run commands in pods"),
        "bad",
        N_(
            "By exec and attach, or past the API server by the kubelet (nodes/proxy). Until Kubernetes 1.35 the verb get was enough."
        ),
    )
    CREATE_PODS = (
        "create-pods",
        N_("Who may create or change pods and workloads"),
        "warn",
        N_(
            "A pod can run as any account of its namespace and mount any of its Secrets, so that whoever may start one has their rights."
        ),
    )
    GAIN_RIGHTS = (
        "gain-rights",
        N_("Who may get more rights (escalate, bind, impersonate, tokens)"),
        "bad",
        N_("Whoever may do this is held back by no other limit of his rights."),
    )
    DELETE_NAMESPACES = (
        "delete-namespaces",
        N_("Who may delete namespaces"),
        "warn",
        N_("Everything in a namespace goes with it."),
    )
    READ_EVERYTHING = (
        "read-everything",
        N_("Who may read everything"),
        "warn",
        N_("Every object of every kind, Secrets included."),
    )


class Whose(Term):
    """Whose something is that may do harm, in the order in which it should be looked at."""

    OWN = "own", N_("own workload"), "workload"
    UNKNOWN = "unknown", N_("nobody says whose"), "unexplained"
    ADD_ON = "add-on", N_("well-known add-on"), "add-on"
    SYSTEM = "system", N_("the operating system's"), "muted"
    PLATFORM = "platform", N_("platform"), "platform"

    @classmethod
    def of(cls, origin: Origin) -> Whose:
        """Whose a container of this origin is."""
        return _WHOSE.get(origin, cls.PLATFORM)


_WHOSE = {Origin.WORKLOAD: Whose.OWN, Origin.UNEXPLAINED: Whose.UNKNOWN, Origin.ADD_ON: Whose.ADD_ON}


class GapKind(Term):
    """What can be missing in the documentation of a cluster. The colour is the level of SARIF 2.1.0, section 3.27.10."""

    UNEXPLAINED = "unexplained", N_("A container that nothing explains"), "error"
    UNDOCUMENTED = "undocumented", N_("Somebody's own, and nobody has said what it is"), "note"
    STALE = "stale", N_("An annotation about something that is not there"), "warning"
    MISMATCH = "mismatch", N_("Container engine and API do not agree"), "error"


class MismatchKind(Term):
    """How an engine and the API can disagree."""

    SANDBOX_WITHOUT_POD = "sandbox without pod", N_("sandbox without pod"), "warn"
    SANDBOX_ELSEWHERE = "sandbox on another node", N_("sandbox on another node"), "warn"
    SECOND_SANDBOX = "second sandbox of a pod", N_("second sandbox of a pod"), "warn"
    POD_WITHOUT_SANDBOX = "pod without sandbox", N_("pod without sandbox"), "warn"


class Likeness(Term):
    """How a cluster is beside the others of its group, in one thing."""

    DIFFERS = "differs", N_("differs"), "warn"
    NOT_KNOWN = "not-known", N_("not known"), "muted"
    SAME = "same", N_("same"), "ok"


class NodePart(Term):
    """A part of Kubernetes that a node can have."""

    API_SERVER = "api-server", N_("API server"), "control-plane"
    CONTROLLER_MANAGER = "controller-manager", N_("controller manager"), "control-plane"
    SCHEDULER = "scheduler", N_("scheduler"), "control-plane"
    CLOUD_CONTROLLER = "cloud-controller-manager", N_("cloud controller manager"), "control-plane"
    ETCD = "etcd", N_("etcd"), "control-plane"
    KINE = "kine", N_("kine, which keeps the data in a database of another kind"), "control-plane"
    DATABASE = "database", N_("database outside the cluster"), "control-plane"
    HELM_CONTROLLER = "helm-controller", N_("Helm controller"), "platform"
    SERVICE_BALANCER = "service-load-balancer", N_("service load balancer"), "platform"
    KUBELET = "kubelet", N_("kubelet"), "platform"
    KUBE_PROXY = "kube-proxy", N_("kube-proxy"), "platform"
    FLANNEL = "flannel", N_("flannel"), "platform"
    NETWORK_POLICY = "network-policy-controller", N_("network policy controller"), "platform"
    CONTAINERD = "containerd", N_("containerd"), "platform"
    CRI_DOCKERD = "cri-dockerd", N_("cri-dockerd"), "platform"
    RUNTIME = "container-runtime", N_("container runtime"), "platform"
    API_BALANCER = "api-load-balancer", N_("way to the API servers (nginx-proxy)"), "platform"


class PartState(Term):
    """What runs a part."""

    INSIDE = "inside", N_("inside the one process"), "ok"
    CHILD = "child", N_("a process that it starts"), "ok"
    STATIC_POD = "static-pod", N_("static pod"), "ok"
    SERVICE = "service", N_("a process of its own"), "ok"
    CONTAINER = "container", N_("container outside pods"), "ok"
    POD = "pod", N_("pod of a workload"), "ok"
    OUTSIDE = "outside", N_("elsewhere"), "info"
    OFF = "off", N_("switched off"), "muted"
    MISSING = "missing", N_("should be there and is not"), "bad"
    UNKNOWN = "unknown", N_("not known"), "warn"


class Evidence(Term):
    """What a statement about a part rests on."""

    FLAG = "flag", N_("an argument"), "info"
    FILE = "file", N_("a configuration file"), "info"
    NODE = "node", N_("a note of the node about itself"), "info"
    OTHER = "other", N_("the settings of another node"), "info"
    SEEN = "seen", N_("what was seen"), "ok"
    DEFAULT = "default", N_("the default: nothing says otherwise"), "muted"
    NONE = "none", N_("nothing that was collected"), "muted"


class RuntimeView(Term):
    """How much of what a container runtime runs its answers show."""

    ALL = "all", N_("all of its containers"), "ok"
    KUBERNETES = (
        "kubernetes",
        N_("the containers of Kubernetes alone: what was started beside it is not visible through CRI"),
        "info",
    )
    NAMESPACE = "namespace", N_("the containers of the namespaces of containerd that were asked for"), "info"


class Absence(Term):
    """What a ledger can lack."""

    ENGINE = "engine", N_("container engine"), "info"
    PODS = "pods", N_("pods"), "info"
    NODE = "node", N_("node"), "info"
