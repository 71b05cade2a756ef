"""
Every setting of the shop. What differs between machines comes from the environment, is typed,
and is listed in the README's table; a missing or malformed value stops the start with one sentence.
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
import orjson
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from bookstore.core.logs import configure_logs
from bookstore.core.secrets import local_secret

BASE_DIR = Path(__file__).resolve().parent.parent

T = TypeVar("T")


# Reading the environment


def read(name: str, parse: Callable[[str], T], default: T) -> T:
    """Read one environment variable; an empty one counts as unset, a malformed one stops the start."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError as error:
        sys.exit(f"The setting {name} is malformed: {error}.")


def boolean(raw: str) -> bool:
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{raw!r} is neither on nor off")


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and low <= int(raw) <= high):
            raise ValueError(f"{raw!r} is not a whole number from {low} to {high}")
        return int(raw)

    return parse


def words(raw: str) -> list[str]:
    return [word.strip() for word in raw.split(",") if word.strip()]


def currency(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", raw):
        raise ValueError(f"{raw!r} is not a currency code of ISO 4217, such as EUR")
    return raw


def log_level(raw: str) -> str:
    if raw.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError(f"{raw!r} is none of DEBUG, INFO, WARNING, ERROR")
    return raw.upper()


def database(raw: str) -> dict[str, Any]:
    scheme = raw.partition("://")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise ValueError("it must be a PostgreSQL address, postgresql://user:password@host:5432/name")
    config = dict(environ.Env.db_url_config(raw))
    if not config.get("NAME"):
        raise ValueError("it names no database")
    return config


def mail(raw: str) -> dict[str, Any]:
    try:
        return dict(environ.Env.email_url_config(raw))
    except (KeyError, ValueError) as error:
        raise ValueError("it must be a mail server's address, smtp+tls://user:password@host:587") from error


# What the environment says

DATABASE_URL: dict[str, Any] = read("DATABASE_URL", database, {})
DATA_DIR = read("DATA_DIR", lambda raw: Path(raw).resolve(), BASE_DIR / "var")
PORT = read("PORT", whole_number(1, 65535), 8000)
DEBUG = read("DEBUG", boolean, False)

# The local default: nobody named a database, nobody asked for the production form. The shop then brings
# its own PostgreSQL, demo catalogue and secret, and listens on plain HTTP for this machine only.
IS_LOCAL = not DATABASE_URL and (DEBUG or not os.environ.get("DEBUG"))

SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not (IS_LOCAL or DEBUG):
        sys.exit("The setting SECRET_KEY is missing: without DEBUG the shop does not start on a made-up secret.")
    SECRET_KEY = local_secret(DATA_DIR)

HTTPS = read("HTTPS", boolean, not (IS_LOCAL or DEBUG))
TRUST_PROXY = read("TRUST_PROXY", boolean, False)
ALLOWED_HOSTS = read("ALLOWED_HOSTS", words, ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = read("CSRF_TRUSTED_ORIGINS", words, [])

STORE_NAME = read("STORE_NAME", str, "Quire Books")
STORE_CURRENCY = read("STORE_CURRENCY", currency, "EUR")

WEB_HOST = read("WEB_HOST", str, "127.0.0.1" if IS_LOCAL else "0.0.0.0")  # noqa: S104  a server's only door
WEB_PROCESSES = read("WEB_PROCESSES", whole_number(1, 64), min(os.cpu_count() or 1, 8))
WEB_THREADS = read("WEB_THREADS", whole_number(1, 256), 4)
DATABASE_POOL_SIZE = read("DATABASE_POOL_SIZE", whole_number(0, 256), 0)
STATEMENT_TIMEOUT = read("STATEMENT_TIMEOUT", whole_number(0, 86400), 0)
LOCK_TIMEOUT = read("LOCK_TIMEOUT", whole_number(0, 86400), 5)

METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
LOG_LEVEL = read("LOG_LEVEL", log_level, "INFO")


# Applications

INSTALLED_APPS = [
    "bookstore.web",
    "bookstore.core",
    "accounts",
    "catalog",
    "cart",
    "wishlist",
    "prebooking",
    "orders",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "bookstore.core.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bookstore.core.middleware.ContentSecurity",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bookstore.core.middleware.OptionalSlash",
    "bookstore.core.middleware.RefuseUnreadable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bookstore.core.middleware.ShowErrors",
]

ROOT_URLCONF = "bookstore.urls"
WSGI_APPLICATION = "bookstore.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "bookstore.web.context_processors.store",
            ],
        },
    },
]


