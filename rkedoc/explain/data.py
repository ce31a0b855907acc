"""Answers as data, for programs: JSON, and YAML that says the same."""

from __future__ import annotations

from typing import Any, Literal

import orjson

DataForm = Literal["json", "yaml"]


def data_text(value: Any, form: DataForm = "json") -> str:
    """The value as text. YAML has the keys in the order of the JSON, and no anchors."""
    encoded = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if form == "json":
        return encoded.decode()
    import yaml

    # Read back, since words of ours are types of their own, and a value that stands twice would become an anchor.
    return yaml.dump(
        orjson.loads(encoded), Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, allow_unicode=True
    )
