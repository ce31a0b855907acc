"""Directives of the reference pages: tables made from the program's own data, so that they cannot fall behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from rkedoc import cli
from rkedoc.catalog import entry, ranges
from rkedoc.collect.cri.sockets import CRI_SOCKETS, DOCKER_SOCKETS
from rkedoc.collect.files.formats import FORMATS, OTHERWISE
from rkedoc.explain.facts.topics import facts
from rkedoc.explain.support import lines
from rkedoc.fleet import schema
from rkedoc.resources import load_yaml
from rkedoc.snapshot.schema import json_schema
from rkedoc.sphinxext import twin
from rkedoc.sphinxext.kinds import KINDS
from rkedoc.sphinxext.loading import site_of
from rkedoc.sphinxext.pages import PAGES, SUBJECTS, WHOLE

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

Rows = Iterable[tuple[str, ...]]
Table = tuple[tuple[str, ...], Rows]


def code(value: object) -> str:
    """Text in a code span, whatever it holds."""
    text = str(value)
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}" if text else ""


def table(columns: tuple[str, ...], rows: Rows) -> str:
    """A Markdown table."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(columns), line("---" for _ in columns), *map(line, rows)])


class Command(SphinxDirective):
    """``{command} name``: how a command of the command line is called, and its options."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Show usage, help and options."""
        name = self.arguments[0]
        command: click.Command = cli.cli
        for word in name.split():
            found = command.commands.get(word) if isinstance(command, click.Group) else None
            if found is None:
                raise ExtensionError(f"rkedoc has no command {name}")
            command = found
        context = click.Context(command, info_name=f"rkedoc {name}")
        words = " ".join(command.collect_usage_pieces(context))
        usage = f"```text\nrkedoc {name} {words}\n```"
        # Click shows a paragraph that begins so as it stands; `name` is a code span here as well.
        text = (command.help or "").replace("\b", "")
        return self.parse_text_to_nodes(f"{text}\n\n{usage}\n\n{table(('Option', 'Meaning'), self._options(command))}")

    def _options(self, command: click.Command) -> Rows:
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield ", ".join(code(name) for name in self._names(parameter)), self._meaning(parameter)
        yield f"{code('-h')}, {code('--help')}", "Show the help and end."

    def _names(self, option: click.Option) -> Iterable[str]:
        metavar = option.metavar or ("" if option.is_flag else option.name or "")
        if isinstance(option.type, click.Choice):
            metavar = "|".join(map(str, option.type.choices))
        elif isinstance(option.type, click.Path) and metavar == option.name:
            metavar = "PATH"
        elif metavar == option.name:
            metavar = "N" if option.type.name.startswith("integer") else metavar.rstrip("s").upper()
        for name in option.opts:
            yield f"{name} {metavar}".strip() if name.startswith("--") else name

    def _meaning(self, option: click.Option) -> str:
        text, _bracket, given = _text(option.help or "").partition("  [default: ")
        default = given.removesuffix("]")
        if not default and option.show_default:
            default = code(option.default)
        return f"{text} Default: {default}." if default else text


class Data(SphinxDirective):
    """``{package-data} name``: a table of something that the package holds as data."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Show the table."""
        columns, rows = TABLES[self.arguments[0]](self)
        return self.parse_text_to_nodes(table(columns, rows))


def _rules(_directive: Data) -> Table:
    rules: Mapping[str, Mapping[str, str]] = load_yaml("redact", "rules.yaml")["rules"]
    columns = ("Rule", "What it hides", "Why", "Known from")
    return columns, [
        (code(name), _text(rule["what"]), _text(rule["why"]), _text(rule["source"])) for name, rule in rules.items()
    ]


def _credentials(_directive: Data) -> Table:
    kinds = load_yaml("redact", "credentials.yaml")["kinds"]
    return ("Group", "Resource"), [(code(kind["group"] or "core"), code(kind["resource"])) for kind in kinds]


def _credential_annotations(_directive: Data) -> Table:
    return ("Annotation",), [(code(name),) for name in load_yaml("redact", "credentials.yaml")["annotations"]]


def _configmaps(_directive: Data) -> Table:
    shown = load_yaml("redact", "configmaps.yaml")["shown"]
    rows = [
        (code(item["namespace"]), code(item["name"]), ", ".join(map(code, item["keys"])), _text(item["reason"]))
        for item in shown
    ]
    return ("Namespace", "ConfigMap", "Keys", "What they say"), rows


def _noise(_directive: Data) -> Table:
    rules = load_yaml("collect", "noise.yaml")["rules"]
    rows = [(code(rule["group"]), code(rule.get("resource", "*")), _text(rule["reason"])) for rule in rules]
    return ("Group", "Resource", "Why it is not collected"), rows


