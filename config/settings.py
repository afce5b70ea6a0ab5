"""Settings, read from the environment. README.md has the table of what may be set; a test compares the two."""

import gc
from pathlib import Path
from typing import Any

from config.env import ROOT, home, load
from config.unfold import UNFOLD  # noqa: F401

# Until all models are there almost nothing becomes garbage, and to look for it takes a quarter of the time of a start.
# ``config.apps`` turns the collector on again.
gc.disable()

env = load()

DEBUG = env.bool("DEBUG", default=False)
#: Without one Django refuses to sign anything; only ``quickstart`` and ``test``, which make their own, get by.
SECRET_KEY = env.str("SECRET_KEY", default="")
#: Older ones, whose signatures still count.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
#: Fernet keys, newest first: the first one seals, all of them open. None: nothing can be sealed or opened.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "anymail",
    "django_celery_beat",
    "tenants",
    "templates_app",
    "notifications",
]

MIDDLEWARE = [
    # First: its clients send what the others would refuse or redirect.
    "notifications.facades.tencent.door.TencentDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///angarium")}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        **DATABASES["default"].get("OPTIONS", {}),
        "connect_timeout": 5,
        # A forgotten transaction must not hold back the queue's vacuum, and a lost lock must not hang a request.
        "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
#: Where the filesystem broker of quickstart keeps its nudges; unused with RabbitMQ or Redis.
BROKER_DIR = Path(env.str("BROKER_DIR", default=str(home() / "broker")))

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(home() / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=not DEBUG)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)
X_FRAME_OPTIONS = "SAMEORIGIN"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Angarium",
    "DESCRIPTION": "Send notifications by template or with your own content, and see what became of them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

#: Largest request body in bytes; a send with ten attachments fits.
MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=30 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
MAX_ATTACHMENT_BYTES = env.int("MAX_ATTACHMENT_BYTES", default=20 * 1024 * 1024)
#: Calls of one operation of the WORKS mail API that a tenant may make in a minute.
WORKS_CALLS_PER_MINUTE = env.int("WORKS_CALLS_PER_MINUTE", default=240)
#: May the mail servers and SMS gateways of tenants be on private networks, at any port, without TLS? Otherwise only
#: those of the platform may.
ALLOW_PRIVATE_SERVERS = env.bool("ALLOW_PRIVATE_SERVERS", default=DEBUG)
#: Networks, beside the public internet, that attachments may be fetched from; naming one allows plain http as well.
FETCH_ALLOWED_NETWORKS = env.list("FETCH_ALLOWED_NETWORKS", default=[])

#: Right-hand side of every Message-ID. Never changes with the route, so that retries keep theirs.
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", default="angarium.localhost")
#: What the SPF record of a tenant's domain must contain; empty: the host of BASE_URL.
SPF_MECHANISMS = env.list("SPF_MECHANISMS", default=[])
#: Name servers that are asked about tenants' domains, as 127.0.0.1:5353; empty: those of the machine.
DNS_SERVERS = env.list("DNS_SERVERS", default=[])
#: How long a worker may hold messages before the reaper hands them to another, in seconds.
LEASE_SECONDS = env.int("LEASE_SECONDS", default=30)
#: Connections that one worker process sends over at once.
DELIVERY_THREADS = env.int("DELIVERY_THREADS", default=4)

#: Maildir of the development mail catcher; empty where none runs.
CATCHER_MAILDIR = env.str("CATCHER_MAILDIR", default="")
#: Where gateways of the kind "capture" keep the SMS that they do not send; only while DEBUG is on.
SMS_CAPTURE_DIR = Path(env.str("SMS_CAPTURE_DIR", default=str(home() / "sms")))

#: Country of telephone numbers that name none, and the countries that SMS may go to (empty: all), as CN, DE.
SMS_DEFAULT_REGION = env.str("SMS_DEFAULT_REGION", default="CN").upper()
SMS_COUNTRIES = [country.upper() for country in env.list("SMS_COUNTRIES", default=[])]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
