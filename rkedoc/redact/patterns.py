"""What secrets look like inside a string. :mod:`rkedoc.redact.strings` applies these.

A pattern names its groups: ``k`` (what comes before and is kept, or the name), ``s`` (what separates), ``v`` (the secret).
"""

from __future__ import annotations

import re

from rkedoc.redact.needs import Prefilter

#: Longer texts are hidden as a whole: nobody reads them on a page, and no rule has to be fast on them.
LONGEST = 8192

DEPTH = 4

# --- what needs no further look ------------------------------------------------------------------------------------------
PLAIN = re.compile(
    r"[A-Za-z]{0,15}"
    r"|-?[0-9.]{1,15}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,20}Z"
    r"|[0-9.]{7,15}/[0-9]{1,2}"
)

# --- formats that are secret by themselves ----------------------------------------------------------------------------
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "pem",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{3,40}-----.*?(?:-----END [A-Z0-9 ]{3,40}-----|\Z)",
            re.DOTALL,
        ),
    ),
    ("jwt", re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}")),
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
            r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}|GR1348941[\w-]{16,}"
            r"|gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|wt|ffct|oas)-[\w-]{16,}|sq0(?:csp|atp|idp)-[\w-]{16,}"
            r"|[sprw]k_(?:live|test)_\w{8,}|whsec_\w{8,}|sk-[\w-]{16,}|SG\.[\w-]{8,}\.[\w-]{8,}|hv[sbr]\.[\w-]{8,}|npm_\w{16,}"
            r"|pypi-[\w-]{16,}|dckr_[po]at_[\w-]{8,}|tskey-[\w-]{8,}|shp(?:at|ca|pa|ss)_\w{16,}|key-[0-9a-f]{32}|nfp_\w{16,}"
            r"|lin_api_\w{16,}|ATATT3\w{16,}|glsa_\w{16,}|eyJrIjoi\w{16,}|EAAC\w{16,}|rubygems_\w{16,}|PMAK-[\w-]{16,}"
            r"|dapi[0-9a-f]{16,}|AGE-SECRET-KEY-1[A-Z0-9]{10,}|\d{8,10}:AA[\w-]{30,})|(?<![\w.])s\.[A-Za-z0-9]{24}\b"
        ),
    ),
    ("service-token", re.compile(r"\b[MN][A-Za-z\d]{23,}\.[\w-]{6}\.[\w-]{27,}")),
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
FORMATS_IN = Prefilter([pattern for _rule, pattern in FORMATS])
"""Which of the formats can be in a text: derived from their patterns."""

# --- passwords that people make up ---------------------------------------------------------------------------------------
STOP = r"\s\"',;&/@=:‹›`()<>|"
WORD_END = re.compile(rf"[{STOP}]")
LEET = re.compile(
    r"(?i)p[a@4][s5$]{2}(?:w[o0]r?[dt]|phr[a4@][s5$][e3])|s[e3]cr[e3][t7]|t[o0]k[e3]n|l[e3][t7]m[e3][i1!]n|[a4@]dm[i1!]n"
)
WEAK_PASSWORD = re.compile(
    r"(?i)(?:password|passwort|passw0rd|passwd|secret|welcome|qwerty|letmein|changeme|hunter|iloveyou|abc|admin)[0-9!@#$%^&*?]{1,8}"
    r"|hunter2|correct[ -]?horse[ -]?battery[ -]?staple|changeme|letmein"
)
#: The names of K3s' and RKE2's authorities hold the second in which they were made (k3s-io/k3s, pkg/daemons/control/deps/deps.go).
STRONG = re.compile(
    r"(?!CN=[a-z0-9.-]+@\d{10}\Z)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])(?=[^!@#$%^&*?~]*[!@#$%^&*?~])[A-Za-z0-9!@#$%^&*?~+=_.-]{8,64}"
)

