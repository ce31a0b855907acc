"""What is checked before a change lands: ``nox -s tests lint types docs``; ``nox -s bench`` measures, ``nox -s truth`` counts."""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests", "docs"]
nox.options.default_venv_backend = "uv|virtualenv"

ROOT = Path(__file__).parent


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests; what follows ``--`` goes to pytest."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style."""
    session.install("ruff>=0.12")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    session.install("-e", ".[types]", "nox")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """The project's own documentation; a warning is an error."""
    session.install("-e", ".")
    session.run("sphinx-build", "-W", "-n", "-b", "html", "docs", str(ROOT / "docs/_build/html"))


@nox.session
def truth(session: nox.Session) -> None:
    """How often the catalog is right, by source: public listings and real clusters."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tools.truth", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Ratios of time and memory; what follows ``--`` goes to the benchmark."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "bench", *session.posargs)
