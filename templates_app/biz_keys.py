"""The business keys of AngusGM: what may choose a template by purpose. Pure.

Two keys were renamed by the vendor (2025-08-17, WORKORDER to TICKET). Both spellings are accepted and one is stored:
the older, which the published API page shows.
"""

_BEFORE_CONTACTS = ("SIGNUP", "SIGNIN", "PASSWORD_FORGET", "PASSWORD_UPDATE", "SIGN_CANCEL")

_BEFORE_INVOICES = (
    "PAY_PASSWORD_UPDATE",
    "REALNAME_AUTH_SUBMIT",
    "REALNAME_AUTH_PASSED",
    "REALNAME_AUDIT_FAILURE",
    "SYS_EXCEPTION_NOTICE",
    "SYS_RECOVERY_NOTICE",
    "SYS_SECURITY_NOTICE",
    "LICENSE_SENT",
    "CHANNEL_TEST",
    "TODO_REALNAME_AUTH",
    "TODO_BUSINESS_CONSULTATION",
    "TODO_OFFLINE_SERVICE",
    "TODO_WORKORDER",
    "TODO_TRANSFER_CONFIRM",
    "TODO_INVOICE_CONFIRM",
    "TODO_WITHDRAW_CONFIRM",
    "RECHARGE_SUCCESS",
    "WITHDRAW_SUCCESS",
    "ORDER_PAY_SUCCESS",
    "ORDER_PAY_PENDING",
    "ORDER_PAY_TIMEOUT",
    "ORDER_TO_EXPIRE",
    "ORDER_CHANGE_SUCCESS",
    "WORKORDER_REPLY_REMINDER",
)

_LAST = (
    "TESTING_EXEC_STARTED",
    "TESTING_EXEC_FINISHED",
    "TESTING_EXEC_FAILED",
    "TESTING_TASK_OVERDUE",
    "INDICATOR_MODIFY_SUBMIT",
    "INDICATOR_AUDIT_PASSED",
    "INDICATOR_AUDIT_FAILED",
)

#: What an e-mail may be sent for, in the vendor's documented order.
EMAIL_KEYS: tuple[str, ...] = (
    "EVENT_NOTICE",
    *_BEFORE_CONTACTS,
    "MODIFY_EMAIL",
    "BIND_EMAIL",
    *_BEFORE_INVOICES,
    "INVOICE_APPLY_SUCCESS",
    "COUPON_DISTRIBUTION",
    "COUPON_TO_EXPIRE",
    "BLOG_SUBSCRIPTION_NOTICE",
    *_LAST,
)

#: What an SMS may be sent for, in the vendor's documented order.
SMS_KEYS: tuple[str, ...] = (
    *_BEFORE_CONTACTS,
    "MODIFY_MOBILE",
    "BIND_MOBILE",
    *_BEFORE_INVOICES,
    *_LAST,
    "EVENT_NOTICE",
)

#: The newer spellings, and what is stored for them.
RENAMED: dict[str, str] = {"TODO_TICKET": "TODO_WORKORDER", "TICKET_REPLY_REMINDER": "WORKORDER_REPLY_REMINDER"}

_KNOWN = frozenset(EMAIL_KEYS) | frozenset(SMS_KEYS) | frozenset(RENAMED)


def stored_spelling(biz_key: str) -> str:
    """The key as rows hold it: the vendor's in capitals, however it is written; one of a tenant's own as it is."""
    capitals = biz_key.upper()
    return RENAMED.get(capitals, capitals) if capitals in _KNOWN else biz_key