# --- URLs ----------------------------------------------------------------------------------------------------------------
USERINFO = re.compile(
    r"(?P<a>://|(?<![\w:/])//)(?P<u>(?!git@|‹)[^\s/?#@:\"'<>|]*:(?!\d{1,5}(?:[/?#]|$))[^\s\"'<>|]*|(?!git@|‹)[^\s/?#@:\"'<>|]+)@(?!sha256:)"
)
BARE_USERINFO = re.compile(
    r"(?<![\w/:@.%+~-])(?P<u>[\w.%+~-]{1,128}:[^\s:@/\"'<>,;|()]{1,256})@(?=(?!sha\d+:)[\w.\[-]|tcp\(|unix\()"
)
URL_WORD = re.compile(r"[^\s\"'<>`|]+")
"""What a URL stands in: it is looked at once, however long it is."""
DOTTED = re.compile(r"[\w-]\.[\w-]")
QUERY_NAMES = frozenset(
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
        "application_name",
        "applicationname",
        "appname",
        "authsource",
        "authmechanism",
        "expr",
        "g0.expr",
        "g1.expr",
        "directconnection",
        "search_path",
        "schema",
        "client_encoding",
        "db",
        "database",
        "dbname",
        "sort",
        "order",
        "offset",
        "fields",
        "labelselector",
        "fieldselector",
        "since",
        "until",
        "step",
        "start",
        "end",
        "from",
        "to",
        "refresh",
        "orgid",
        "lang",
        "locale",
        "theme",
        "type",
        "kind",
        "poolsize",
        "pool_size",
        "maxpoolsize",
        "connecttimeoutms",
        "sockettimeoutms",
        "multistatements",
        "interpolateparams",
        "allownativepasswords",
        "serverselectiontimeoutms",
    ]
)
QUERY_VALUE = re.compile(
    r"(?i)true|false|yes|no|on|off|\d{1,6}(ms|s|m|h)?|[a-z]{1,16}([-_][a-z0-9]{1,12})?|[a-z]{1,4}\d{1,2}|v\d[\w.]*"
)
CAPABILITY = re.compile(
    r"(?:(?:(?<![\w.-])hooks?\.[\w.-]{1,128}|[\w.-]{0,64}webhook[\w.-]{0,64}|discord(?:app)?\.com/api/webhooks|outlook\.office\.com/webhook"
    r"|/v3/import|api\.telegram\.org|(?:oapi\.dingtalk|qyapi\.weixin\.qq|open\.feishu)\.(?:com|cn))(?::\d{1,5})?/"
    r"|/(?:hooks?|webhooks?|import|invite|invitation|reset|token|tokens|secret|secrets|magic|share|shared|callback|"
    r"unsubscribe|verify|s|t|k|key)/)(?P<s>[^?#)]+)"
)
CAPABILITY_SAFE = re.compile(r"[a-z]+([-_.][a-z]+){0,4}(/|$)|[a-z]+s?(/[a-z]+)*/?")

