"""Django's settings, derived from `shidian.config`. Nothing here is secret; secrets are files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from shidian import keyring
from shidian.config import settings as shidian_settings
from shidian.logs import logging_config
from shidian.mail_server import mail_settings

CONFIG = shidian_settings()
BASE_DIR = Path(__file__).resolve().parent


def _database() -> dict[str, Any]:
    """SQLite with full durability, or the PostgreSQL that the URL names."""
    if not CONFIG.database_url:
        CONFIG.home.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": CONFIG.app_database,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    return _postgresql(CONFIG.database_url)


_REACHING = {
    "connect_timeout": 3,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""libpq's: seconds, but for the last, of milliseconds."""


def _postgresql(address: str, **options: Any) -> dict[str, Any]:
    """A pool keeps connections by itself; without one each thread keeps its own for a minute.

    Each is asked before a request uses it, for the server may have been restarted meanwhile, and
    given up once nothing was heard of the other end for half a minute. Nothing is compiled (JIT):
    that takes longer than a page's queries do.
    """
    url = urlsplit(address)
    options = {**_REACHING, "options": "-c jit=off", **options}
    pool = CONFIG.database_pool
    if pool:
        # What cannot connect is given up soon: the next request tries anew, not after a back-off.
        timeout_s = options["connect_timeout"]
        options["pool"] = {
            "min_size": 1,
            "max_size": pool,
            "timeout": timeout_s,
            "reconnect_timeout": 1,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _databases() -> dict[str, dict[str, Any]]:
    """The app database, and its copy where there is one."""
    found = {"default": _database()}
    if CONFIG.replica_url:
        copy = _postgresql(CONFIG.replica_url, connect_timeout=2)
        # Tests have one database for both.
        found["replica"] = {**copy, "TEST": {"MIRROR": "default"}}
    return found


SECRET_KEY = keyring.django_secret(CONFIG.keys)
DEBUG = CONFIG.debug
ALLOWED_HOSTS = [host.strip() for host in CONFIG.allowed_hosts.split(",") if host.strip()]

PUBLIC = CONFIG.zone == "public"
"""Whether this is the public zone: no accounts, no sessions, no tables but the published ones."""
_APPS_OF_OURS_IN_PUBLIC = {
    "shidian.apps.accounts",
    "shidian.apps.cases",
    "shidian.apps.notices",
    "shidian.apps.portal",
}
"""The first two for their types alone: none of their tables is there."""
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rules",
    "shidian.web",
    "shidian.apps.accounts",
    "shidian.apps.cases",
    "shidian.apps.review",
    "shidian.apps.notices",
    "shidian.apps.record",
    "shidian.apps.supervision",
    "shidian.apps.lab",
    "shidian.apps.national",
    "shidian.apps.portal",
    # After our own apps, so that our templates go before its.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
if PUBLIC:
    INSTALLED_APPS = [
        app
        for app in INSTALLED_APPS
        if not app.startswith("shidian.apps.") or app in _APPS_OF_OURS_IN_PUBLIC
    ]

MIDDLEWARE = [
    # Before all others: what they say carries the request's id.
    "shidian.web.request_log.RequestLogMiddleware",
    # Nothing is read of a body that is too large for anything here.
    "shidian.web.limits.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "shidian.web.local_time.LocalTimeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Last, so that it sees the resolved view: a view without a declared rule is refused.
    "shidian.web.access.DefaultDenyMiddleware",
]
if CONFIG.database_url:
    # Before all that asks the database, after what an answer must have.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("csp.middleware.CSPMiddleware") + 1,
        "shidian.web.outage.OutageMiddleware",
    )
if CONFIG.replica_url:
    MIDDLEWARE.append("shidian.web.replica.ReplicaMiddleware")

_OF_ACCOUNTS = {
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
}
if PUBLIC:
    MIDDLEWARE = [one for one in MIDDLEWARE if one not in _OF_ACCOUNTS]

ROOT_URLCONF = "shidian.web.public_urls" if PUBLIC else "shidian.web.urls"
WSGI_APPLICATION = "shidian.web.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "shidian.web.context.product",
            ],
        },
    },
]

DATABASES = _databases()
DATABASE_ROUTERS = [
    *(["shidian.web.replica.PortalRouter"] if CONFIG.replica_url else []),
    *(["shidian.web.tables.PublicZoneRouter"] if PUBLIC else []),
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# What counts failures and used codes must be one for all web processes, and outlive them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Public pages, for seconds (`portal.shared`). Each process its own: reading writes nothing.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
if PUBLIC:
    CACHES["default"] = {**CACHES["pages"], "LOCATION": "default"}
ACCOUNT_ADAPTER = "shidian.apps.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_ADAPTER = "shidian.apps.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Shidian"
MFA_FORMS = {
    "authenticate": "shidian.apps.accounts.forms.CodeForm",
    "reauthenticate": "shidian.apps.accounts.forms.CodeAgainForm",
    "activate_totp": "shidian.apps.accounts.forms.ActivateCodesForm",
    "add_webauthn": "shidian.apps.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "shidian.apps.accounts.forms.RenamePasskeyForm",
}
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.home / "static"
# Files are found in the packages, but WhiteNoise warns about a missing folder.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": CONFIG.uploads, "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

SESSION_ENGINE = "shidian.web.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CONFIG.https
SESSION_COOKIE_AGE = 8 * 3600
CSRF_COOKIE_SECURE = CONFIG.https
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # The gate's live stream says only "changed, entry n"; contents come from this origin.
        "connect-src": [SELF, CONFIG.gate_url],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_SIZE_MAX_MIB = 20
BODY_SIZE_MAX_MIB = 100
"""A whole form with its files. Larger ones are refused unread; smaller ones by the question."""
if PUBLIC:
    # What somebody sends lies on no disk there before it is sealed, not even a large file.
    FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    BODY_SIZE_MAX_MIB = UPLOAD_SIZE_MAX_MIB
    FILE_UPLOAD_MAX_MEMORY_SIZE = BODY_SIZE_MAX_MIB * 1024 * 1024

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
globals().update(mail_settings(CONFIG.mail_url, CONFIG.keys / "mail-password"))
DEFAULT_FROM_EMAIL = CONFIG.mail_from

LOGGING = logging_config(CONFIG)
