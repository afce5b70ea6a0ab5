"""The operators' pages for messages, servers and the dashboard. Django finds them by importing this package."""

from notifications.admin import batches, dashboard, gateways, holds, messages, servers, suppressions

__all__ = ["batches", "dashboard", "gateways", "holds", "messages", "servers", "suppressions"]
