"""Django's own checks of the admin's pages: they run on what is registered, and that is only known once URLs are."""

from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.urls import get_resolver

from notifications.models import Message


def test_every_page_of_the_admin_passes_django_s_checks() -> None:
    assert get_resolver().url_patterns
    assert admin.site.is_registered(Message)

    assert check_admin_app(None) == []
