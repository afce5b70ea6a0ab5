"""What Anymail raised, as the transport's own words: was the message sent, may it go later, is the route at fault?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError
from botocore import exceptions as boto
from urllib3.exceptions import MaxRetryError

from notifications.delivery.classify import clean_words, http_retry_after, http_verdict, is_credential_refusal
from notifications.states import Verdict

_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "LimitExceededException"})
#: AWS error codes that mean the account or its keys, not this message.
_ACCOUNT = frozenset(
    {
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "IncompleteSignature",
        "ExpiredToken",
        "ExpiredTokenException",
        "MissingAuthenticationToken",
        "AccessDenied",
        "AccessDeniedException",
        "AccountSuspendedException",
        "SendingPausedException",
    }
)
_BOTO_UNSENT = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.SSLError,
    boto.ProxyConnectionError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
)
_UNSENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
)
#: Waiting mends these; the others are wrong settings.
_PASSING = (requests.exceptions.ConnectionError, boto.EndpointConnectionError, boto.ConnectTimeoutError)


@dataclass(frozen=True, slots=True)
class Failure:
    verdict: Verdict
    words: str
    #: The HTTP status, None when the service did not answer.
    code: int | None = None
    retry_after: timedelta | None = None
    #: Nothing can leave this way now; ``is_passing`` as in RouteFailed.
    is_route_failure: bool = False
    is_passing: bool = False
    #: The next message would fare no better at this moment.
    ends_window: bool = False


def explain(error: AnymailAPIError) -> Failure:
    """Never is only what the service itself refused for good; what it may have taken is uncertain."""
    if isinstance(error.response, requests.Response):
        return _explain_answer(error, error.response)
    if isinstance(error.response, dict):
        return _explain_aws(error.response)
    return _explain_silence(error)


def _explain_answer(error: AnymailAPIError, response: requests.Response) -> Failure:
    status = response.status_code
    words = clean_words(response.text) or clean_words(f"HTTP {status} {response.reason}")
    if 200 <= status < 300:
        # It said yes in words that nobody understands.
        words = clean_words(f"{error.args[0] if error.args else 'Not understood'}: {words}")
        return Failure(Verdict.UNCERTAIN, words, code=status)
    if is_credential_refusal(status, words):
        return Failure(Verdict.LATER, words, code=status, is_route_failure=True, ends_window=True)
    # A gateway that gave up waiting does not know what became of the request (RFC 9110 15.6.5).
    verdict = Verdict.UNCERTAIN if status == 504 else http_verdict(status)
    wait = http_retry_after(response.headers.get("Retry-After", ""), now=datetime.now(UTC))
    return Failure(verdict, words, code=status, retry_after=wait, ends_window=status in (429, 503))


def _explain_aws(answer: dict[str, Any]) -> Failure:
    error = answer.get("Error", {})
    metadata = answer.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 500)
    words = clean_words(f"{error.get('Code', '')}: {error.get('Message', '')}")
    if error.get("Code") in _ACCOUNT:
        return Failure(Verdict.LATER, words, code=status, is_route_failure=True, ends_window=True)
    if error.get("Code") in _THROTTLED:
        return Failure(Verdict.LATER, words, code=status, ends_window=True)
    return Failure(http_verdict(status), words, code=status)


def _explain_silence(error: AnymailAPIError) -> Failure:
    """No answer: either the request never left, or we cannot know."""
    cause = error.__cause__
    words = clean_words(f"No answer from the service: {_root(cause)}")
    if isinstance(cause, boto.ParamValidationError):
        return Failure(Verdict.NEVER, clean_words(str(cause)))
    was_never_sent = isinstance(cause, _UNSENT + _BOTO_UNSENT) or (
        isinstance(cause, requests.exceptions.ConnectionError)
        and bool(cause.args)
        and isinstance(cause.args[0], MaxRetryError)
    )
    if not was_never_sent:
        return Failure(Verdict.UNCERTAIN, words, ends_window=True)
    is_tls = isinstance(cause, (requests.exceptions.SSLError, boto.SSLError))
    is_passing = isinstance(cause, _PASSING) and not is_tls
    return Failure(Verdict.LATER, words, is_route_failure=True, is_passing=is_passing, ends_window=True)


def _root(cause: BaseException | None) -> str:
    """The innermost reason: urllib3 and requests wrap it in layers that repeat the URL."""
    reason: Any = cause
    for _ in range(5):
        inner = getattr(reason, "reason", None) or (reason.args[0] if getattr(reason, "args", ()) else None)
        if not isinstance(inner, BaseException):
            break
        reason = inner
    return f"{type(reason).__name__}: {reason}" if reason is not None else "unknown"
