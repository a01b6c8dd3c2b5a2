#!/usr/bin/env python3
"""Derives somabrain/_sync from somabrain/_async, the one source of both clients.

Usage: make_sync.py [--check]. With --check nothing is written: exit 1 and the names of stale files.
"""
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "src/somabrain"
HEADER = "# Made from _async/{name} by make_sync.py: change that file, not this one.\n"
WORDS = [  # applied in this order
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\banyio\b", "time"),
    (r"\bAsync(?=[A-Z])", ""),  # AsyncSomaBrain, AsyncTransport, AsyncIterator
    (r"\bhttpx\.AsyncClient\b", "httpx.Client"),
    (r"\ba(?=close\b)", ""),
    (r"\b__a(?=enter__|exit__)", "__"),
]


def to_sync(source: str) -> str:
    """The text of the synchronous file."""
    for pattern, replacement in WORDS:
        source = re.sub(pattern, replacement, source)
    return source


def main() -> int:
    stale = []
    for source in sorted((PACKAGE / "_async").glob("*.py")):
        target = PACKAGE / "_sync" / source.name
        text = HEADER.format(name=source.name) + to_sync(source.read_text())
        if not target.exists() or target.read_text() != text:
            stale.append(str(target.relative_to(PACKAGE.parent.parent)))
            if "--check" not in sys.argv[1:]:
                target.write_text(text)
    print("\n".join(stale))
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
