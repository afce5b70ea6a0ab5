"""What the codes about templates, statuses, block lists, identities, lists of recipients and tasks say."""

Sentences = dict[str, tuple[str, str]]

_TEMPLATES: Sentences = {
    "InvalidParameterValue.TemplateNameIsNULL": ("The template has no name.", "模板名称为空。"),
    "InvalidParameterValue.TemplateNameIllegal": (
        "The template's name is too long or has characters that cannot be shown.",
        "模板名称过长或含有非法字符。",
    ),
    "InvalidParameterValue.TemplateContentIsNULL": ("The template has no content.", "模板内容为空。"),
    "InvalidParameterValue.TemplateContentIsWrong": (
        "The template's content is not base64 of UTF-8 text, or has variables that are not written {{name}}.",
        "模板内容不是 UTF-8 文本的 base64 编码，或变量没有写成 {{name}}。",
    ),
    "InvalidParameterValue.TemplateNotExist": ("There is no such template.", "模板不存在。"),
    "FailedOperation.TemplateContentToolarge": ("The template's content is too large.", "模板内容过大。"),
    "FailedOperation.ExceedTemplateLimit": ("There are as many templates as are allowed.", "模板数量超过限制。"),
    "FailedOperation.InvalidLimit": ("Limit is 1 to 100.", "Limit 的取值范围为 1 到 100。"),
}
_DATES: Sentences = {
    "InvalidParameterValue.WrongDate": (
        "A date is not written YYYY-MM-DD, or the range ends before it begins.",
        "日期格式应为 YYYY-MM-DD，且开始日期不能晚于结束日期。",
    ),
    "FailedOperation.NotSupportDate": ("The date is out of the range that can be asked for.", "日期超出可查询的范围。"),
}
_IDENTITIES: Sentences = {
    "InvalidParameterValue.InvalidEmailIdentity": ("The domain is not a valid one.", "域名格式错误。"),
    "InvalidParameterValue.NotExistDomain": ("There is no such domain.", "域名不存在。"),
    "InvalidParameterValue.RepeatCreation": ("The domain was created before.", "域名已创建。"),
    "InvalidParameterValue.CreatedByOther": (
        "Another account has verified the domain.",
        "域名已被其他账号验证。",
    ),
    "InvalidParameterValue.IllegalEmailAddress": ("The sender is not a valid address.", "发信地址格式错误。"),
    "InvalidParameterValue.IllegalSenderName": (
        "The sender's name is too long or has characters that cannot be shown.",
        "发信人名称过长或含有非法字符。",
    ),
    "InvalidParameterValue.RepeatEmailAddress": ("The sender exists already.", "发信地址已存在。"),
    "InvalidParameterValue.NoSuchSender": ("There is no such sender.", "发信地址不存在。"),
    "OperationDenied.DomainNotVerified": (
        "The domain is not verified. Publish its records, then verify it.",
        "域名未通过验证，请先配置 DNS 记录。",
    ),
    "OperationDenied.ExceedDomainLimit": ("There are as many domains as are allowed.", "域名数量超过限制。"),
    "OperationDenied.ExceedSenderLimit": (
        "The domain has as many senders as are allowed.",
        "该域名的发信地址数量超过限制。",
    ),
    "OperationDenied.SenderWithDomainIsNotEmpty": (
        "The domain still has senders. Delete them first.",
        "该域名下仍有发信地址，请先删除。",
    ),
}
_LISTS: Sentences = {
    "MissingParameter.EmailsNecessary": ("No address was given.", "未提供收件人地址。"),
    "MissingParameter.ReceiverIdNecessary": ("No list of recipients was named.", "未指定收件人列表。"),
    "InvalidParameterValue.ReceiverNameIllegal": (
        "The list's name is empty or too long.",
        "收件人列表名称为空或过长。",
    ),
    "InvalidParameterValue.ReceiverDescIllegal": ("The list's description is too long.", "收件人列表描述过长。"),
    "OperationDenied.ReceiverNotExist": ("There is no such list of recipients.", "收件人列表不存在。"),
    "OperationDenied.ReceiverIsOperating": (
        "A task that is not over uses the list of recipients.",
        "收件人列表正被未完成的任务使用。",
    ),
    "OperationDenied.ReceiverStatusError": (
        "The list has no recipients that mail can be sent to.",
        "收件人列表中没有可发送的地址。",
    ),
    "LimitExceeded.ExceedReceiverLimit": (
        "There are as many lists of recipients as are allowed.",
        "收件人列表数量超过限制。",
    ),
    "LimitExceeded.ReceiverDetailCountLimit": (
        "The list would have more recipients than are allowed.",
        "收件人列表中的地址数量超过限制。",
    ),
    "LimitExceeded.ReceiverDetailRequestLimit": (
        "One call takes at most 20000 recipients.",
        "单次请求最多 20000 个收件人。",
    ),
    "InvalidParameterValue.RepeatReceiverName": (
        "There is a list of recipients with this name already.",
        "收件人列表名称已存在。",
    ),
    "InvalidParameterValue.TemplateDataError": ("TemplateData is not a JSON object.", "TemplateData 不是 JSON 对象。"),
    "InvalidParameterValue.TemplateDataLenLimit": (
        "TemplateData has at most 800 bytes.",
        "TemplateData 最多 800 字节。",
    ),
}
_TASKS: Sentences = {
    "MissingParameter.SendParamNecessary": ("The task has no template and no content.", "任务缺少模板或邮件内容。"),
    "MissingParameter.TimedParamNecessary": ("A timed task needs TimedParam.", "定时任务缺少 TimedParam。"),
    "MissingParameter.CycleParamNecessary": ("A cyclic task needs CycleParam.", "周期任务缺少 CycleParam。"),
    "OperationDenied.SendAddressStatusError": (
        "The sender is not one that this account may use.",
        "发信地址不可用。",
    ),
    "OperationDenied.TemplateStatusError": ("The template cannot be sent.", "模板状态不可用。"),
    "InvalidParameterValue.SubjectLengthError": ("A subject has 1 to 100 characters.", "邮件主题长度应为 1 到 100。"),
    "InvalidParameterValue.InValidTemplateData": (
        "TemplateData is not a JSON object.",
        "TemplateData 不是 JSON 对象。",
    ),
    "FailedOperation.NoAttachPermission": ("A task takes no attachments.", "批量任务不支持附件。"),
    "InvalidParameterValue.BeginTimeBeforeNow": ("The task would begin in the past.", "任务开始时间早于当前时间。"),
}

SENTENCES: Sentences = {**_TEMPLATES, **_DATES, **_IDENTITIES, **_LISTS, **_TASKS}
