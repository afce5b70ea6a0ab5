"""What the codes of sending say: English, Chinese."""

SENTENCES = {
    "InvalidParameterValue.EmailAddressIsNULL": (
        "The address of the sender or of a recipient is empty.",
        "发件人或收件人地址为空。",
    ),
    "InvalidParameterValue.ReceiverEmailInvalid": ("A recipient is no e-mail address.", "收件人地址格式错误。"),
    "InvalidParameterValue.InvalidEmailIdentity": ("The domain is not valid here.", "域名无效。"),
    "InvalidParameterValue.EmailContentIsWrong": (
        "Html and Text of Simple must be UTF-8 text in base64.",
        "Simple 的 Html 和 Text 必须是 UTF-8 文本的 base64 编码。",
    ),
    "InvalidParameterValue.AttachContentIsWrong": (
        "The content of an attachment must be base64.",
        "附件内容必须是 base64 编码。",
    ),
    "FailedOperation.IncorrectSender": (
        "Write the sender as `address` or `alias <address>`, without a colon in the alias.",
        "发件人应写作 `地址` 或 `别名 <地址>`，别名中不能有冒号。",
    ),
    "FailedOperation.IncorrectEmail": ("This is no e-mail address.", "邮箱地址错误。"),
    "FailedOperation.NotAuthenticatedSender": ("The sender is not verified.", "发件人未经验证。"),
    "FailedOperation.TooManyRecipients": (
        "Too many recipients: at most 50 in Destination, 20 in Cc and 20 in Bcc.",
        "收件人过多：Destination 最多 50 个，Cc 和 Bcc 各最多 20 个。",
    ),
    "FailedOperation.MissingEmailContent": (
        "There is no content: give a Template or Simple.",
        "缺少邮件内容，请提供 Template 或 Simple。",
    ),
    "FailedOperation.WithOutPermission": ("You can send by template only.", "您只能使用模板发送邮件。"),
    "FailedOperation.InvalidTemplateID": (
        "There is no such template, or it cannot be sent.",
        "模板不存在或不可用。",
    ),
    "FailedOperation.WrongContentJson": (
        "TemplateData must be the text of a JSON object with all variables of the template.",
        "TemplateData 必须是包含模板全部变量的 JSON 对象文本。",
    ),
    "FailedOperation.EmailContentToolarge": ("The mail is too large.", "邮件内容过大。"),
    "FailedOperation.TooManyAttachments": ("At most 10 attachments are allowed.", "附件最多 10 个。"),
    "FailedOperation.AttachContentToolarge": ("The attachments are too large.", "附件过大。"),
    "FailedOperation.InvalidAttachName": ("The name of an attachment is not accepted.", "附件名称不合法。"),
    "FailedOperation.FileURLNotExist": (
        "Attachments cannot be given by FileURL; give their Content.",
        "不支持以 FileURL 提供附件，请提供 Content。",
    ),
    "FailedOperation.EmailAddrInBlacklist": ("The recipient is on the block list.", "收件人在黑名单中。"),
    "FailedOperation.ReceiverHasUnsubscribed": ("The recipient has unsubscribed.", "收件人已退订。"),
    "FailedOperation.ExceedSendLimit": ("The daily quota is used up.", "已超过每日发送量限制。"),
    "FailedOperation.FrequencyLimit": ("Too much mail to the same address.", "向同一地址发送过于频繁。"),
    "FailedOperation.SendEmailErr": ("The mail could not be sent.", "邮件发送失败。"),
}
