"""What is sent, and what became of it."""

from notifications.models.attachment import Attachment, Blob
from notifications.models.attempt import DeliveryAttempt
from notifications.models.batch_task import BatchTask
from notifications.models.bucket import TokenBucket
from notifications.models.call_count import CallCount
from notifications.models.delivery_watch import DeliveryWatch
from notifications.models.health import RouteHealth
from notifications.models.hold import Hold
from notifications.models.idempotency import IdempotencyRecord
from notifications.models.mail_copy import MailCopy
from notifications.models.message import FairClock, Message, Outbox
from notifications.models.recipient_list import RecipientList, RecipientListEntry
from notifications.models.route import MailServer, SmsGateway
from notifications.models.submission import Submission
from notifications.models.suppression import Suppression
from notifications.models.verification_code import CodeAllowance, VerificationCode

__all__ = [
    "Attachment",
    "BatchTask",
    "Blob",
    "CallCount",
    "CodeAllowance",
    "DeliveryAttempt",
    "DeliveryWatch",
    "FairClock",
    "Hold",
    "IdempotencyRecord",
    "MailCopy",
    "MailServer",
    "Message",
    "Outbox",
    "RecipientList",
    "RecipientListEntry",
    "RouteHealth",
    "SmsGateway",
    "Submission",
    "Suppression",
    "TokenBucket",
    "VerificationCode",
]