# Database: the one that DATABASE_URL names, else a PostgreSQL of our own below DATA_DIR

DATABASES = {
    "default": {
        **(DATABASE_URL or {"NAME": "bookstore"}),
        "ENGINE": "django.db.backends.postgresql" if DATABASE_URL else "bookstore.core.local_postgres",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # the pool hands out none that died with a restarted server
        "OPTIONS": {
            "prepare_threshold": 5,  # what a connection runs again and again is planned once
            **DATABASE_URL.get("OPTIONS", {}),
            "options": (
                f"-c lock_timeout={LOCK_TIMEOUT}s -c statement_timeout={STATEMENT_TIMEOUT}s"
                " -c plan_cache_mode=force_generic_plan"  # planning by its values anew is what preparing is to save
            ),
            "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5} if DATABASE_POOL_SIZE else False,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Accounts

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:home"


# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BrowserSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["bookstore.core.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    "ORJSON_RENDERER_OPTIONS": [orjson.OPT_UTC_Z],
    "DEFAULT_SCHEMA_CLASS": "bookstore.core.openapi.Schema",
    "EXCEPTION_HANDLER": "bookstore.core.problems.handle_error",
    # `format` is a filter on books, not a way to ask for a representation.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": STORE_NAME,
    "DESCRIPTION": "Browse, buy, wish and prebook: the bookstore's API.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}


# Languages, times

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"


# Files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576


# Mail and jobs

DEFAULT_FROM_EMAIL = SERVER_EMAIL = read("DEFAULT_FROM_EMAIL", str, "shop@localhost")
EMAIL_URL: dict[str, Any] = read("EMAIL_URL", mail, {})
EMAIL_TIMEOUT = 10
if EMAIL_URL:
    globals().update(EMAIL_URL)
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "outbox"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"


# Security

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^health$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "bookstore.core.problems.csrf_failure"

# Covers may be pictures at any https address; everything else comes from here.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "https:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
# What the admin's widgets need beyond that.
ADMIN_CONTENT_SECURITY_POLICY = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


# The admin's look: the shop's paper, ink and green


def admin_page(model: str, title: Any, icon: str) -> dict[str, Any]:
    """Make an entry of the admin's menu, for those who may see that model."""
    app, _dot, name = model.partition(".")
    rights = (f"{app}.view_{name}", f"{app}.change_{name}")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: any(request.user.has_perm(right) for right in rights),
    }


STEPS = ["50", *(str(step) for step in range(100, 1000, 100)), "950"]
PAPER = "#faf8f2 #f0ece1 #ddd6c7 #c4bba8 #aea698 #797162 #4f493e #3a362d #2b2821 #1d1b16 #12110d"
GREEN = "#eef6f1 #d8eadf #b4d5c1 #93ccab #6fb990 #57a87c #1d5c44 #174a37 #123f2e #0d2e22 #071a13"
UNFOLD = {
    "SITE_TITLE": STORE_NAME,
    "SITE_HEADER": STORE_NAME,
    "SITE_SUBHEADER": _("Staff"),
    "SITE_SYMBOL": "menu_book",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")}],
    "BORDER_RADIUS": "4px",
    "COLORS": {
        "base": dict(zip(STEPS, PAPER.split(), strict=True)),
        "primary": dict(zip(STEPS, GREEN.split(), strict=True)),
    },
    "SIDEBAR": {
        "navigation": [
            {
                "title": _("Catalogue"),
                "items": [
                    admin_page("catalog.book", _("Books"), "menu_book"),
                    admin_page("catalog.contributor", _("Contributors"), "person_edit"),
                    admin_page("catalog.series", _("Series"), "library_books"),
                    admin_page("catalog.genre", _("Genres"), "account_tree"),
                ],
            },
            {
                "title": _("Stock"),
                "items": [
                    admin_page("catalog.stockmovement", _("Stock movements"), "swap_vert"),
                    admin_page("catalog.seller", _("Sellers"), "storefront"),
                ],
            },
            {
                "title": _("People"),
                "items": [
                    admin_page("accounts.user", _("Users"), "person"),
                    admin_page("auth.group", _("Groups"), "group"),
                ],
            },
            {
                "title": _("Machinery"),
                "items": [admin_page("procrastinate.procrastinatejob", _("Jobs"), "manufacturing")],
            },
        ],
    },
}


# Logs

LOGGING_CONFIG = None
configure_logs(LOG_LEVEL)
