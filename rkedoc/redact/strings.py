"""Rules for one string, wherever it stands: known formats of secrets, and secrets inside a longer text.

Structure comes first (:mod:`rkedoc.redact.walk` knows fields); this is for the leaves. Only the secret part of a string
is replaced, so that what explains something stays: ``postgres://‹hidden›@db:5432/shop``.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from rkedoc.redact import grammars, patterns, persons, programs, vocabulary
from rkedoc.redact.entropy import random_spans
from rkedoc.redact.rules import OwnRule
from rkedoc.redact.settled import Mark, settled
from rkedoc.snapshot.record import HIDDEN_RE

_SHORT = 512
"""Characters of what is remembered as it is; of longer strings a digest is."""


_WEAK = 15
"""Characters of a string that needs no further look, and might be a made-up password all the same."""

_NESTED = 32 * patterns.LONGEST
"""Characters of harmless values that are looked into for pairs inside of them: values within values within values are no text that
somebody reads."""


@lru_cache(maxsize=256)
def _decoded(run: str) -> str | None:
    """The text that a base64 run holds; ``None`` if it holds none. Compressed content gives a private-key marker's worth of
    suspicion: it is returned as a PEM header, since nothing inside can be judged."""
    body = run.replace("%3D", "").rstrip("=")
    if len(body) % 4 == 1:
        return None
    try:
        raw = base64.b64decode(
            body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4),
            validate=True,
        )
    except (binascii.Error, ValueError):
        return None
    if raw[:2] == b"\x1f\x8b" or raw[:4] in (b"\x28\xb5\x2f\xfd", b"PK\x03\x04"):
        return "-----BEGIN COMPRESSED DATA-----"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    printable = sum(1 for c in text if c.isprintable() or c in "\n\r\t")
    return text if printable >= 0.95 * len(text) else None


def _key(text: str | tuple[Any, ...]) -> object:
    """What a string, or the words of a command line, is remembered by. Raises ``TypeError`` for words that cannot be."""
    if isinstance(text, str):
        return text if len(text) <= _SHORT else blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if sum(map(len, text)) <= _SHORT:
        return text
    return blake2b(repr(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Strings:
    """Applies the rules to strings. Remembers which strings are clean, since most strings of a cluster come again.

    ``mark`` gives the placeholder for a secret; ``structured`` redacts what was JSON inside a string; ``own`` are the rules that somebody
    added.
    """

    __slots__ = (
        "_clean", "_lines", "_loose", "_names", "_own", "_structured", "_values", "is_clean", "is_clean_name", "is_loosely_clean",
    )  # fmt: skip

    def __init__(self, structured: Callable[[Any, Mark], Any] | None = None, own: Sequence[OwnRule] = ()) -> None:
        self._own = tuple(own)
        self._clean: set[object] = set()
        self._loose: set[object] = set()
        self._lines: set[object] = set()
        self._names: set[str] = set()
        self._structured = structured
        self._values: set[tuple[str, str]] = set()
        # Asked for every string of a cluster, and so without a function in between.
        self.is_clean: Callable[[str], bool] = self._clean.__contains__
        """Whether a string is already known to hold nothing to hide. Cheap; ``False`` means: ask :meth:`clean`."""
        self.is_loosely_clean: Callable[[str], bool] = self._loose.__contains__
        """The same for a name or an identity."""
        self.is_clean_name: Callable[[str], bool] = self._names.__contains__
        """Whether a string is known to be a name that is no credential, wherever a name stands."""

    def remember_name(self, text: str) -> None:
        """A string is a name that is no credential."""
        if len(self._names) >= 100_000:
            self._names.clear()
        self._names.add(text)

    def is_clean_line(self, line: str | tuple[Any, ...]) -> bool:
        """Whether a command line is known to hold nothing to hide. Raises ``TypeError`` for what cannot be remembered."""
        return _key(line) in self._lines

    def remember_line(self, line: str | tuple[Any, ...]) -> None:
        """A command line holds nothing to hide."""
        if len(self._lines) >= 20_000:
            self._lines.clear()
        self._lines.add(_key(line))

    def own_rule(self, name: str) -> str | None:
        """The id of the rule that somebody added which hides the values of what has this name."""
        return next((own.rule.id for own in self._own if own.names_it(name)), None) if self._own else None

    def is_clean_value(self, name: str, value: str) -> bool:
        """Whether the value of a variable or an option of this name is known to hold nothing to hide."""
        return (name, value) in self._values

    def remember_value(self, name: str, value: str) -> None:
        """The value of a variable or an option of this name holds nothing to hide."""
        if len(value) > _SHORT:
            return
        if len(self._values) >= 50_000:
            self._values.clear()
        self._values.add((name, value))

    def clean(self, text: str, mark: Mark, depth: int = 0, *, opaque: bool = True) -> str:
        """``text`` with every secret in it replaced.

        With ``opaque=False`` random tokens of unknown format stay: for names and identities, which machines make up.
        """
        known = self._clean if opaque else self._loose
        if (text if len(text) <= _SHORT else _key(text)) in known:
            return text
        if depth:
            return self._apply(text, mark, depth, opaque)
        if not self._own and _is_plain(text):
            out = text
        else:
            out = settled(
                lambda one, counting: self._apply(one, counting, 0, opaque),
                text,
                mark,
                lambda rule: mark(rule, text),
                lambda one: _key(one) in known,
            )
        # What was found inside an encoding was looked at less deeply than it will be where it stands openly.
        if len(known) >= 100_000:
            known.clear()
        known.add(out if len(out) <= _SHORT else _key(out))
        return out

    def once(self, text: str, mark: Mark) -> str:
        """``text`` after every rule once. For who looks again anyway."""
        return text if not text or _key(text) in self._clean else self._apply(text, mark, 0, opaque=True)

    def _apply(self, text: str, mark: Mark, depth: int, opaque: bool) -> str:
        for own in self._own:
            text = own.clean(text, mark)
        if _is_plain(text):
            return text
        if "‹" in text:
            pieces = HIDDEN_RE.split(text)
            if len(pieces) == 2 and not pieces[0] and not pieces[1]:
                return text
        if len(text) > patterns.LONGEST:
            return mark("too-long", text)
        if patterns.WEAK_PASSWORD.fullmatch(text) or patterns.STRONG.fullmatch(text):
            return mark("made-up-password", text)
        if depth < patterns.DEPTH and self._structured is not None and text[0] in '{["' and text.rstrip()[-1:] in '}]"':
            done = self._json(text, mark)
            if done is not None:
                return done
        if "ata" in text and ":" in text:
            text = self._manifest(text, mark)
        text = self._known_formats(text, mark)
        text = grammars.clean(text, mark)
        text = self._urls(text, mark)
        if "|" in text:
            text = patterns.PIPED.sub(lambda m: self._piped(m, mark), text)
        if patterns.NEEDS_TEXT.search(text) and vocabulary.KEYWORDS.holds(text):
            text = self._pairs(text, mark)
        if " -" in text or text[:1] == "-":
            text = patterns.USER_FLAG.sub(
                lambda m: m[0] if m["v"][:1] in "$‹" else f"{m['k']}{mark('argument', m['v'])}", text
            )
            text = patterns.TEXT_FLAG.sub(lambda m: self._flag(m, mark), text)
        if " " in text and programs.CALL.search(text):
            text = programs.clean_calls(text, mark)
        if "login " in text:
            text = patterns.LOGIN.sub(lambda m: m["k"] + mark("spoken", m["v"]), text)
        if "@" in text:
            text = patterns.EMAIL.sub(lambda m: mark("person-email", m.group()), text)
        if "/home/" in text or "/Users/" in text:
            text = persons.HOME.sub(lambda m: self._home(m, mark), text)
        text = self._made_up(text, mark)
        if depth < patterns.DEPTH:
            text = self._encoded(text, mark, depth)
        return self._random(text, mark) if opaque else text

    # -- each group of rules ------------------------------------------------------------------------------------------
    def _json(self, text: str, mark: Mark) -> str | None:
        """A string that is JSON is redacted as the object that it is, and written again only if something changed."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, (dict, list, str)) or self._structured is None:
            return None
        try:
            done = self._structured(value, mark)
        except RecursionError:
            return mark("too-deep", text)
        if done == value:
            return text
        return json.dumps(done, ensure_ascii=False)

    @staticmethod
    def _known_formats(text: str, mark: Mark) -> str:
        if len(text) < 8:
            return text
        for index in patterns.FORMATS_IN.candidates(text):
            rule, pattern = patterns.FORMATS[index]
            text = pattern.sub(lambda m, rule=rule: mark(rule, m.group()), text)  # type: ignore[misc]
        return text

    @staticmethod
    def _manifest(text: str, mark: Mark) -> str:
        """What stands in the ConfigMaps and Secrets of a text that is a manifest."""
        is_one = patterns.MANIFEST.search(text) is not None

        def hidden(match: re.Match[str]) -> str:
            body = match["b"].strip()
            if (match["k"] == "data" and not is_one) or not body.strip("{} \n") or HIDDEN_RE.fullmatch(body):
                return match.group()
            indent = "" if body[0] == "{" else f"{match['i']}  "
            end = "\n" if match["b"].endswith("\n") else ""
            return f"{match['i']}{match['h']}{indent}{mark('configmap-value', match['b'])}{end}"

        return patterns.MANIFEST_FLOW.sub(hidden, patterns.MANIFEST_DATA.sub(hidden, text))

    def _urls(self, text: str, mark: Mark) -> str:
        if "@" in text:
            text = patterns.USERINFO.sub(lambda m: f"{m['a']}{mark('url-userinfo', m['u'])}@", text)
            text = patterns.BARE_USERINFO.sub(lambda m: mark("url-userinfo", m["u"]), text)
        if "?" in text:
            text = patterns.URL_WORD.sub(lambda m: self._with_query(m.group(), mark), text)
        if "#" in text and "://" in text:
            text = patterns.URL_WORD.sub(lambda m: self._with_fragment(m.group(), mark), text)
        if "/" in text:
            text = patterns.URL_WORD.sub(lambda m: self._with_capability(m.group(), mark), text)
        return text

    def _with_query(self, word: str, mark: Mark) -> str:
        head, question, rest = word.partition("?")
        if not question or ("/" not in head and not patterns.DOTTED.search(head)):
            return word
        end = min((at for at in (rest.find("#"), rest.find("\\")) if at >= 0), default=len(rest))
        return f"{head}?{self._query(rest[:end], mark)}{rest[end:]}"

    def _with_fragment(self, word: str, mark: Mark) -> str:
        scheme, slashes, rest = word.partition("://")
        head, number, fragment = rest.partition("#")
        if not slashes or not number or "=" not in fragment:
            return word
        return f"{scheme}://{head}#{self._query(fragment, mark)}"

    def _with_capability(self, word: str, mark: Mark) -> str:
        return patterns.CAPABILITY.sub(lambda m: self._capability(m, mark), word) if "/" in word else word

    @staticmethod
    def _query(query: str, mark: Mark) -> str:
        parts = []
        for part in re.split(r"([&;])", query):
            name, equals, value = part.partition("=")
            if part in ("&", ";") or not part:
                parts.append(part)
            elif not equals:
                plain = (
                    patterns.QUERY_VALUE.fullmatch(name)
                    or HIDDEN_RE.fullmatch(name)
                    or not name[:1].isalnum()
                    or "$" in name
                )
                parts.append(name if plain else mark("url-query", name))
            elif (
                not value
                or HIDDEN_RE.fullmatch(value)
                or (name.lower() in patterns.QUERY_NAMES and patterns.QUERY_VALUE.fullmatch(value))
                or ("/" not in value and vocabulary.allows("x", value))
            ):
                parts.append(part)
            else:
                parts.append(f"{name}={mark('url-query', value)}")
        return "".join(parts)

    @staticmethod
    def _capability(match: re.Match[str], mark: Mark) -> str:
        secret = match["s"]
        if (
            patterns.CAPABILITY_SAFE.fullmatch(secret)
            or HIDDEN_RE.match(secret)
            or secret.startswith(("$", "{", "(", "*"))
        ):
            return match.group()
        before = match.group()[: match.start("s") - match.start()]
        context = match.string[: match.start("s")]
        hook = re.search(r"hook|import|telegram|dingtalk|weixin|feishu", context) is not None
        if not hook and (
            len(secret) < 8
            or not any(c.isdigit() for c in secret)
            or re.fullmatch(r"[\w.-]+\.[a-z]{2,5}|v\d+\S*", secret)
        ):
            return match.group()
        if not hook and "/" in secret:
            return match.group()
        if hook and ("/" + secret).count(".") and re.fullmatch(r"[a-z][a-z-]*\.(ya?ml|json|sh|py|go|conf)", secret):
            return match.group()
        return before + mark("capability-url", secret)

    def _pairs(self, text: str, mark: Mark) -> str:
        if "\n" in text:
            text = patterns.BLOCK_PAIR.sub(lambda m: self._block(m, mark), text)
            text = patterns.LINE_PAIR.sub(lambda m: self._line(m, mark), text)
        text = patterns.NAMED.sub(lambda m: self._named(m, mark), text)
        if "</" in text:
            text = patterns.XML.sub(lambda m: self._named(m, mark), text)
        text = patterns.CHINESE.sub(lambda m: m["k"] + mark("spoken", m["v"]), text)
        text = patterns.HEADER.sub(
            lambda m: m.group() if _hidden_or_variable(m["v"]) else f"{m['k']}{m['s']}{mark('header', m['v'])}",
            text,
        )
        text = patterns.SCHEME.sub(
            lambda m: m.group() if _plain_word(m["v"]) else f"{m['k']}{m['s']}{mark('header', m['v'])}",
            text,
        )
        text = self._scan(text, mark)
        return patterns.SPOKEN.sub(
            lambda m: (
                m.group() if patterns.SPOKEN_SAFE.fullmatch(m["v"]) else f"{m['k']}{m['s']}{mark('spoken', m['v'])}"
            ),
            text,
        )

    @staticmethod
    def _block(match: re.Match[str], mark: Mark) -> str:
        body = match["b"]
        if (
            vocabulary.verdict(match["k"]) is not vocabulary.Verdict.SECRET
            or HIDDEN_RE.search(body)
            or not body.strip()
        ):
            return match.group()
        if re.match(r"\s*(?:-\s+)?[\w.\"'/-]+:(?:\s|$)|\s*-\s", body):
            return match.group()
        start, end = match.start("b") - match.start(), match.end("b") - match.start()
        whole = match.group()
        lead = body[: len(body) - len(body.lstrip())]
        return whole[:start] + lead + mark("name-and-value", body) + ("\n" if body.endswith("\n") else "") + whole[end:]

    @staticmethod
    def _line(match: re.Match[str], mark: Mark) -> str:
        name, value = match["k"], match["v"]
        if (
            vocabulary.verdict(name) is not vocabulary.Verdict.SECRET
            or HIDDEN_RE.search(value)
            or vocabulary.allows(name, value)
        ):
            return match.group()
        return f"{match['a']}{mark('name-and-value', value)}{match['e']}"

    @staticmethod
    def _piped(match: re.Match[str], mark: Mark) -> str:
        if _hidden_or_variable(match["v"]) or match["v"].startswith("$"):
            return match.group()
        return match["k"] + mark("spoken", match["v"]) + match["e"]

    @staticmethod
    def _named(match: re.Match[str], mark: Mark) -> str:
        """``name: DB_PASSWORD`` on one line and ``value: x`` on the next, or an element of XML."""
        name, value = match["k"], match["v"]
        if (
            vocabulary.verdict(name) is vocabulary.Verdict.HARMLESS
            or HIDDEN_RE.search(value)
            or vocabulary.allows(name, value)
        ):
            return match.group()
        return match["a"] + mark("name-and-value", value) + match["e"]

    def _scan(self, text: str, mark: Mark) -> str:
        """Every name and value. What is harmless itself may hold another pair (``--set=auth.password=x``)."""
        out: list[str] = []
        at = done = looked = 0
        while match := patterns.PAIR.search(text, at):
            replaced = self._pair(match, mark)
            if replaced is None:
                looked += match.end() - match.start()
                if looked > _NESTED:
                    return mark("too-many", text)
                at = max(match.start("x") if match["q"] else match.start("v"), match.start() + 1)
                continue
            out += (text[done : match.start()], replaced)
            at = done = match.end()
        return "".join((*out, text[done:]))

    @staticmethod
    def _pair(match: re.Match[str], mark: Mark) -> str | None:
        name, quote = match["k"], match["q"]
        value: str = match["x"] if quote else match["v"]
        level = vocabulary.verdict(name)
        if level is vocabulary.Verdict.HARMLESS or not value or HIDDEN_RE.search(value) or value.startswith("//"):
            return None
        if level is vocabulary.Verdict.WEAK and (":" in match["s"] or patterns.NAME_LIKE.fullmatch(value)):
            return None
        if vocabulary.allows(name, value):
            return None
        if match["s"] == ":" and (patterns.TAG.fullmatch(value) or ("/" in name and value.startswith("/"))):
            return None
        hidden = mark("name-and-value", value)
        return f"{name}{match['s']}{quote}{hidden}{quote}" if quote else f"{name}{match['s']}{hidden}"

    @staticmethod
    def _home(match: re.Match[str], mark: Mark) -> str:
        owner = persons.home_owner(match)
        return match.group() if owner is None else match["a"] + mark("person-home", owner)

    @staticmethod
    def _flag(match: re.Match[str], mark: Mark) -> str:
        """``--token x`` inside a text."""
        option, value = match["f"], match["v"]
        if (
            vocabulary.verdict(option) is not vocabulary.Verdict.SECRET
            or HIDDEN_RE.search(value)
            or vocabulary.allows(option, value)
        ):
            return match.group()
        return match["k"] + mark("argument", value)

    @staticmethod
    def _made_up(text: str, mark: Mark) -> str:
        if not _misspelt(text):
            return text

        ends = [-1, *(match.start() for match in patterns.WORD_END.finditer(text)), len(text)]
        out: list[str] = []
        done = 0
        for match in patterns.LEET.finditer(text):
            after = bisect_left(ends, match.start())
            start, end = max(ends[after - 1] + 1, match.start() - 64), ends[after]
            if match.group().isalpha() or start < done:
                continue
            out += (text[done:start], mark("made-up-password", text[start:end]))
            done = end
        return "".join((*out, text[done:]))

    def _encoded(self, text: str, mark: Mark, depth: int) -> str:
        def inside(decoded: str) -> bool:
            hit = False

            def probe(rule: str, secret: str) -> str:
                nonlocal hit
                hit = True
                return "‹hidden›"

            self.clean(decoded, probe, depth + 1)
            return hit

        def base64_run(match: re.Match[str]) -> str:
            decoded = _decoded(match.group())
            if decoded is None or len(decoded) < 6:
                return match.group()
            return mark("base64", match.group()) if inside(decoded) else match.group()

        def hex_run(match: re.Match[str]) -> str:
            try:
                decoded = bytes.fromhex(match.group()).decode("ascii")
            except ValueError:
                return match.group()
            return mark("encoded", match.group()) if decoded.isprintable() and inside(decoded) else match.group()

        def spaced(match: re.Match[str]) -> str:
            digits = re.sub(r"0x|[ ,:-]", "", match.group())
            decoded = bytes.fromhex(digits).decode("latin-1")
            return mark("encoded", match.group()) if decoded.isprintable() and inside(decoded) else match.group()

        def octal(match: re.Match[str]) -> str:
            decoded = "".join(chr(int(code, 8)) for code in match.group().split("\\")[1:])
            return mark("encoded", match.group()) if inside(decoded) else match.group()

        if len(text) >= 17:
            text = patterns.SPACED_HEX.sub(spaced, text)
        if "\\" in text:
            text = patterns.OCTAL.sub(octal, text)
        if len(text) >= 12:
            text = patterns.BASE64.sub(base64_run, text)
        if len(text) >= 20:
            text = patterns.HEXTEXT.sub(hex_run, text)
        if "%" in text and patterns.PERCENT.search(text):
            from urllib.parse import unquote

            plain = unquote(text)
            if plain != text and inside(plain):
                return mark("encoded", text)
        if "\\" in text and patterns.ESCAPED.search(text):
            plain = re.sub(
                r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})",
                lambda m: chr(int(m[1] or m[2], 16)),
                text,
            )
            if inside(plain):
                return mark("encoded", text)
        return text

    @staticmethod
    def _random(text: str, mark: Mark) -> str:
        spans = random_spans(text)
        for start, end in reversed(spans):
            text = text[:start] + mark("opaque-value", text[start:end]) + text[end:]
        return text


def _is_plain(text: str) -> bool:
    """Whether a string is one of those that need no further look."""
    if patterns.PLAIN.fullmatch(text) is None:
        return False
    return len(text) > _WEAK or patterns.WEAK_PASSWORD.fullmatch(text) is None


def _misspelt(text: str) -> bool:
    """Whether one of the words that passwords are made of is there, with digits or signs for letters."""
    return any(not match.group().isalpha() for match in patterns.LEET.finditer(text))


def _plain_word(value: str) -> bool:
    return re.fullmatch(r"[a-z]+|[A-Z][a-z]+|auth(entication)?|realm=.*|authentication\S*", value) is not None


def _hidden_or_variable(value: str) -> bool:
    return (
        HIDDEN_RE.search(value) is not None
        or vocabulary.allows("header-ref", value)
        and value.strip().startswith(("$", "{"))
    )
