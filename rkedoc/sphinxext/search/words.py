"""What a text is split into for Sphinx's search, the same when the index is written and when a page is asked.

Sphinx splits at everything that is neither letter nor digit and leaves numbers out, so that neither an address nor a
port can be found (Sphinx 9.0.4, sphinx/search/__init__.py, SearchLanguage, and themes/basic/static/searchtools.js,
_parseQuery). Here digits with points between them are one term, ``10.43.0.10`` and ``v1.20.9``, and so is a number of
two to five digits, as ports are. Longer numbers are counts and sizes, which nobody looks for.

Chinese has no spaces, and what is a word is a matter of a dictionary, which a page that is opened from disk has not got.
So a run of Chinese characters becomes its pairs of neighbours: ``命名空间`` is ``命名``, ``名空``, ``空间``. A word of two
characters is one term, a longer one is found where all of its pairs are. Everything else is split and stemmed as in
English, which is what names, commands and labels are. Sphinx's own splitter needs the package jieba, and its page splits
at what is no letter, so that ``命名空间`` would be looked for as one term that no index has (sphinx/search/zh.py).
"""

from __future__ import annotations

import re
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sphinx.search import SearchLanguage, languages
from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

# The blocks of Han characters (Unicode 16): extension A, the unified ones, compatibility, extensions B to H.
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_NUMBER: Final = r"(?<![0-9A-Za-z_])[vV]?[0-9]+(?:\.[0-9]+)+(?![0-9A-Za-z_])"
_WORD: Final = re.compile(rf"{_NUMBER}|\w+")
_RUN: Final = re.compile(f"[{_HAN}]+|[^{_HAN}]+")
_IS_HAN: Final = re.compile(f"[{_HAN}]")
_DIGITS: Final = range(2, 6)
"""How long a number is that is a term. The page knows it too (rkedoc-search.js)."""

_JS_WORD: Final = rf"/{_NUMBER}|[\p{{L}}\p{{N}}_]+/gu"
_JS_THERE: Final = 'document.dispatchEvent(new Event("rkedoc-words"));\n'
"""Tells rkedoc-search.js that Sphinx's scripts are there, in whatever order a theme loads them."""

_JS_WORDS: Final = f"""
var splitQuery = function (query) {{
  return query.match({_JS_WORD}) || [];
}};
{_JS_THERE}"""
_JS_CHINESE: Final = (
    r"""
var splitQuery = function (query) {
  const terms = [];
  for (const run of query.match(/[HAN]+|[^HAN]+/gu) || []) {
    const letters = Array.from(run);
    if (!/[HAN]/u.test(run)) { terms.push(...(run.match(WORD) || [])); continue; }
    if (letters.length < 2) { terms.push(run); continue; }
    for (let at = 0; at + 1 < letters.length; at++) { terms.push(letters[at] + letters[at + 1]); }
  }
  return terms;
};
THERE""".replace("THERE", _JS_THERE)
    .replace("HAN", "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{323af}")
    .replace("WORD", _JS_WORD)
)


def split(text: str) -> list[str]:
    """The terms of a text in a language with spaces.

    >>> split("kube-dns at 10.43.0.10:53, v1.20.9-rancher1")
    ['kube', 'dns', 'at', '10.43.0.10', '53', 'v1.20.9', 'rancher1']
    """
    return _WORD.findall(text)


def split_chinese(text: str) -> list[str]:
    """The terms of a text in which Chinese stands beside English.

    >>> split_chinese("kubelet启动Pod，命名空间")
    ['kubelet', '启动', 'Pod', '命名', '名空', '空间']
    """
    terms: list[str] = []
    for run in _RUN.findall(text):
        if not _IS_HAN.match(run):
            terms.extend(_WORD.findall(run))
        elif len(run) > 1:
            terms.extend(one + other for one, other in pairwise(run))
        else:
            terms.append(run)
    return terms


class WithNumbers(SearchLanguage):
    """A language in which addresses, versions and ports are terms too; stands before the class of the language itself."""

    js_splitter_code = _JS_WORDS

    def split(self, input: str) -> list[str]:
        """The terms of a text; see :func:`split`."""
        return split(input)

    def word_filter(self, word: str) -> bool:
        """Whether a term is kept."""
        return len(word) in _DIGITS if word.isdigit() else super().word_filter(word)


class ChineseSearch(WithNumbers, SearchEnglish):
    """Chinese beside English, for the languages ``zh_CN``, ``zh_TW`` and ``zh``.

    ``language_name`` stays "English": Sphinx takes the name of the page's stemmer from it, and that one is English.
    """

    lang = "zh"
    js_splitter_code = _JS_CHINESE

    def split(self, input: str) -> list[str]:
        """The terms of a text; see :func:`split_chinese`."""
        return split_chinese(input)


def with_numbers(language: type[SearchLanguage], code: str) -> type[SearchLanguage]:
    """A language that keeps numbers, under the code of the site's; one that splits in its own way stays as it is."""
    if language.split is not SearchLanguage.split or language.js_splitter_code:
        return language
    return type(f"{language.__name__}WithNumbers", (WithNumbers, language), {"lang": code})


def keep_numbers(app: Sphinx, config: Config) -> None:
    """Have the language of the site keep numbers, whichever it is."""
    code = config.html_search_language or config.language
    known = next((languages[name] for name in (code, code.partition("_")[0]) if name in languages), SearchEnglish)
    if isinstance(known, str):
        module, _dot, name = known.rpartition(".")
        known = getattr(import_module(module), name)
    language = with_numbers(known, code)
    if language is not known:
        app.add_search_language(language)


def register(app: Sphinx) -> None:
    """Take the place of Sphinx's own Chinese, and have the language of the site keep numbers."""
    app.add_search_language(ChineseSearch)
    app.connect("config-inited", keep_numbers)