# --- name and value in a text -----------------------------------------------------------------------------------------
PAIR = re.compile(
    r"(?<![\w$.\[\]/-])(?P<k>[\w$.\[\]/-]{1,128})(?P<s>\\?[\"']?[\])]?\s{0,8}(?::=|=>|!=|={1,3}|:|：|＝)[ \t]*)"
    r"(?:(?P<q>\\?[\"'])(?P<x>.*?)(?P=q)|(?P<v>[^\s\"',;&|<>()‹]+))",
    re.DOTALL,
)
LINE_PAIR = re.compile(
    r"(?m)^(?P<a>[ \t]*(?:-[ \t]+)?[\"']?(?P<k>[\w.$/-]+)[\"']?[ \t]*[:=：][ \t]*)(?P<v>[^\s\"'{\[&*|>#‹][^\n]*?)(?P<e>[ \t]*)$"
)
BLOCK_PAIR = re.compile(
    r"(?m)^(?P<i>[ \t]*)(?:-[ \t]+)?[\"']?(?P<k>[\w.$/-]+)[\"']?[ \t]*:[ \t]*[|>]?[+-]?\d?[ \t]*\n(?P<b>(?:(?P=i)[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)"
)
MANIFEST = re.compile(
    r"(?im)(?:^[ \t]*(?:-[ \t]+)?|[{,][ \t]*)[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?(?:secret|configmap)s?[\"']?[ \t\r]*(?:$|[,}])"
)
"""Where a manifest says that it is a Secret or a ConfigMap."""
MANIFEST_DATA = re.compile(
    r"(?m)^(?P<i>[ \t]*)(?P<h>(?:-[ \t]+)?[\"']?(?P<k>data|stringData|binaryData)[\"']?[ \t]*:[ \t\r]*\n)"
    r"(?P<b>(?:(?P=i)[ \t]+[^\n]*(?:\n|\Z)|[ \t\r]*\n)+)"
)
"""What stands in it, in the lines below."""
MANIFEST_FLOW = re.compile(
    r"(?ms)(?P<i>)(?P<h>(?:^[ \t]*(?:-[ \t]+)?|[{,][ \t\r]*\n?[ \t]*)[\"']?(?P<k>data|stringData|binaryData)[\"']?[ \t]*:[ \t\r]*\n?[ \t]*)"
    r"(?P<b>\{.*?)(?=^---|\Z)"
)
"""What stands in it, in braces: all up to the end of the manifest, since a brace may stand in a text."""
HEADER = re.compile(
    r"(?i)(?P<k>\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:key|token|auth|secret|signature|password)[\w-]{0,40}|[\w-]{1,40}-(?:api-key|token|secret)))"
    r"(?P<s>\\?[\"']?\s*[:=]\s*\\?[\"']?)(?P<v>[^\"'\r\n\\]+)"
)
SCHEME = re.compile(
    r"(?i)\b(?P<k>bearer|basic|digest|negotiate|apikey|aws4-hmac-sha256)(?P<s>\s+)(?P<v>[A-Za-z0-9._~+/=:-]{5,})"
)
SPOKEN = re.compile(
    r"(?i)(?P<k>\b(?:token|password|passwd|passphrase|passcode|pin|bearer|apikey|api key|secret key|access key|密码|口令|mima|kouling))"
    r"(?P<s>(?:\s+(?:is|was|of|starting with|for|with|to|value|equals|为|是))?\s+[\"'`]?|[为是]\s*)(?P<v>(?!--?[A-Za-z])[^\s\"'`,;()‹›]+)"
)
LOGIN = re.compile(r"(?P<k>\bvault\s+login\s+(?:-\S+\s+)*(?!-)|\blogin\s+\S+\s+password\s+)(?P<v>[^\s‹$-]\S*)")
SPOKEN_SAFE = re.compile(
    r"(?:[A-Za-z][a-z]*|[A-Z]+|[a-z]+([-_./][a-z]+)+|/[\w./-]+|[-&|>]+\w*|\d{1,3}|\$\(?\{?\w+[)}]?|\W+)[.:!?]?"
)
NAMED = re.compile(
    r"(?P<a>\b(?:name|key|Name|Key)[\"']?:[ \t]*[\"']?(?P<k>[\w.-]+)[\"']?,?\s*\n\s*[\"']?(?:value|Value)[\"']?:[ \t]*[\"']?)(?P<v>[^\s\"'|>{\[][^\n\"']*)(?P<e>)"
)
XML = re.compile(r"(?P<a><(?P<k>[\w:.-]+)(?:\s[^<>]*)?>\s*)(?P<v>[^<>\s][^<>]*?)(?P<e>\s*</(?P=k)>)")
CHINESE = re.compile(
    r"(?P<k>(?:密码|密碼|口令|密钥|令牌)[\"']?\s{0,4}(?:[是为:：=＝]\s{0,4}){1,2}[\"'「“]?)(?P<v>[^\s\"',，。;；」”‹]+)"
)
PIPED = re.compile(
    r"(?P<k>\b(?:echo|printf)\s+(?:-\w+\s+){0,3}[\"']?)(?P<v>[^|;&\"'\s‹][^|;&\"'\n]*?)(?P<e>[\"']?\s*\|\s*[^|;&\n]{0,80}?"
    r"(?:password-stdin|chpasswd|passwd|passphrase|sudo -S|cryptsetup|token-stdin))"
)
NEEDS_TEXT = re.compile(r"[<=:：＝\s密口为是]")
USER_FLAG = re.compile(r"(?P<k>(?<!\S)(?:-[uU]|--(?:proxy-)?user|--basic-auth)[ =]?[\"']?[^\s:\"'=]+:)(?P<v>[^\s\"']+)")
TEXT_FLAG = re.compile(r"(?P<k>(?<!\S)(?P<f>--?[A-Za-z][\w.-]+)[ \t]+[\"']?)(?P<v>(?!--)[^\s\"']+)")
EMAIL = re.compile(
    r"(?<![\w.+/:-])(?!git@)[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+(?!service\b|target\b|socket\b|mount\b|timer\b|slice\b)[A-Za-z]{2,24}\b"
)

# --- encodings ------------------------------------------------------------------------------------------------------------
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}(?:={1,2}|%3D)*(?![A-Za-z0-9+/_-])")
PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){2}|%(?:40|3[AaDd]|2[Ff])")
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")
SPACED_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x)?[0-9A-Fa-f]{2}[ ,:-]{1,2}){5,}(?:0x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])")
OCTAL = re.compile(r"(?:\\[0-3][0-7]{2}){5,}")
HEXTEXT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{2}){10,}(?![0-9A-Za-z])|(?<![0-9A-Za-z])(?:[0-9A-F]{2}){10,}(?![0-9A-Za-z])"
)

#: What follows the name of an image.
TAG = re.compile(r"v?\d+\.\d+[\w.+-]*|v\d{1,3}|latest|stable|nightly|main|master|edge")
NAME_LIKE = re.compile(r"[a-z][a-z-]*(\.[a-z]+)*(/[a-z-]+)?|(?:[A-Z][a-z]{1,15}){1,5}")