def _fields(_directive: Data) -> Table:
    rules = load_yaml("snapshot", "fields.yaml")["rules"]
    rows = [
        (
            code(".".join(rule["path"]) or "everything"),
            ", ".join(code(kind) for kind in rule.get("kinds", ())) or "all",
            rule["class"] + (f", if {rule['when']}" if "when" in rule else ""),
            _text(rule["reason"]),
        )
        for rule in rules
    ]
    return ("Field", "Kinds", "Class", "Why"), rows


def _kinds(_directive: Data) -> Table:
    rows = [
        (
            code(name),
            ", ".join(code("/".join(record)) for record in kind.records) or "–",
            "yes" if kind.subject else "no",
        )
        for name, kind in KINDS.items()
    ]
    return ("Object type", "Records", "In the inventory"), rows


def _views(_directive: Data) -> Table:
    return ("View", "What it shows"), [
        (code(name), _text(_first_line(view))) for name, view in sorted(PAGES.views.items())
    ]


def _headings(_directive: Data) -> Table:
    return ("Id and anchor", "Words in English"), [(code(name), _text(words)) for name, words in PAGES.headings.items()]


def _facts(directive: Data) -> Table:
    site = site_of(directive.env.srcdir)
    if site is None:
        raise ExtensionError("the reference of facts needs a snapshot")
    told = {(topic, fact.key): str(fact.key.label) for topic, found in facts(site.cluster).items() for fact in found}
    return ("Fact", "What it is about"), [(code(f"{topic}/{key}"), _text(name)) for (topic, key), name in told.items()]


def _templates(_directive: Data) -> Table:
    rows = [(code("page.md.jinja"), "every page that has no template of its own")]
    rows += [(code(f"{kind.key}.md.jinja"), f"the page {kind.title}") for kind in WHOLE]
    rows += [(code(f"{kind.key}.md.jinja"), f"each {kind.key}") for kind in SUBJECTS]
    return ("Template", "Pages"), rows


def _conditions(_directive: Data) -> Table:
    return ("Condition",), [(code(name),) for name in entry.CONDITIONS]


def _products(_directive: Data) -> Table:
    told = {ranges.IMAGE: "the tag of the component's own image"}
    rows = [(code(product), told.get(product, "a product's version")) for product in ranges.PRODUCTS]
    return ("Before versions", "Means"), [*rows, (code("on"), ", ".join(ranges.DISTRIBUTIONS))]


def _cri_info(_directive: Data) -> Table:
    rows = [
        (what, code(rule["from"]), _text(rule["why"]))
        for what, rules in load_yaml("collect", "cri", "kept.yaml").items()
        for rule in rules
    ]
    return ("Of", "Field", "Why"), rows


def _sockets(_directive: Data) -> Table:
    rows = [
        (code(one.path), one.whose.replace("--", "\\--"), spoken)  # two hyphens would become a dash
        for known, spoken in ((DOCKER_SOCKETS, "Docker's API"), (CRI_SOCKETS, "CRI"))
        for one in known
    ]
    return ("Socket", "Whose", "What is spoken there"), rows


def _support(_directive: Data) -> Table:
    told: dict[tuple[str, str], dict[str, list[str]]] = {}
    for product, found in lines().items():
        for line in found:
            source = f"[{_text(line.source.text)}]({line.source.url}), read on {line.source.read}"
            day = f"{line.ends}{' or before' if line.at_latest else ''}"
            told.setdefault((product, source), {}).setdefault(day, []).append(line.name or "all")
    rows = [
        (product, "; ".join(f"{', '.join(names)}: {day}" for day, names in days.items()), source)
        for (product, source), days in told.items()
    ]
    return ("Product", "Lines, and their last day of support", "Source"), rows


def _removed(_directive: Data) -> Table:
    data = load_yaml("explain", "removed.yaml")
    shim = data["dockershim"]
    rows = [
        (code(f"{api['api']} {kind}"), f"{release} ({said['day']})", f"{code(api['instead'])}, since {api['served']}" if api["instead"] else "–",
         f"[deprecation guide]({data['url']}), read on {data['read']}")
        for release, said in data["releases"].items() for api in said["apis"] for kind in api["kinds"]
    ]  # fmt: skip
    rows.append(
        (
            "the kubelet's dockershim",
            f"{shim['release']} ({shim['day']})",
            "cri-dockerd",
            f"[dockershim]({shim['url']}), read on {shim['read']}",
        )
    )
    return ("What", "Gone with", "Instead", "Source"), rows


_HOW: Mapping[str, str] = {
    "text": "read",
    "certificate": "names and dates of certificates",
    "names": "names in the folder",
    "size": "size, time, mode, owner",
    "link": "where the link leads",
    "space": "size and free space of the file system",
}
"""What may be learnt of a path, in words."""


