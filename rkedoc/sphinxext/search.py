"""Search in Chinese: one way to split text into terms, the same when the index is written and when a page is asked.

Chinese has no spaces, and what is a word is a matter of a dictionary, which a page that is opened from disk has not got.
So a run of Chinese characters becomes its pairs of neighbours: ``命名空间`` is ``命名``, ``名空``, ``空间``. A word of two
characters is one term, a longer one is found where all of its pairs are. Everything else is split and stemmed as in
English, which is what names, commands and labels are.

Sphinx's own splitter needs the package jieba, and its page splits at what is no letter, so that ``命名空间`` would be
looked for as one term that no index has (Sphinx 9.0.4, sphinx/search/zh.py and themes/basic/static/searchtools.js).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# The blocks of Han characters (Unicode 16): extension A, the unified ones, compatibility, extensions B to H.
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD: Final = re.compile(r"\w+")
_RUN: Final = re.compile(f"[{_HAN}]+|[^{_HAN}]+")
_IS_HAN: Final = re.compile(f"[{_HAN}]")

_SPLITTER: Final = r"""
var splitQuery = function (query) {
  const terms = [];
  for (const word of query.match(/[\p{L}\p{N}_]+/gu) || []) {
    for (const run of word.match(/[HAN]+|[^HAN]+/gu)) {
      const letters = Array.from(run);
      if (letters.length < 2 || !/[HAN]/u.test(run)) { terms.push(run); continue; }
      for (let at = 0; at + 1 < letters.length; at++) { terms.push(letters[at] + letters[at + 1]); }
    }
  }
  return terms;
};
""".replace("HAN", "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{323af}")


def split(text: str) -> list[str]:
    """The terms of a text.

    >>> split("kubelet启动Pod，命名空间")
    ['kubelet', '启动', 'Pod', '命名', '名空', '空间']
    """
    terms: list[str] = []
    for word in _WORD.findall(text):
        for run in _RUN.findall(word):
            if len(run) > 1 and _IS_HAN.match(run):
                terms.extend(one + other for one, other in pairwise(run))
            else:
                terms.append(run)
    return terms


class ChineseSearch(SearchEnglish):
    """Chinese beside English, for the languages ``zh_CN``, ``zh_TW`` and ``zh``.

    ``language_name`` stays "English": Sphinx takes the name of the page's stemmer from it, and that one is English.
    """

    lang = "zh"
    js_splitter_code = _SPLITTER

    def split(self, input: str) -> list[str]:
        """The terms of a text; see :func:`split`."""
        return split(input)


def register(app: Sphinx) -> None:
    """Take the place of Sphinx's own Chinese."""
    app.add_search_language(ChineseSearch)
