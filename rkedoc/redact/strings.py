"""Rules for one string, wherever it stands: known formats of secrets, and secrets inside a longer text.

Structure comes first (:mod:`rkedoc.redact.objects` knows fields); this is for the leaves. Only the secret part of a string
is replaced, so that what explains something stays: ``postgres://‹hidden›@db:5432/shop``.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from rkedoc.redact import names, persons
from rkedoc.redact.opaque import random_spans
from rkedoc.snapshot.record import HIDDEN_RE

#: Called with a rule's id and the secret; gives the placeholder.
Mark = Callable[[str, str], str]

#: Longer texts are hidden as a whole: nobody reads them on a page, and no rule has to be fast on them.
LONGEST = 16384

_DEPTH = 4

# --- what needs no further look ------------------------------------------------------------------------------------------
_PLAIN = re.compile(
    r"[A-Za-z]{0,15}"
    r"|-?[0-9.]{1,15}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,20}Z"
    r"|[0-9.]{7,15}/[0-9]{1,2}"
)

# --- formats that are secret by themselves ----------------------------------------------------------------------------
_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "pem",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{3,40}-----.*?(?:-----END [A-Z0-9 ]{3,40}-----|\Z)",
            re.DOTALL,
        ),
    ),
    ("jwt", re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}")),
    ("k3s-token", re.compile(r"K10[0-9a-f]{8,}::[^\s\"',;]+|\bK10[0-9a-f]{40,}\b")),
    (
        "rancher-token",
        re.compile(r"\b(?:token-[a-z0-9]{4,}|kubeconfig-[\w.-]+|ext/[\w-]+):[A-Za-z0-9]{16,}"),
    ),
    (
        "bootstrap-token",
        re.compile(
            r"(?<![a-z0-9.-])[a-z0-9]{6}\.(?=[a-f0-9]*[g-z])(?:(?=[a-z]*[0-9])|(?<=[0-9]\.)|(?<=[0-9][a-z]\.)|(?<=[0-9][a-z]{2}\.))[a-z0-9]{16}(?![a-z0-9.-])"
        ),
    ),
    (
        "cloud-key",
        re.compile(
            r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{12,}\b"
            r"|\bAIza[A-Za-z0-9_-]{20,}|\bya29\.[A-Za-z0-9_-]{16,}|\bLTAI[A-Za-z0-9]{12,}\b|\bAKID[A-Za-z0-9]{13,}\b"
            r"|\bdo[oprt]_v1_[a-f0-9]{20,}|\bGOCSPX-[\w-]{16,}|\b[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"
        ),
    ),
    (
        "service-token",
        re.compile(
            r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|wt|ffct|oas)-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}"
            r"|[sprw]k_(?:live|test)_\w{8,}|whsec_\w{8,}|sk-[\w-]{16,}|SG\.[\w-]{8,}\.[\w-]{8,}|hv[sbr]\.[\w-]{8,}|npm_\w{16,}|pypi-[\w-]{16,}"
            r"|dckr_[po]at_[\w-]{8,}|tskey-[\w-]{8,}|shp(?:at|ca|pa|ss)_\w{16,}|key-[0-9a-f]{32}|nfp_\w{16,}|lin_api_\w{16,}"
            r"|ATATT3\w{16,}|glsa_\w{16,}|eyJrIjoi\w{16,}|EAAC\w{16,}|rubygems_\w{16,}|PMAK-[\w-]{16,}|dapi[0-9a-f]{16,}"
            r"|AGE-SECRET-KEY-1[A-Z0-9]{10,}|[MN][A-Za-z\d]{23,}\.[\w-]{6}\.[\w-]{27,}|\d{8,10}:AA[\w-]{30,})"
            r"|(?<![\w.])s\.[A-Za-z0-9]{24}\b"
        ),
    ),
    (
        "password-hash",
        re.compile(
            r"\$(?:2[abxy]?|apr1|[1567y]|gy|sha1|argon2\w*|pbkdf2[\w-]*|scrypt|P|H|S)\$[^\s\"',;]{6,}"
            r"|\{(?:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[^\s\"',;]{6,}|\bSCRAM-SHA-\d+\$\S+|\bpbkdf2_sha\d+\$\S+|\$\d:\S{8,}"
        ),
    ),
    (
        "ciphertext",
        re.compile(
            r"ENC\[[^\]]{8,}\]|\$ANSIBLE_VAULT;.*|\bAg[A-Za-z0-9+/]{60,}={0,2}|\bvault:v\d+:\S+",
            re.DOTALL,
        ),
    ),
)
#: One cheap search that says whether any of the formats can be there.
_FORMAT_HINT = re.compile(
    r"-----BEGIN|eyJ|K10|token-|kubeconfig-|ext/|[a-z0-9]{6}\.[a-z0-9]{16}|A[KSRIGNBC][A-Z]A|AIza|ya29|LTAI|AKID|do[oprt]_v1|GOCSPX|Q~|gh[pousr]_"
    r"|github_pat|gl(?:pat|dt|rt|cbt|ptt|ft|so|im|ag|wt|ff|oas)|xox|xapp-|[sprw]k[_-]|whsec_|SG\.|hv[sbr]\.|npm_|pypi-|dckr_|tskey|shp|key-|nfp_|lin_api|ATATT|glsa_|EAAC"
    r"|rubygems_|PMAK|dapi|AGE-|[MN][A-Za-z\d]{23,}\.|:AA|s\.[A-Za-z0-9]{24}|\$|\{S|\{MD|\{CR|SCRAM|pbkdf2|ENC\[|\bAg[A-Za-z0-9+/]{60}|vault:"
)

# --- passwords that people make up ---------------------------------------------------------------------------------------
_STOP = r"\s\"',;&/@=:‹›`()<>|"
_WORDY = re.compile(
    rf"[^{_STOP}]*?(?:p[a4@][s5$]{{2}}(?:w[o0]r?[dt]|phr[a4@][s5$][e3])|s[e3]cr[e3][t7]|t[o0]k[e3]n|l[e3][t7]m[e3][i1!]n|[a4@]dm[i1!]n[i1!s]?)[^{_STOP}]*",
    re.IGNORECASE,
)
_LEET = re.compile(
    r"(?i)p[a@4][s5$]{2}(?:w[o0]r?[dt]|phr[a4@][s5$][e3])|s[e3]cr[e3][t7]|t[o0]k[e3]n|l[e3][t7]m[e3][i1!]n|[a4@]dm[i1!]n"
)
_WEAK_PASSWORD = re.compile(
    r"(?i)(?:password|passwort|passw0rd|passwd|secret|welcome|qwerty|letmein|changeme|hunter|iloveyou|abc|admin)[0-9!@#$%^&*?]{1,8}"
    r"|hunter2|correct[ -]?horse[ -]?battery[ -]?staple|changeme|letmein"
)
_STRONG = re.compile(
    r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])(?=[^!@#$%^&*?~]*[!@#$%^&*?~])[A-Za-z0-9!@#$%^&*?~+=_.-]{8,64}"
)

# --- URLs ----------------------------------------------------------------------------------------------------------------
_USERINFO = re.compile(
    r"(?P<a>://|(?<![\w:/])//)(?P<u>(?!git@|‹)[^\s/?#@:\"'<>|]*:(?!\d{1,5}(?:[/?#]|$))[^\s\"'<>|]*|(?!git@|‹)[^\s/?#@:\"'<>|]+)@(?!sha256:)"
)
_BARE_USERINFO = re.compile(r"(?<![\w/:@.-])(?P<u>[\w.%+~-]+:[^\s:@/\"'<>,;|()]+)@(?=(?!sha\d+:)[\w.\[-]|tcp\(|unix\()")
_QUERY = re.compile(
    r"(?P<u>(?:[a-z][a-z0-9+.-]*://|/|\b[\w-]+(?:\.[\w-]+)+/?)[^\s?#\"'<>`|]*)\?(?P<q>[^\s#\"'<>`|\\]+)"
)
_FRAGMENT = re.compile(r"(?P<u>[a-z][a-z0-9+.-]*://[^\s#\"'<>`]*)#(?P<q>[^\s\"'<>`]*=[^\s\"'<>`]*)")
_QUERY_NAMES = frozenset(
    [
        "sslmode",
        "timeout",
        "connect_timeout",
        "limit",
        "watch",
        "version",
        "format",
        "pretty",
        "verbose",
        "dryrun",
        "page",
        "size",
        "charset",
        "encoding",
        "parsetime",
        "loc",
        "mode",
        "wait",
        "index",
        "level",
        "stale",
        "ready",
        "full",
        "allowwatchbookmarks",
        "timeoutseconds",
        "resourceversion",
        "v",
        "follow",
        "tail",
        "container",
        "tls",
        "namespace",
        "module",
        "target",
        "ref",
        "exclude",
        "include",
        "protocol",
        "replicaset",
        "retrywrites",
        "w",
        "readpreference",
    ]
)
_QUERY_VALUE = re.compile(r"(?i)true|false|yes|no|on|off|\d{1,6}(ms|s|m|h)?|[a-z]{1,16}([-_][a-z0-9]{1,12})?|v\d[\w.]*")
_CAPABILITY = re.compile(
    r"(?P<u>(?:hooks?\.[\w.-]+|[\w.-]*webhook[\w.-]*|discord(?:app)?\.com/api/webhooks|outlook\.office\.com/webhook|[\w.-]+/v3/import"
    r"|api\.telegram\.org|(?:oapi\.dingtalk|qyapi\.weixin\.qq|open\.feishu)\.(?:com|cn))(?::\d+)?/"
    r"|(?:https?://[^\s\"'<>]*)?/(?:hooks?|webhooks?|import|invite|invitation|reset|token|tokens|secret|secrets|magic|share|shared|callback|"
    r"unsubscribe|verify|s|t|k|key)/)(?P<s>[^\s\"'<>?#|)]+)"
)
_CAPABILITY_SAFE = re.compile(r"[a-z]+([-_.][a-z]+){0,4}(/|$)|[a-z]+s?(/[a-z]+)*/?")

# --- name and value in a text -----------------------------------------------------------------------------------------
_PAIR = re.compile(
    r"(?P<k>[\w$.\[\]-]*[^\W\d_][\w$.\[\]/-]*)(?P<s>\\?[\"']?\s{0,8}(?::=|=>|=|:|：|＝)[ \t]*)"
    r"(?:(?P<q>\\?[\"'])(?P<x>.*?)(?P=q)|(?P<v>[^\s\"',;&|<>()‹]+))",
    re.DOTALL,
)
_LINE_PAIR = re.compile(
    r"(?m)^(?P<a>[ \t]*(?:-[ \t]+)?[\"']?(?P<k>[\w.$/-]+)[\"']?[ \t]*[:=：][ \t]*)(?P<v>[^\s\"'{\[&*|>#‹][^\n]*?)(?P<e>[ \t]*)$"
)
_BLOCK_PAIR = re.compile(
    r"(?m)^(?P<i>[ \t]*)(?:-[ \t]+)?[\"']?(?P<k>[\w.$/-]+)[\"']?[ \t]*:[ \t]*[|>]?[+-]?\d?[ \t]*\n(?P<b>(?:(?P=i)[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)"
)
_HEADER = re.compile(
    r"(?i)(?P<k>\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token|auth|secret|signature|password)[\w-]*|[\w-]+-(?:api-key|token|secret)))"
    r"(?P<s>\\?[\"']?\s*[:=]\s*\\?[\"']?)(?P<v>[^\"'\r\n\\]+)"
)
_SCHEME = re.compile(
    r"(?i)\b(?P<k>bearer|basic|digest|negotiate|apikey|aws4-hmac-sha256)(?P<s>\s+)(?P<v>[A-Za-z0-9._~+/=:-]{5,})"
)
_SPOKEN = re.compile(
    r"(?i)(?P<k>\b(?:token|password|passwd|passphrase|passcode|pin|bearer|apikey|api key|secret key|access key|密码|口令|mima|kouling))"
    r"(?P<s>(?:\s+(?:is|was|of|starting with|for|with|to|value|equals|为|是))?\s+[\"'`]?|[为是]\s*)(?P<v>[^\s\"'`,;()‹›]+)"
)
_LOGIN = re.compile(r"(?P<k>\bvault\s+login\s+(?:-\S+\s+)*(?!-)|\blogin\s+\S+\s+password\s+)(?P<v>[^\s‹$-]\S*)")
_SPOKEN_SAFE = re.compile(
    r"(?:[A-Za-z][a-z]*|[A-Z]+|[a-z]+([-_./][a-z]+)+|/[\w./-]+|[-&|>]+\w*|\d{1,3}|\$\(?\{?\w+[)}]?|\W+)[.:!?]?"
)
_NAMED = re.compile(
    r"(?P<a>\b(?:name|key|Name|Key)[\"']?:[ \t]*[\"']?(?P<k>[\w.-]+)[\"']?,?\s*\n\s*[\"']?(?:value|Value)[\"']?:[ \t]*[\"']?)(?P<v>[^\s\"'|>{\[][^\n\"']*)(?P<e>)"
)
_XML = re.compile(r"(?P<a><(?P<k>[\w:.-]+)(?:\s[^<>]*)?>\s*)(?P<v>[^<>\s][^<>]*?)(?P<e>\s*</(?P=k)>)")
_CHINESE = re.compile(
    r"(?P<k>(?:密码|密碼|口令|密钥|令牌)[\"']?\s{0,4}(?:[是为:：=＝]\s{0,4}){1,2}[\"'「“]?)(?P<v>[^\s\"',，。;；」”‹]+)"
)
_PIPED = re.compile(
    r"(?P<k>\b(?:echo|printf)\s+(?:-\w+\s+){0,3}[\"']?)(?P<v>[^|;&\"'\s‹][^|;&\"'\n]*?)(?P<e>[\"']?\s*\|\s*[^|;&\n]{0,80}?"
    r"(?:password-stdin|chpasswd|passwd|passphrase|sudo -S|cryptsetup|token-stdin))"
)
_NEEDS_TEXT = re.compile(r"[<=:：＝\s密口为是]")
_USER_FLAG = re.compile(
    r"(?P<k>(?<!\S)(?:-[uU]|--(?:proxy-)?user|--basic-auth)[ =]?[\"']?[^\s:\"'=]+:)(?P<v>[^\s\"']+)"
)
_TEXT_FLAG = re.compile(r"(?P<k>(?<!\S)(?P<f>--?[A-Za-z][\w.-]+)[ \t]+[\"']?)(?P<v>(?!--)[^\s\"']+)")
_EMAIL = re.compile(
    r"(?<![\w.+/:-])(?!git@)[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+(?!service\b|target\b|socket\b|mount\b|timer\b|slice\b)[A-Za-z]{2,24}\b"
)

# --- encodings ------------------------------------------------------------------------------------------------------------
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}(?:={1,2}|%3D)*(?![A-Za-z0-9+/_-])")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){2}|%(?:40|3[AaDd]|2[Ff])")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")
_HEXTEXT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{2}){10,}(?![0-9A-Za-z])|(?<![0-9A-Za-z])(?:[0-9A-F]{2}){10,}(?![0-9A-Za-z])"
)


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


class Strings:
    """Applies the rules to strings. Remembers which strings are clean, since most strings of a cluster come again.

    ``mark`` gives the placeholder for a secret; ``structured`` redacts what was JSON inside a string.
    """

    __slots__ = ("_clean", "_lines", "_loose", "_structured")

    def __init__(self, structured: Callable[[Any, Mark], Any] | None = None) -> None:
        self._clean: set[str] = set()
        self._loose: set[str] = set()
        self._lines: set[object] = set()
        self._structured = structured

    def is_clean(self, text: str) -> bool:
        """Whether a string is already known to hold nothing to hide. Cheap; ``False`` means: ask :meth:`clean`."""
        return text in self._clean

    def is_loosely_clean(self, text: str) -> bool:
        """The same for a name or an identity."""
        return text in self._loose

    def is_clean_line(self, line: object) -> bool:
        """Whether a command line is known to hold nothing to hide. Raises ``TypeError`` for what cannot be remembered."""
        return line in self._lines

    def remember_line(self, line: object) -> None:
        """A command line holds nothing to hide."""
        if len(self._lines) >= 20_000:
            self._lines.clear()
        self._lines.add(line)

    def clean(self, text: str, mark: Mark, depth: int = 0, *, opaque: bool = True) -> str:
        """``text`` with every secret in it replaced.

        With ``opaque=False`` random tokens of unknown format stay: for names and identities, which machines make up.
        """
        known = self._clean if opaque else self._loose
        if text in known:
            return text
        out = self._apply(text, mark, depth, opaque)
        if out == text and len(text) <= 512:
            if len(known) >= 100_000:
                known.clear()
            known.add(text)
        return out

    def _apply(self, text: str, mark: Mark, depth: int, opaque: bool) -> str:
        if _PLAIN.fullmatch(text):
            if len(text) <= 15 and _WEAK_PASSWORD.fullmatch(text):
                return mark("made-up-password", text)
            return text
        if "‹" in text:
            pieces = HIDDEN_RE.split(text)
            if len(pieces) == 2 and not pieces[0] and not pieces[1]:
                return text
        if len(text) > LONGEST:
            return mark("too-long", text)
        if _WEAK_PASSWORD.fullmatch(text) or _STRONG.fullmatch(text):
            return mark("made-up-password", text)
        if depth < _DEPTH and self._structured is not None and text[0] in '{["' and text.rstrip()[-1:] in '}]"':
            done = self._json(text, mark)
            if done is not None:
                return done
        text = self._known_formats(text, mark)
        text = self._urls(text, mark)
        if "|" in text:
            text = _PIPED.sub(lambda m: self._piped(m, mark), text)
        if _NEEDS_TEXT.search(text) and names.KEYWORD_HINT.search(text):
            text = self._pairs(text, mark)
        if " -" in text or text[:1] == "-":
            text = _USER_FLAG.sub(lambda m: m[0] if m["v"][:1] in "$‹" else f"{m['k']}{mark('argument', m['v'])}", text)
            text = _TEXT_FLAG.sub(lambda m: self._flag(m, mark), text)
        if "login " in text:
            text = _LOGIN.sub(lambda m: m["k"] + mark("spoken", m["v"]), text)
        if "@" in text:
            text = _EMAIL.sub(lambda m: mark("person-email", m.group()), text)
        if "/home/" in text or "/Users/" in text:
            text = persons.HOME.sub(lambda m: self._home(m, mark), text)
        text = self._made_up(text, mark)
        if depth < _DEPTH:
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
        if len(text) < 8 or not _FORMAT_HINT.search(text):
            return text
        for rule, pattern in _FORMATS:
            text = pattern.sub(lambda m, rule=rule: mark(rule, m.group()), text)  # type: ignore[misc]
        return text

    def _urls(self, text: str, mark: Mark) -> str:
        if "@" in text:
            text = _USERINFO.sub(lambda m: f"{m['a']}{mark('url-userinfo', m['u'])}@", text)
            text = _BARE_USERINFO.sub(lambda m: mark("url-userinfo", m["u"]), text)
        if "?" in text:
            text = _QUERY.sub(lambda m: f"{m['u']}?{self._query(m['q'], mark)}", text)
        if "#" in text and "://" in text:
            text = _FRAGMENT.sub(lambda m: f"{m['u']}#{self._query(m['q'], mark)}", text)
        if "/" in text:
            text = _CAPABILITY.sub(lambda m: self._capability(m, mark), text)
        return text

    @staticmethod
    def _query(query: str, mark: Mark) -> str:
        parts = []
        for part in re.split(r"([&;])", query):
            name, equals, value = part.partition("=")
            if part in ("&", ";") or not part:
                parts.append(part)
            elif not equals:
                plain = (
                    _QUERY_VALUE.fullmatch(name) or HIDDEN_RE.fullmatch(name) or not name[:1].isalnum() or "$" in name
                )
                parts.append(name if plain else mark("url-query", name))
            elif (
                not value
                or HIDDEN_RE.fullmatch(value)
                or (name.lower() in _QUERY_NAMES and _QUERY_VALUE.fullmatch(value))
                or ("/" not in value and names.allows("x", value))
            ):
                parts.append(part)
            else:
                parts.append(f"{name}={mark('url-query', value)}")
        return "".join(parts)

    @staticmethod
    def _capability(match: re.Match[str], mark: Mark) -> str:
        secret = match["s"]
        if _CAPABILITY_SAFE.fullmatch(secret) or HIDDEN_RE.match(secret) or secret.startswith(("$", "{", "(", "*")):
            return match.group()
        before = match["u"]
        hook = re.search(r"hook|import|telegram|dingtalk|weixin|feishu", before) is not None
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
            text = _BLOCK_PAIR.sub(lambda m: self._block(m, mark), text)
            text = _LINE_PAIR.sub(lambda m: self._line(m, mark), text)
        text = _NAMED.sub(lambda m: self._named(m, mark), text)
        if "</" in text:
            text = _XML.sub(lambda m: self._named(m, mark), text)
        text = _CHINESE.sub(lambda m: m["k"] + mark("spoken", m["v"]), text)
        text = _HEADER.sub(
            lambda m: m.group() if _hidden_or_variable(m["v"]) else f"{m['k']}{m['s']}{mark('header', m['v'])}",
            text,
        )
        text = _SCHEME.sub(
            lambda m: m.group() if _plain_word(m["v"]) else f"{m['k']}{m['s']}{mark('header', m['v'])}",
            text,
        )
        text = _PAIR.sub(lambda m: self._pair(m, mark), text)
        return _SPOKEN.sub(
            lambda m: m.group() if _SPOKEN_SAFE.fullmatch(m["v"]) else f"{m['k']}{m['s']}{mark('spoken', m['v'])}",
            text,
        )

    @staticmethod
    def _block(match: re.Match[str], mark: Mark) -> str:
        body = match["b"]
        if names.verdict(match["k"]) is not names.Verdict.SECRET or HIDDEN_RE.search(body) or not body.strip():
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
        if names.verdict(name) is not names.Verdict.SECRET or HIDDEN_RE.search(value) or names.allows(name, value):
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
        if names.verdict(name) is names.Verdict.HARMLESS or HIDDEN_RE.search(value) or names.allows(name, value):
            return match.group()
        return match["a"] + mark("name-and-value", value) + match["e"]

    @staticmethod
    def _pair(match: re.Match[str], mark: Mark) -> str:
        name, quote = match["k"], match["q"]
        value: str = match["x"] if quote else match["v"]
        level = names.verdict(name)
        if level is names.Verdict.HARMLESS or not value or HIDDEN_RE.search(value) or value.startswith("//"):
            return match.group()
        if level is names.Verdict.WEAK and (":" in match["s"] or _NAME_LIKE.fullmatch(value)):
            return match.group()
        if names.allows(name, value) or (
            match["s"] == ":" and (_TAG.fullmatch(value) or ("/" in name and value.startswith("/")))
        ):
            return match.group()
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
        if names.verdict(option) is not names.Verdict.SECRET or HIDDEN_RE.search(value) or names.allows(option, value):
            return match.group()
        return match["k"] + mark("argument", value)

    @staticmethod
    def _made_up(text: str, mark: Mark) -> str:
        if not _misspelt(text):
            return text

        def replace(match: re.Match[str]) -> str:
            word = match.group()
            return mark("made-up-password", word) if _misspelt(word) else word

        return _WORDY.sub(replace, text)

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

        if len(text) >= 12:
            text = _BASE64.sub(base64_run, text)
        if len(text) >= 20:
            text = _HEXTEXT.sub(hex_run, text)
        if "%" in text and _PERCENT.search(text):
            from urllib.parse import unquote

            plain = unquote(text)
            if plain != text and inside(plain):
                return mark("encoded", text)
        if "\\" in text and _ESCAPED.search(text):
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


#: What follows the name of an image.
_TAG = re.compile(r"v?\d+\.\d+[\w.+-]*|v\d{1,3}|latest|stable|nightly|main|master|edge")
_NAME_LIKE = re.compile(r"[a-z][a-z-]*(\.[a-z]+)*(/[a-z-]+)?")


def _misspelt(text: str) -> bool:
    """Whether one of the words that passwords are made of is there, with digits or signs for letters."""
    return any(not match.group().isalpha() for match in _LEET.finditer(text))


def _plain_word(value: str) -> bool:
    return re.fullmatch(r"[a-z]+|[A-Z][a-z]+|auth(entication)?|realm=.*|authentication\S*", value) is not None


def _hidden_or_variable(value: str) -> bool:
    return (
        HIDDEN_RE.search(value) is not None
        or names.allows("header-ref", value)
        and value.strip().startswith(("$", "{"))
    )
