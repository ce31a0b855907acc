"""Why a store could not be read or written, as a sentence. What the client says is never shown: it may hold an address that was signed.

Of its text only codes and words that stand here are looked for. The codes are those of S3 (docs.aws.amazon.com/AmazonS3, Error responses), of
Azure (learn.microsoft.com, Blob service error codes) and of Google's XML (cloud.google.com/storage/docs/xml-api/reference-status).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rkedoc.errors import StoreError
from rkedoc.store.url import StoreUrl

_CODE: Final = re.compile(r"(?:<Code>|\(code: )([A-Za-z]{1,80})(?:</Code>|\))")
_STATUS: Final = re.compile(r"\bstatus(?: code)?: ([1-5][0-9]{2})\b")

_NO_BUCKET = "there is no bucket of this name; rkedoc makes none"
_NOT_ACCEPTED = (
    "the credentials are not accepted: look which ones the environment gives, and for which account they are"
)
_EXPIRED = "the credentials have expired: get new ones"
_CLOCK = "the server refuses the request for its time: set this machine's clock right"
_FORBIDDEN = "the credentials are known, and may not do this: a reader needs to list and get, a writer to list and put, and who prunes to list and delete"
_HALF = "the environment gives only one half of the credentials: both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed"
_FILE = "the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read, or is neither of a service account nor of a user"
_NONE = "no credentials were found: neither does the environment give any, nor does this machine have an account"
_REGION = "the bucket lies in another region, or behind another address: give it with ?region= or AWS_REGION"
_BUSY = "the server has no time, or an error of its own: try again later"
_FULL = "there is no room left"

_CODES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("NoSuchBucket", "ContainerNotFound", "InvalidBucketName"), _NO_BUCKET),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId", "AuthenticationFailed", "InvalidSecurity",
         "InvalidAuthenticationInfo", "AuthenticationRequired"), _NOT_ACCEPTED,
    ),
    **dict.fromkeys(("ExpiredToken", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestExpired"), _CLOCK),
    **dict.fromkeys(
        ("AccessDenied", "AllAccessDisabled", "AuthorizationFailure", "AuthorizationPermissionMismatch", "InsufficientAccountPermissions"),
        _FORBIDDEN,
    ),
    **dict.fromkeys(
        ("PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"), _REGION
    ),
    **dict.fromkeys(("SlowDown", "ServiceUnavailable", "InternalError", "ServerBusy", "OperationTimedOut", "RequestTimeout"), _BUSY),
    **dict.fromkeys(("QuotaExceeded", "XMinioStorageFull", "EntityTooLarge"), _FULL),
}  # fmt: skip

_WORDS: Final = (
    ("RequestTimeTooSkewed", _CLOCK),
    ("169.254.169.254", _NONE),
    ("metadata.google.internal", _NONE),
    ("MissingAccessKeyId", _HALF),
    ("MissingSecretAccessKey", _HALF),
    ("OpenCredentials", _FILE),
    ("DecodeCredentials", _FILE),
    ("InvalidAccessKey", "the key in the environment is malformed"),
    ("MissingAccount", "the account is not named: set AZURE_STORAGE_ACCOUNT_NAME"),
    ("BareRedirect", _REGION),
    ("dns error", "the name of the server is not known"),
    ("ConnectionRefused", "nothing listens at the server's address"),
    ("invalid peer certificate", "the server's certificate is not accepted: AWS_CA_BUNDLE can name the authority's file"),
    ("InvalidContentType", "the server does not speak TLS there"),
    ("kind: Timeout", "the server did not answer in time"),
    ("TimedOut", "the server did not answer in time"),
    ("NetworkUnreachable", "no way leads to the server"),
    ("HostUnreachable", "no way leads to the server"),
    ("StorageFull", _FULL),
    ("kind: PermissionDenied", "this account may not do that there"),
    ("ReadOnlyFilesystem", "nothing can be written there"),
    ("NotADirectory", "a part of the path is not a folder"),
    ("kind: Connect", "the server cannot be reached"),
    ("kind: Interrupted", "the connection broke"),
    ("kind: Decode", "the connection broke"),
    ("kind: Request", "the connection broke"),
)  # fmt: skip

_STATUSES: Final[Mapping[str, str]] = {
    "301": _REGION, "307": _REGION, "400": _REGION, "401": _NOT_ACCEPTED, "403": _FORBIDDEN, "404": _NO_BUCKET, "429": _BUSY,
    "500": _BUSY, "502": _BUSY, "503": _BUSY, "504": _BUSY, "507": _FULL,
}  # fmt: skip


def failed(url: StoreUrl, error: Exception) -> StoreError:
    """The error for what a client raised about a place."""
    return StoreError(f"{url}: {_reason(error)}")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = str(error)
    for code in _CODE.findall(said):
        if code in _CODES:
            return _CODES[code]
        if code == "NoSuchKey":
            return "it is not there any more"
    for word, reason in _WORDS:
        if word in said:
            return reason
    if found := _STATUS.search(said):
        return _STATUSES.get(found[1], f"the server answers with {found[1]}")
    if isinstance(error, FileNotFoundError):
        return "it is not there any more"
    return f"the client gave up ({type(error).__name__})"
