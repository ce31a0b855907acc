"""Secrets of many shapes, and ways to plant them and to find them again."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from collections.abc import Iterator
from typing import Any

LETTERS = string.ascii_letters + string.digits
_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def secrets(seed: int) -> Iterator[tuple[str, str, str]]:
    """Name of the shape, the text that is planted, and the part of it that must not be seen again."""
    rnd = random.Random(seed)

    def some(size: int, alphabet: str = LETTERS) -> str:
        # a digit and a letter at least: what consists of one kind of letter may be a word
        return "".join(rnd.choice(alphabet) for _ in range(size - 2)) + rnd.choice("bcdfghjkmnp") + rnd.choice("3579")

    def coded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    short = some(10)
    yield "jwt", f"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.{(core := some(43))}", core
    yield (
        "aws key id",
        (core := "AKIA" + "".join(rnd.choice(string.ascii_uppercase + string.digits) for _ in range(16))),
        core,
    )
    yield "github token", "ghp_" + (core := some(36)), core
    yield "registration token", (core := some(54, "bcdfghjklmnpqrstvwxz2456789")), core
    yield "random bytes", (core := base64.b64encode(rnd.randbytes(32)).decode()), core[:22]
    yield "random bytes, url", (core := base64.urlsafe_b64encode(rnd.randbytes(32)).decode()), core[:22]
    yield "random letters", (core := some(24)), core
    yield "url userinfo", f"postgres://app:{short}@db:5432/x", short
    yield "url query", f"https://x.example.com/a?access_token={short}", short
    yield "webhook", "https://hooks.slack.com/services/T00/B00/" + (core := some(24)), core
    yield "private key", f"-----BEGIN RSA PRIVATE KEY-----\n{(core := some(64))}\n-----END RSA PRIVATE KEY-----", core
    yield "private key, base64", (core := coded(f"-----BEGIN RSA PRIVATE KEY-----\n{some(64)}\n")), core[:30]
    yield "name and value", f"db password={short}", short
    yield "YAML", f"a: 1\npassword: {short}\nb: 2\n", short
    yield "YAML block", f"a: 1\npassword: |\n  {short}\nb: 2\n", short
    yield "JSON", f'{{"a":1,"password":"{short}"}}', short
    yield "JSON in JSON", json.dumps({"a": json.dumps({"token": short})}), short
    yield "base64", (core := coded(f"password: {short}")), core
    yield "double base64", (core := coded(coded(f"password: {short}"))), core
    yield "header", f"Authorization: Bearer {short}", short
    yield "option", f"--token={short}", short
    yield "option in two words", f"run --token {short} --x", short
    yield "user and password", f"curl -u bob:{short} http://x", short
    yield "assignment", f"PGPASSWORD={short} psql", short
    yield "bcrypt", "$2y$10$" + (core := some(53, LETTERS + "./")), core[:30]
    yield "Rancher token", f"token-abcde:{(core := some(54, string.ascii_lowercase + string.digits))}", core
    yield "K3s token", f"K10{rnd.randbytes(32).hex()}::server:{(core := rnd.randbytes(16).hex())}", core
    yield "bootstrap token", "abc123." + (core := "g" + some(15, string.ascii_lowercase + string.digits)), core
    yield "made-up password", "Sup3r-s3cr3t-" + (core := some(6)), core
    yield "password with signs", "aB3$" + (core := some(6)) + "!x", core
    yield "Chinese", f"密码：{short}", short
    yield "Chinese in Latin letters", f"kouling={short}", short
    yield "MySQL DSN", f"app:{short}@tcp(db:3306)/x", short
    yield "image with userinfo", f"bob:{short}@registry.example.com/x:1", short


def positions(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to every string."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from positions(child, (*path, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from positions(child, (*path, index))
    elif isinstance(node, str):
        yield path


def planted(node: Any, path: tuple[Any, ...], text: str) -> Any:
    """A copy with ``text`` at ``path``."""
    copy = json.loads(json.dumps(node))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = text
    return copy


def shape_of(path: tuple[Any, ...]) -> str:
    """The same for all positions that differ in an index alone."""
    return ".".join("[]" if isinstance(step, int) else str(step) for step in path)


def readable(node: Any, depth: int = 3) -> Iterator[str]:
    """The text of an object, and what its base64 parts hold, and theirs."""
    text = node if isinstance(node, str) else json.dumps(node, ensure_ascii=False)
    yield text
    if depth:
        for run in _RUN.findall(text):
            for offset in range(4):
                try:
                    inner = base64.b64decode(run[offset:] + "==").decode("latin-1")
                except ValueError:
                    continue
                yield from readable(inner, depth - 1 if offset == 0 else 0)
