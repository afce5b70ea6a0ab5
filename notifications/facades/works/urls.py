"""WORKS' paths, with and without its version; whatever else is under its prefixes is unknown.

The user of a path is URL-encoded, as ``sender%40example.com``; it is decoded once, by the web server.
"""

from django.urls import path, re_path

from notifications.facades.works.views import (
    AttachmentView,
    FolderMailsView,
    FoldersView,
    MailView,
    SendView,
    UnknownPathView,
    UnreadCountView,
    WorksView,
)

_VIEWS: dict[str, type[WorksView]] = {
    "mail": SendView,
    "mail/unread-count": UnreadCountView,
    "mail/mailfolders": FoldersView,
    "mail/mailfolders/<str:folder_id>/children": FolderMailsView,
    # After all that is not an id.
    "mail/<str:mail_id>": MailView,
    "mail/<str:mail_id>/attachments/<str:attachment_id>": AttachmentView,
}

urlpatterns = [
    *(path(f"v1.0/users/<str:user_id>/{route}", view.as_view()) for route, view in _VIEWS.items()),
    # The second spelling works and is left out of the schema.
    *(path(f"users/<str:user_id>/{route}", view.as_view(schema=None)) for route, view in _VIEWS.items()),
    re_path(r"^(?:v1\.0|users)(?:/|$)", UnknownPathView.as_view()),
]
