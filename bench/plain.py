"""The floor of collecting: download the same pages, decode them, sort their keys and write them.

``python -m bench.plain URL FILE`` knows nothing of redaction, records, identity or order.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

_LISTS = (
    "/api/v1/configmaps", "/api/v1/namespaces", "/api/v1/nodes", "/api/v1/pods", "/api/v1/services",
    "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets",
)  # fmt: skip


def main() -> None:
    """Download all lists in pages of 500."""
    address, target = urlsplit(sys.argv[1]), sys.argv[2]
    connection = HTTPConnection(address.hostname or "", address.port)
    with open(target, "w", encoding="utf-8") as out:
        for path in _LISTS:
            token = ""
            while True:
                connection.request("GET", f"{path}?limit=500{f'&continue={token}' if token else ''}")
                page = json.loads(connection.getresponse().read())
                out.writelines(json.dumps(item, sort_keys=True, separators=(",", ":")) + "\n" for item in page["items"])
                token = page["metadata"].get("continue", "")
                if not token:
                    break


if __name__ == "__main__":
    main()
