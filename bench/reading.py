"""``python -m bench.reading FILE...``: read snapshots record by record, and do nothing with them: the floor of comparing."""

from __future__ import annotations

import sys
from pathlib import Path

from rkedoc.snapshot.reader import SnapshotFile


def main() -> None:
    """Read them all, and say how many records there were."""
    count = 0
    for name in sys.argv[1:]:
        with SnapshotFile(Path(name)) as file:
            for _record in file:
                count += 1
    print(count)


if __name__ == "__main__":
    main()
