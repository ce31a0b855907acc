"""Storage: claims, volumes and classes of the cluster, folders of nodes in containers, volumes of the engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, Para, Ref, Row, View
from rkedoc.sphinxext.views.pages.namespace import claim_row, row
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    code,
    codes,
    joined,
    listing,
    ref_of,
    reservation,
    scalar,
    state,
    string,
)
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site


def intro(site: Site, key: str) -> View:
    """Where data lives on such a node, in two sentences."""
    del key
    snapshot = site.cluster.snapshot
    counts = _("{claims} claims, {volumes} volumes and {classes} storage classes were collected.").format(
        claims=len(snapshot.by_kind("PersistentVolumeClaim")),
        volumes=len(snapshot.by_kind("PersistentVolume")),
        classes=len(snapshot.by_kind("StorageClass")),
    )
    text = _(
        "Data lives in volumes that pods claim, in folders of the node that containers mount, and in volumes of the engine. "
        "What is in none of them is gone with its container."
    )
    return (Para((text, " ", counts)),)


def claims(site: Site, key: str) -> View:
    """All claims."""
    del key
    rows = (
        claim_row(site, record, namespace=True) for record in site.cluster.snapshot.by_kind("PersistentVolumeClaim")
    )
    columns = (_("Namespace"), _("Claim"), _("State"), _("Size"), _("Class"), _("Volume"), _("Used by"))
    return listing(
        site, "core/persistentvolumeclaims", columns, rows, none=_("No claim: no pod asks for storage of the cluster.")
    )


def volumes(site: Site, key: str) -> View:
    """All volumes of the cluster."""
    del key
    rows = []
    for record in site.cluster.snapshot.by_kind("PersistentVolume"):
        spec = mapping(record.body, "spec")
        claim = mapping(spec, "claimRef")
        known = {"capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName", "volumeMode",
                 "mountOptions", "nodeAffinity"}  # fmt: skip
        kinds = [name for name in spec if name not in known]
        rows.append(
            row(
                record,
                state(string(record.body, "status", "phase")),
                code(string(spec, "capacity", "storage")),
                codes(kinds),
                (Ref("storageclass", string(spec, "storageClassName")),) if string(spec, "storageClassName") else DASH,
                (Ref("pvc", f"{string(claim, 'namespace')}/{string(claim, 'name')}"),) if claim else DASH,
                code(string(spec, "persistentVolumeReclaimPolicy")),
            )
        )
    columns = (_("Volume"), _("State"), _("Size"), _("Kind"), _("Class"), _("Claimed by"), _("When released"))
    return listing(site, "core/persistentvolumes", columns, rows, none=_("No volume."))


def classes(site: Site, key: str) -> View:
    """All storage classes."""
    del key
    rows = []
    for record in site.cluster.snapshot.by_kind("StorageClass"):
        body = record.body
        default = string(body, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true"
        rows.append(
            row(
                record,
                code(string(body, "provisioner")),
                (Badge(_("the default"), "info"),) if default else DASH,
                code(string(body, "reclaimPolicy")),
                code(string(body, "volumeBindingMode")),
            )
        )
    columns = (_("Class"), _("Made by"), _("Default"), _("When released"), _("Bound"))
    return listing(
        site,
        "storage.k8s.io/storageclasses",
        columns,
        rows,
        none=_("No storage class: a claim is bound only if somebody makes a volume for it by hand."),
    )


def host(site: Site, key: str) -> View:
    """Which folders of the node are mounted where."""
    del key
    found: dict[str, dict[tuple[str, str, str], None]] = {}
    for workload in site.cluster.workloads():
        spec = workload.pod_spec
        paths = {string(v, "name"): string(v, "hostPath", "path") for v in items(spec, "volumes") if "hostPath" in v}
        for _role, container in containers_of(spec) if paths else ():
            for mount in items(container, "volumeMounts"):
                path = paths.get(string(mount, "name"))
                if path:
                    how = _("read only") if mount.get("readOnly") is True else _("read and write")
                    name = f"{workload.namespace}/{workload.name}"
                    found.setdefault(path, {})[(workload.id, name, how)] = None
    for line in site.ledger.lines:
        record = site.cluster.snapshot.get(line.record_id) if line.role == Role.STANDALONE else None
        for mount in items(record.body, "mounts") if record is not None else ():
            path = string(mount, "source")
            if path and not string(mount, "name"):
                how = _("read only") if mount.get("readOnly") is True else _("read and write")
                found.setdefault(path, {})[(line.record_id, line.name, how)] = None
    rows = tuple(
        Row(((Code(path),), joined((page_ref(site, rid, name), " (", how, ")") for rid, name, how in users)))
        for path, users in sorted(found.items())
    )
    notes = reservation(site, ("engine/containers",))
    return (
        *notes,
        *listing(site, "core/pods", (_("Folder of the node"), _("Mounted by")), rows, none=_("None."), filterable=True),
    )


def engine_volumes(site: Site, key: str) -> View:
    """The engines' volumes and what mounts them."""
    del key
    users: dict[tuple[str, str], list[str]] = {}
    for record in site.cluster.snapshot.by_kind("EngineContainer"):
        for mount in items(record.body, "mounts"):
            name = string(mount, "name")
            if name:
                users.setdefault((record.namespace or "", name), []).append(record.id)
    rows = []
    for record in site.cluster.snapshot.by_kind("EngineVolume"):
        body = record.body
        node = record.namespace or ""
        mounted = users.get((node, string(body, "name") or record.name)) or users.get((node, record.name), [])
        options = mapping(body, "options")
        anonymous: Cell = (" ", Badge(_("nobody named it"), "muted")) if body.get("anonymous") is True else ()
        cells: tuple[Cell, ...] = (
            (Code(record.name if len(record.name) < 64 else f"{record.name[:16]}…"), *anonymous),
            (Ref("node", record.namespace or ""),),
            code(string(body, "driver")),
            codes(f"{name}={scalar(value)}" for name, value in sorted(options.items())),
            joined((ref_of(i),) for i in mounted) if mounted else (Badge(_("nothing"), "muted"),),
        )
        rows.append(Row(cells))
    columns = (_("Volume"), _("Node"), _("Driver"), _("Options"), _("Used by"))
    return listing(site, "engine/volumes", columns, rows, none=_("The engine has no volume."))
