"""What refusals say in Chinese; in English they speak for themselves. Reasons that come with one stay as they are.

A plain table rather than a catalogue of gettext's: nothing to compile, and a test sees that no refusal is without one.
"""

from django.utils.translation import get_language

from tenants.errors import DomainError

_CRASH = "服务端出现错误，已被记录。"

#: By ``DomainError.code``, over the parameters of the English sentence.
CHINESE: dict[str, str] = {
    "refused": "请求被拒绝。",
    # Who is calling
    "credential.missing": "缺少 API 密钥，请通过 'Authorization: Bearer <key>' 请求头发送。",
    "credential.invalid": "API 密钥无效，可能已被吊销或已过期。",
    "credential.address": "不允许从您的网络地址使用该 API 密钥。",
    "credential.scope": "API 密钥缺少权限范围“%(scope)s”。",
    "tenant.inactive": "该租户已停用。",
    "tenant.quota": "每日 %(limit)d 条消息的配额已用完，将于 UTC 零点重新计算。",
    "tenant.foreign": "请求指定的租户不是 API 密钥所属的租户。",
    # The request
    "request.path_unknown": "路径 %(path)s 不存在。",
    "request.method": "此处不支持 %(method)s 方法。",
    "request.media_type": "请求体必须是 UTF-8 的 application/json（可带文件处也接受 multipart/form-data），且未压缩。",
    "request.too_large": "请求体超过 %(limit_bytes)d 字节。",
    "request.unreadable": "无法读取请求体：%(reason)s",
    "request.parameter_missing": "缺少参数“%(field)s”。",
    "field.unparsable": "%(field)s：%(reason)s",
    "field.invalid": "%(field)s：%(reason)s",
    "list.order": "列表不支持按“%(field)s”排序。",
    "list.filter": "列表不支持按“%(field)s”过滤。",
    "list.range": "“%(field)s”没有大小之分，不支持范围过滤。",
    "list.match": "“%(field)s”不是文本，不支持 MATCH 过滤。",
    "list.value": "“%(value)s”不是“%(field)s”的有效值。",
    "idempotency.invalid": "Idempotency-Key 应为 1 到 %(limit)d 个可打印字符。",
    "idempotency.mismatch": "该 Idempotency-Key 已用于内容不同的请求，新请求请使用新的键。",
    "idempotency.in_flight": "使用该 Idempotency-Key 的首个请求仍在处理中，请稍后重试。",
    "not_found": "%(resource)s 不存在：[%(id)s]",
    "mailbox.denied": "无权访问该邮箱：%(reason)s",
    "calls.exceeded": "该操作最多允许调用 %(limit)d 次，请在 %(seconds)d 秒后重试。",
    "exists": "%(resource)s 已存在：[%(id)s]",
    "limit": "%(resource)s：最多允许 %(limit)d 个。",
    "in_use": "%(resource)s 仍被使用（%(user)s）：[%(id)s]",
    "domain.taken": "域名 %(domain)s 已由另一租户验证。",
    "domain.unverified": "域名 %(domain)s 尚未验证，请先发布其 DNS 记录，再进行检查。",
    "dns.unavailable": "DNS 没有给出 %(name)s 的结果，请稍后重试。",
    # Sending
    "recipients.missing": "没有指定收件人。",
    "recipients.too_many": "最多允许 %(limit)d 个收件人。",
    "recipients.country": "此处不允许向 %(country)s 发送短信。",
    "audience.unknown": "%(kind)s：不在该租户的通讯录中：%(ids)s。",
    "audience.empty": "%(kind)s：该租户的通讯录中没有符合条件且有地址的启用联系人（%(reach)s）。",
    "audience.too_large": "符合条件的联系人超过 %(limit)d 个，请按部门或群组分次调用。",
    "file.unreadable": "无法读取文件：%(reason)s",
    "directory.changed": "通讯录在同一时刻被修改，没有导入任何内容，请重试。",
    "code.recipient_missing": "发送验证码需要指定收件地址。",
    "code.repeated": "刚刚已向该地址发送过验证码，请在 %(seconds)d 秒后重试。",
    "code.rejected": "验证码错误或已过期。",
    "biz_key.missing": "使用模板发送时必须指定业务键。",
    "content.missing": "%(field)s：自定义内容需要主题和正文。",
    "content.disabled": "该租户只能使用模板发送。",
    "content.too_long": "该短信需要 %(segments)d 段，最多允许 %(limit)d 段。",
    "server.missing": "没有可用的 %(protocol)s 服务器，请先添加或启用一个。",
    "server.none": "没有启用的邮件服务器，请先添加或启用一个。",
    "server.platform": "服务器“%(name)s”属于平台，只有平台管理员可以修改。",
    "server.place": "%(field)s：租户的服务器须位于公共互联网，邮件服务器的端口须为 %(ports)s 之一。",
    "server.name_taken": "名称为“%(name)s”的服务器已存在。",
    "server.limit": "最多允许 %(limit)d 个服务器。",
    "server.busy": "其他人正在切换服务器，请查看后重试。",
    "sender.not_allowed": "该租户不能以 %(sender)s 的名义发信，请将其加入发信身份或服务器设置。",
    "sender.missing": "服务器“%(server)s”没有发信地址，请求也没有指定。",
    "attachments.too_many": "最多允许 %(limit)d 个附件。",
    "attachments.too_large": "附件总大小超过 %(limit_bytes)d 字节。",
    "attachments.unsupported": "附件“%(name)s”：%(reason)s",
    "attachments.unreachable": "无法获取附件“%(name)s”：%(reason)s",
    "schedule.too_far": "消息最多可以提前 %(days)d 天安排发送。",
    "schedule.expiry": "消息会在预定发送时间之前过期。",
    "message.wrong_state": "消息当前状态为 %(status)s，不能执行 %(action)s。",
    "delivery.failed": "服务器拒绝了消息：%(words)s",
    # Templates
    "template.not_bound": "业务键“%(biz_key)s”没有绑定模板。",
    "template.missing": "%(resource)s 不存在：[%(code)s-%(language)s]",
    "template.exists": "模板“%(code)s”已有 %(language)s 语言版本。",
    "template.variable_missing": "模板需要变量“%(variable)s”，但没有提供。",
    "template.refused": "模板未通过检查。%(summary)s",
    "template.render_failed": "模板无法渲染：%(reason)s",
    # Ours
    "database.unavailable": "服务暂时不可用，请几秒后重试。",
    "seal.broken": "已存储的密文无法用当前配置的 FIELD_ENCRYPTION_KEYS 解开。",
}


def sentence(error: DomainError) -> str:
    """The refusal in the language of the answer."""
    words = CHINESE.get(error.code) if _speaks_chinese() else None
    return str(error) if words is None else words % error.params


def crash_sentence() -> str:
    return _CRASH if _speaks_chinese() else "Something went wrong on our side. It has been recorded."


def success_sentence() -> str:
    return "成功" if _speaks_chinese() else "Success"


def _speaks_chinese() -> bool:
    return get_language() == "zh-hans"
