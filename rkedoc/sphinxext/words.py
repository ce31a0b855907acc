"""The words of the extension, through gettext (catalog ``rkedoc``). What comes from a cluster is never translated."""

from __future__ import annotations

from sphinx.locale import get_translation

DOMAIN = "rkedoc"
_gettext = get_translation(DOMAIN)


def _(message: str, /) -> str:
    """The message in the language of the site that is being built; looked up now, at the time of the call."""
    return str(_gettext(message))


def lazy(message: str, /) -> str:
    """The message, looked up whenever it is used as a string, if this is called before the catalog is registered.

    For attributes of classes, which are made when their module is imported.
    """
    return _gettext(message)


def N_(message: str, /) -> str:
    """Mark a message for extraction; whoever shows it looks it up with :func:`_`."""
    return message
