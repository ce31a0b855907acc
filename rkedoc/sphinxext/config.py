"""The configuration values of the extension, as ``conf.py`` sets them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError
from sphinx.util import texescape

from rkedoc import i18n
from rkedoc.sphinxext.blocks.sanitize import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_PREFIX = "rkedoc_"
_LISTS = ("annotations", "catalogs", "history", "languages", "more_pages")


@dataclass(frozen=True, slots=True)
class Settings:
    """All values, typed. Each is ``rkedoc_<name>`` in ``conf.py``; paths are relative to the folder of ``conf.py``.

    ``rebuild`` says what Sphinx does when a value changes. Only ``pages`` has to be watched by Sphinx: what the others
    change is found by comparing what the pages show.
    """

    snapshot: str = field(default="", metadata={"help": "The snapshot file that the site speaks of."})
    pages: str = field(
        default="cluster",
        metadata={
            "rebuild": "env",
            "help": 'The folder for generated pages, below the source folder; ".": the source folder; "": no pages.',
        },
    )
    templates: str = field(
        default="",
        metadata={"help": "A folder of templates that replace shipped ones of their name."},
    )
    annotations: list[str] = field(
        default_factory=list,
        metadata={"help": "Files and folders of catalog entries that add to the shipped ones."},
    )
    trust_annotations: bool = field(
        default=False,
        metadata={"help": "Whether the annotation files may hold raw HTML, includes, downloads and remote images."},
    )
    catalogs: list[str] = field(
        default_factory=list,
        metadata={"help": "Catalogs of entries that installed packages bring, by their names."},
    )
    more_pages: list[str] = field(
        default_factory=list,
        metadata={"help": "Pages that installed packages bring, by their names."},
    )
    languages: list[str] = field(
        default_factory=list,
        metadata={"help": "The languages that this site is built in, each in a folder of its code beside the others."},
    )
    history: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Earlier snapshots of the same cluster, or a folder of them: pages then tell what has changed."
        },
    )
    since: str = field(
        default="",
        metadata={"help": "An earlier snapshot: pages mark what is new or has changed since."},
    )
    version: str = field(
        default="",
        metadata={
            "help": "The label of this site among the versions beside it: every page gets a switch to the others."
        },
    )
    classification: str = field(
        default="",
        metadata={"help": 'A line in every page\'s banner, such as "internal".'},
    )
    note: str = field(
        default="",
        metadata={"help": "A sentence at the top of the first page, such as where the snapshot comes from."},
    )

    @classmethod
    def of(cls, config: Config) -> Settings:
        """The settings of a project."""
        values = {name: getattr(config, _PREFIX + name) for name in cls.__slots__}
        if isinstance(values["history"], str):
            values["history"] = [values["history"]] if values["history"] else []
        return cls(**values)


def register(app: Sphinx) -> None:
    """Add the values to Sphinx."""
    for item in fields(Settings):
        default = [] if item.name in _LISTS else item.default
        app.add_config_value(
            _PREFIX + item.name,
            default,
            item.metadata.get("rebuild", ""),
            types=_types(item.name),
            description=item.metadata["help"],
        )


def _types(name: str) -> frozenset[type]:
    if name == "history":
        return frozenset({list, tuple, str})
    if name == "trust_annotations":
        return frozenset({bool})
    return frozenset({list, tuple}) if name in _LISTS else frozenset({str})


def check(app: Sphinx, config: Config) -> None:
    """Take the language of the site, and refuse values that cannot work.

    Raises :class:`sphinx.errors.ConfigError`, naming the value.
    """
    i18n.set_language(config.language)
    settings = Settings.of(config)
    pages = Path(settings.pages)
    if pages.is_absolute() or ".." in pages.parts:
        raise ConfigError(f"rkedoc_pages must be a folder below the source folder, not {settings.pages!r}")
    for value in ("annotations", "history"):
        if not all(isinstance(name, str) for name in getattr(settings, value)):
            raise ConfigError(f"rkedoc_{value} must be a list of paths")
    for name in settings.languages:
        if name not in i18n.LANGUAGES:
            raise ConfigError(f"rkedoc_languages: {name!r} is none of {', '.join(i18n.LANGUAGES)}")
    base = Path(app.confdir)
    if settings.templates and not (base / settings.templates).is_dir():
        raise ConfigError(f"rkedoc_templates: there is no folder {settings.templates!r}")
    for name in settings.annotations:
        if not (base / name).exists():
            raise ConfigError(f"rkedoc_annotations: there is no file or folder {name!r}")
    for name in settings.history:
        if not (base / name).exists():
            raise ConfigError(f"rkedoc_history: there is no file or folder {name!r}")
    if settings.classification:
        _mark_paper(config, settings.classification)
    if settings.since and not (base / settings.since).is_file():
        raise ConfigError(f"rkedoc_since: there is no file {settings.since!r}")


def _mark_paper(config: Config, classification: str) -> None:
    """Have LaTeX print the classification at the top of every page of paper, its title page included.

    A page of paper may be copied alone. The hook is of LaTeX itself, since the release of October 2020 (``ltshipout``).
    """
    texescape.init()  # which the builder does only when it begins
    words = texescape.escape(one_line(classification, 200), config.latex_engine)
    hook = rf"\AddToHook{{shipout/foreground}}{{\put(.5\paperwidth,-9mm){{\makebox(0,0){{\small\bfseries {words}}}}}}}"
    elements = dict(config.latex_elements)
    config.latex_elements = elements | {"preamble": f"{elements.get('preamble', '')}\n{hook}\n"}