def _host_read(_directive: Data) -> Table:
    rows = [
        (_paths(one["paths"]), ", ".join(_HOW[how] for how in one["how"]), _text(one["why"]))
        for one in load_yaml("collect", "host", "allowlist.yaml")["entries"]
    ]
    return ("Paths", "What is learnt of them", "Why"), rows


def _host_never(_directive: Data) -> Table:
    rows = [
        (_paths(one["paths"]), _text(one["why"]), ", ".join(_HOW[how] for how in one.get("told", ())) or "nothing")
        for one in load_yaml("collect", "host", "allowlist.yaml")["never"]
    ]
    return ("Paths", "What they hold", "What may be learnt all the same"), rows


def _host_units(_directive: Data) -> Table:
    return ("Units",), [(", ".join(map(code, load_yaml("collect", "host", "allowlist.yaml")["units"])),)]


def _host_programs(_directive: Data) -> Table:
    groups = load_yaml("collect", "host", "programs.yaml")
    return ("Of", "Programs"), [(group, ", ".join(map(code, names))) for group, names in groups.items()]


def _site(_directive: Data) -> Table:
    rows = []
    for name, field in twin.json_schema()["properties"].items():
        of = field.get("items", field)
        meaning = of.get("description", "") if name != "rkedoc" else "what the file is"
        rows.append((code(name), _text(meaning), ", ".join(code(inner) for inner in of.get("properties", ()))))
    return ("Field", "What it is, or each of it", "Fields in it"), rows


def _formats(_directive: Data) -> Table:
    rows = [
        (
            code(one.name),
            _text(str(one.title)),
            _text(str(one.recognised)),
            _text(str(one.shows)),
            _text(str(one.lacks)),
        )
        for one in (*FORMATS, OTHERWISE)
    ]
    return ("Format", "What it is", "How it is recognised", "What it can show", "What it cannot"), rows


def _paths(patterns: Iterable[str]) -> str:
    """Patterns of paths, which may be broken at commas: some are longer than a page is wide."""
    return ", ".join(code(pattern) for pattern in patterns)


def _columns(found: Iterable[schema.Column]) -> Table:
    return ("Column", "Type", "Meaning"), [(code(one.name), code(one.type), one.meaning) for one in found]


def _fleet(name: str) -> Callable[[Data], Table]:
    """The columns of a table of many clusters that it has beside those of every table."""
    return lambda _directive: _columns(schema.columns(name)[len(schema.COMMON) :])


TABLES: Mapping[str, Callable[[Data], Table]] = {
    "tables-common": lambda _directive: _columns(schema.COMMON),
    **{f"tables-{name}": _fleet(name) for name in schema.TABLES},
    "conditions": _conditions,
    "configmaps": _configmaps,
    "cri-info": _cri_info,
    "credential-annotations": _credential_annotations,
    "credentials": _credentials,
    "facts": _facts,
    "fields": _fields,
    "formats": _formats,
    "headings": _headings,
    "host-never": _host_never,
    "host-programs": _host_programs,
    "host-read": _host_read,
    "host-units": _host_units,
    "kinds": _kinds,
    "noise": _noise,
    "removed": _removed,
    "rules": _rules,
    "site": _site,
    "sockets": _sockets,
    "support": _support,
    "products": _products,
    "templates": _templates,
    "views": _views,
}


class SchemaField(SphinxDirective):
    """``{schema-field} header captures time``: what the JSON Schema says of a field of a snapshot."""

    required_arguments = 1
    optional_arguments = 3

    def run(self) -> list[nodes.Node]:
        """Show type, form, and whether it is always there."""
        where, *path = self.arguments
        owner = json_schema()["$defs"][where]
        for name in path[:-1]:
            owner = owner["properties"][name]
            owner = owner.get("items", owner)
        field, name = owner["properties"][path[-1]], path[-1]
        parts = [_type(field)]
        if "pattern" in field:
            parts.append(f"of the form {code(field['pattern'])}")
        parts.append("always there" if name in owner.get("required", ()) else "left out where empty")
        text = _text(field.get("description", ""))
        return self.parse_text_to_nodes(f"{text[:1].upper()}{text[1:]}{'. ' if text else ''}*{', '.join(parts)}*")


def _type(field: Mapping[str, Any]) -> str:
    if "const" in field:
        return f"always {code(json.dumps(field['const']))}"
    if "enum" in field:
        return "one of " + ", ".join(code(value) for value in field["enum"])
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return " or ".join(types)


def _first_line(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip().split("\n\n")[0].replace("``", "`")


def _text(value: str) -> str:
    """Words that are no Markdown, such as ``*`` in a reason."""
    return value.replace("*", "\\*").replace("<", "&lt;")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    app.add_directive("command", Command)
    app.add_directive("package-data", Data)
    app.add_directive("schema-field", SchemaField)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
