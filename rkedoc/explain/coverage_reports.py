"""The documentation coverage as a table, as SARIF 2.1.0 (OASIS) and as JUnit XML, for people and for pipelines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from rkedoc import __version__
from rkedoc.explain.data import data_text
from rkedoc.explain.screen import PLAIN, Screen
from rkedoc.i18n import _, between, in_brackets, of_what
from rkedoc.vocabulary import GapKind, Origin

if TYPE_CHECKING:
    from rkedoc.explain.coverage import Coverage, Share

# Characters that XML 1.0 cannot hold, not even escaped (W3C, "Extensible Markup Language 1.0", section 2.2).
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_table(found: Coverage, screen: Screen = PLAIN) -> str:
    """The shares, then what is to be put right, grouped by what is wrong."""
    name = found.cluster or _("the cluster")
    told = _("{cluster}: {share} documented").format(cluster=name, share=_told(found.total))
    parts = [screen.said(told, tone="warning" if found.findings else "good"), ""]
    rows = [(group.label.translated, *_cells(share)) for group, share in found.groups.items() if share.total]
    rows += [
        (_("namespace {name}").format(name=place), *_cells(share)) for place, share in found.namespaces.items() if place
    ]
    if outside := found.namespaces.get(""):
        rows.append((_("containers outside pods"), *_cells(outside)))
    parts += screen.table((_("WHAT"), _("DOCUMENTED"), _("OF"), _("PERCENT")), rows)
    for rule in GapKind:
        lines = [finding for finding in found.findings if finding.rule == rule]
        if lines:
            parts += [
                "",
                screen.said(of_what(in_brackets(rule.label.translated, rule), str(len(lines))), tone="strong"),
            ]
            parts += [
                screen.said(
                    of_what(item.file, item.message.translated) if item.file else item.message.translated, indent="  "
                )
                for item in lines
            ]
    if found.unseen:
        beyond = between("; ").join(item.translated for item in found.unseen)
        parts += [
            "",
            screen.said(_("This holds for what was seen. Not seen: {beyond}.").format(beyond=beyond), tone="warning"),
        ]
    if not found.judged:
        parts += ["", screen.said(_("Pods were not all read: whether an annotation is stale was not judged."))]
    return "\n".join(parts) + "\n"


def _cells(share: Share) -> tuple[str, str, str]:
    return str(share.documented), str(share.total), f"{share.percent:.1f}"


def _told(share: Share) -> str:
    return _("{percent} % ({documented} of {total})").format(
        percent=f"{share.percent:.1f}", documented=share.documented, total=share.total
    )


def as_sarif(found: Coverage, snapshot: str) -> str:
    """The findings as results. Those about an annotation lie in its file, the others in the snapshot."""
    rules = [
        {"id": rule.value, "shortDescription": {"text": str(rule.label)}, "defaultConfiguration": {"level": rule.tone}}
        for rule in GapKind
    ]
    results = [
        {
            "ruleId": item.rule.value,
            "ruleIndex": item.rule.order,
            "level": item.rule.tone,
            "message": {"text": str(item.message)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(PurePath(item.file or snapshot).as_posix())}
                    },
                    "logicalLocations": [{"fullyQualifiedName": item.subject}],
                }
            ],
            "partialFingerprints": {"subject/v1": f"{item.rule}:{item.subject}:{item.message}"},
        }
        for item in found.findings
    ]
    driver = {"name": "rkedoc", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": results,
           "properties": {"coverage": round(found.total.percent, 2)}}  # fmt: skip
    return data_text({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run],
    })  # fmt: skip


def as_junit(found: Coverage, snapshot: str) -> str:
    """A test case for each subject; one that is not documented fails. What else was found is a suite of its own."""
    root = ET.Element("testsuites", name="rkedoc coverage")
    for place in found.namespaces:
        subjects = [subject for subject in found.subjects if subject.namespace == place]
        failed = [subject for subject in subjects if not subject.documented]
        title = f"namespace {place}" if place else "containers outside pods"
        suite = _suite(root, title, len(subjects), len(failed))
        for subject in subjects:
            case = ET.SubElement(suite, "testcase", classname=_xml(subject.kind), name=_xml(subject.name))
            if not subject.documented:
                rule = GapKind.UNEXPLAINED if subject.group == Origin.UNEXPLAINED else GapKind.UNDOCUMENTED
                ET.SubElement(case, "failure", type=GapKind.UNDOCUMENTED, message=_xml(rule.label))
    others = [item for item in found.findings if item.rule in (GapKind.STALE, GapKind.MISMATCH)]
    if others:
        suite = _suite(root, "annotations and ledger", len(others), len(others))
        for item in others:
            case = ET.SubElement(suite, "testcase", classname=item.rule, name=_xml(item.subject))
            ET.SubElement(case, "failure", type=item.rule, message=_xml(f"{item.file or snapshot}: {item.message}"))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(root: ET.Element, name: str, tests: int, failures: int) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_xml(name), tests=str(tests), failures=str(failures), errors="0")


def _xml(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)


REPORTS: Mapping[str, Callable[[Coverage, str], str]] = MappingProxyType({"sarif": as_sarif, "junit": as_junit})
"""What pipelines read, by name. Each takes the coverage and the name of the snapshot's file."""
