"""What is checked before a change lands: ``nox -s lint types docs tests``; ``nox -s bench`` measures, ``nox -s truth`` counts.

``nox -s newest`` runs the tests with the newest versions of everything, ``nox -s themes`` those of a wiki with every theme, ``nox -s
fuzz`` the properties with new examples, ``nox -s sbom`` says what the wheel needs, and ``nox -s wheelhouse`` gathers it for a machine without a
network. A Python that is not installed is skipped with a
warning; ``nox --error-on-missing-interpreters`` makes an error of that.
"""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests", "docs"]
nox.options.default_venv_backend = "uv|virtualenv"

ROOT = Path(__file__).parent


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests with the versions of constraints.txt; what follows ``--`` goes to pytest."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """The properties with examples that no run had before; what is found becomes a test. What follows ``--`` goes to pytest."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("python", "-m", "pytest", "--hypothesis-profile=fuzz", "-m", "hypothesis", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    session.install("-e", ".[lint,test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def themes(session: nox.Session) -> None:
    """A wiki with every theme, parser and builder that the tests know of. They weigh more than all else, so the gate has Sphinx's own alone."""
    session.install(
        "-e", ".[test]", "furo", "sphinx-book-theme>=1.4", "sphinx-rtd-theme", "sphinx-immaterial", "shibuya", "sphinxawesome-theme",
        "myst-nb", "sphinx-markdown-builder",
    )  # fmt: skip
    tests = ("tests/sphinxext/test_any_sphinx.py", "tests/browser/test_themes.py")
    session.run("python", "-m", "pytest", *(session.posargs or tests))


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    session.install("-e", ".[types]")
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


@nox.session
def sbom(session: nox.Session) -> None:
    """What the wheel needs, as a CycloneDX bill of materials in JSON; what follows ``--`` is where it goes."""
    session.install(".")
    target = Path(session.posargs[0]) if session.posargs else ROOT / "dist" / "rkedoc.cdx.json"
    _bill_of_materials(session, Path(session.virtualenv.location), target)


@nox.session
def wheelhouse(session: nox.Session) -> None:
    """The wheel with everything that it and all of its extras need, for a machine without a network, and a bill of materials of them.

    It is installed from there alone, so that what it lacks is known here. What follows ``--`` is the folder.
    """
    house = Path(session.posargs[0] if session.posargs else ROOT / "dist" / "wheelhouse").resolve()
    declared = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]
    extras = ",".join(sorted(set(declared) - {"lint", "test", "types"}))
    session.install("pip>=25")
    session.run(
        "python", "-m", "pip", "wheel", "-q", "-c", "constraints.txt", "--wheel-dir", str(house), f".[{extras}]"
    )
    elsewhere = Path(session.create_tmp()) / "installed"
    session.run("python", "-m", "venv", "--clear", str(elsewhere))
    session.run(
        str(elsewhere / "bin" / "pip"), "install", "-q", "--no-index", "--find-links", str(house), f"rkedoc[{extras}]",
        external=True,
    )  # fmt: skip
    session.run(str(elsewhere / "bin" / "pip"), "check", external=True)
    session.run(str(elsewhere / "bin" / "rkedoc"), "--version", external=True)
    _bill_of_materials(session, elsewhere, house / "rkedoc.cdx.json")


def _bill_of_materials(session: nox.Session, environment: Path, target: Path) -> None:
    """Write what is installed in an environment to a file, with a tool that is not part of it."""
    tool = Path(session.create_tmp()) / "tool"
    session.run("python", "-m", "venv", str(tool))
    session.run(str(tool / "bin" / "pip"), "install", "-q", "cyclonedx-bom>=7", external=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    session.run(
        str(tool / "bin" / "cyclonedx-py"), "environment", str(environment), "--output-format", "JSON", "--output-file", str(target),
        "--pyproject", "pyproject.toml", external=True,
    )  # fmt: skip


@nox.session
def newest(session: nox.Session) -> None:
    """The newest versions that the ranges admit resolve, agree with one another, and pass the tests."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pip", "check")
    session.run("python", "-m", "pytest", *session.posargs)
