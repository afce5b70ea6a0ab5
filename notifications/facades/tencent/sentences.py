"""What the codes of this facade say, in the two languages of ``X-TC-Language``. Short, and our own words.

Codes of one area may stand in a table of their own, in its module, and be merged into ``SENTENCES`` here.
"""

from django.utils.translation import get_language

from notifications.facades.tencent import resource_sentences, send_sentences
from notifications.facades.tencent.errors import CRASH, TencentError, foreign
from tenants.errors import DomainError

Sentences = dict[str, tuple[str, str]]

_PROTOCOL: Sentences = {
    # The protocol
    "MissingParameter": (
        "The request is missing the required parameter `%(parameter)s`.",
        "请求缺少必需的参数 `%(parameter)s`。",
    ),
    "UnknownParameter": ("The parameter `%(parameter)s` is not known.", "未定义参数 `%(parameter)s`。"),
    "InvalidParameter": (
        "The parameter `%(parameter)s` has the wrong format or type.",
        "参数 `%(parameter)s` 的格式或类型错误。",
    ),
    "InvalidParameterValue": (
        "The value of the parameter `%(parameter)s` is not accepted.",
        "参数 `%(parameter)s` 的取值错误。",
    ),
    "InvalidRequest": ("The multipart body cannot be read.", "无法读取 multipart 请求体。"),
    "InvalidAction": ("There is no action `%(action)s`.", "接口 `%(action)s` 不存在。"),
    "UnsupportedOperation": ("The action `%(action)s` is not offered here.", "此处不提供接口 `%(action)s`。"),
    "NoSuchVersion": ("The version `%(version)s` does not exist.", "接口版本 `%(version)s` 不存在。"),
    "UnsupportedRegion": ("The region `%(region)s` is not supported.", "不支持地域 `%(region)s`。"),
    "UnsupportedProtocol": (
        "Only GET and POST over an allowed protocol are supported, with a JSON, form or multipart body.",
        "仅支持以允许的协议发送 GET 和 POST 请求，请求体为 JSON、表单或 multipart。",
    ),
    "RequestSizeLimitExceeded": ("The request is too large.", "请求包超过大小限制。"),
    "RequestLimitExceeded": ("Too many requests. Slow down.", "请求频率超过限制，请降低频率。"),
    "AuthFailure.InvalidAuthorization": (
        "The Authorization header is not of the standard form.",
        "请求头 Authorization 不符合规范。",
    ),
    "AuthFailure.InvalidSecretId": ("The secret id is not of a known form.", "SecretId 格式错误。"),
    "AuthFailure.SecretIdNotFound": (
        "The secret id does not exist, or has been revoked or expired.",
        "SecretId 不存在、已被吊销或已过期。",
    ),
    "AuthFailure.SignatureExpire": (
        "The signature has expired: the timestamp differs from our clock by more than five minutes.",
        "签名已过期：时间戳与服务器时间相差超过五分钟。",
    ),
    "AuthFailure.SignatureFailure": ("The signature does not match the request.", "签名与请求不符。"),
    "AuthFailure.TokenFailure": (
        "Tokens of temporary credentials are not accepted.",
        "不接受临时凭证的 Token。",
    ),
    "AuthFailure.UnauthorizedOperation": (
        "The key lacks the scope `%(scope)s`.",
        "密钥缺少权限范围 `%(scope)s`。",
    ),
    "UnauthorizedOperation": ("This is not allowed for you.", "您无权执行此操作。"),
    "InternalError": ("Something went wrong on our side. It has been recorded.", "服务端出现错误，已被记录。"),
    "ServiceUnavailable": ("Not available at the moment. Try again soon.", "服务暂时不可用，请稍后重试。"),
    "ResourceNotFound": ("There is no such resource.", "资源不存在。"),
    "ResourceUnavailable": ("The resource is not available.", "资源不可用。"),
    "ResourceInUse": ("The resource is in use, or exists already.", "资源正在使用或已存在。"),
    "LimitExceeded": ("A limit is exceeded.", "超过数量限制。"),
    "OperationDenied": ("The operation is refused.", "操作被拒绝。"),
    "FailedOperation": ("The operation failed.", "操作失败。"),
    "IpNotInWhitelist": ("Your network address is not allowed.", "不允许从您的网络地址调用。"),
}

#: By code, or by its first part where all of a family say the same: English, Chinese. Over the error's ``params``.
SENTENCES: Sentences = {**_PROTOCOL, **send_sentences.SENTENCES, **resource_sentences.SENTENCES}
#: What a sentence names and an error may not know.
_UNNAMED = dict.fromkeys(("parameter", "action", "version", "region", "scope"), "?")


def sentence(error: TencentError) -> str:
    """What the refusal says, in the language of the answer."""
    return _in_language(_entry(error.code)) % {**_UNNAMED, **error.params}


def sentence_of(error: DomainError) -> str:
    """The same for a refusal of the house: the code's sentence; in English, also which row or field it is about."""
    entry = _entry(foreign(error))
    if get_language() != "zh-hans" and not error.code.startswith("credential."):
        return str(error)
    field = error.params.get("field", "?")
    return _in_language(entry) % {**_UNNAMED, "parameter": field, **error.params}


def crash_sentence() -> str:
    return _in_language(SENTENCES[CRASH])


def _entry(code: str) -> tuple[str, str]:
    return SENTENCES.get(code) or SENTENCES[code.partition(".")[0]]


def _in_language(entry: tuple[str, str]) -> str:
    english, chinese = entry
    return chinese if get_language() == "zh-hans" else english
