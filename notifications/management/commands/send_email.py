"""Sends an e-mail for a tenant from the command line, through the same door as the API."""

import mimetypes
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications import addresses
from notifications.contracts import Content, FileIn, Lane, SendRequest, TemplateChoice
from notifications.submit import submit
from tenants.errors import DomainError
from tenants.models import Tenant

EXAMPLES = """Examples:
  by template, chosen by its business key:
    manage.py send_email acme --to ann@example.com --biz-key SYS_RECOVERY_NOTICE --param datetime="today, 10:15"
  with your own content:
    manage.py send_email acme --to ann@example.com --to bob@example.com --subject "Hello" --text "It works."
    manage.py send_email acme --to ann@example.com --subject "Report" --html report.html --attach report.pdf
"""


class Command(BaseCommand):
    help = "Sends an e-mail for a tenant; the workers deliver it (or: manage.py deliver --once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        parser.add_argument("--to", action="append", required=True, metavar="ADDRESS", help="recipient; repeatable")
        parser.add_argument("--biz-key", help="business key that chooses the template")
        parser.add_argument("--language", default="", help="language of the template (default: the tenant's)")
        parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="template variable")
        parser.add_argument("--subject", default="", help="subject of your own content")
        parser.add_argument("--text", help="plain text of your own content")
        parser.add_argument("--html", type=Path, metavar="FILE", help="file with the HTML of your own content")
        parser.add_argument("--attach", action="append", default=[], type=Path, metavar="FILE")
        parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="sender (default: the server's address)")
        parser.add_argument("--urgent", action="store_true", help="before everything that is not urgent")

    def handle(self, *, tenant: str, **options: Any) -> None:
        owner = Tenant.objects.filter(code=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant '{tenant}'. Create one with manage.py create_tenant.")
        try:
            receipt = submit(owner, _request(owner, options))
        except DomainError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        ids = ", ".join(map(str, receipt.message_ids))
        self.stdout.write(self.style.SUCCESS(f"Accepted as {ids}."))


def _request(owner: Tenant, options: dict[str, Any]) -> SendRequest:
    choice, content = None, None
    if options["biz_key"]:
        language = options["language"] or owner.default_language
        choice = TemplateChoice(biz_key=options["biz_key"], language=language, subject=options["subject"])
    else:
        html = options["html"].read_text(encoding="utf-8") if options["html"] else None
        content = Content(subject=options["subject"], html=html, text=options["text"])
    return SendRequest(
        facade="command",
        recipients=tuple(addresses.parse(address, field="--to") for address in dict.fromkeys(options["to"])),
        template=choice,
        content=content,
        params=dict(_pair(param) for param in options["param"]),
        sender=addresses.parse(options["sender"], field="--from") if options["sender"] else None,
        files=tuple(_file(path) for path in options["attach"]),
        lane=Lane.URGENT if options["urgent"] else Lane.NORMAL,
    )


def _pair(param: str) -> tuple[str, str]:
    name, equals, value = param.partition("=")
    if not equals:
        raise CommandError(f"--param takes NAME=VALUE, not '{param}'.")
    return name, value


def _file(path: Path) -> FileIn:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileIn(name=path.name, data=path.read_bytes(), content_type=content_type)
