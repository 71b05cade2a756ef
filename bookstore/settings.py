"""
Every setting of the shop. What differs between machines comes from the environment, is typed,
and is listed in the README's table; a missing or malformed value stops the start with one sentence.
"""

import hmac
import os
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from bookstore.core.environment import (
    boolean,
    currency,
    database,
    decimal_number,
    log_level,
    mail,
    read,
    time_zone,
    web_address,
    whole_number,
    words,
)
from bookstore.core.logs import configure_logs
from bookstore.core.secrets import local_secret
from bookstore.staff.menu import MENU

BASE_DIR = Path(__file__).resolve().parent.parent


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

# How the shop is reached from outside, for links in mails: never taken from a request, which may lie.
SITE_URL = read(
    "SITE_URL", web_address, f"http://localhost:{PORT}" if IS_LOCAL or DEBUG else f"https://{ALLOWED_HOSTS[0]}"
)

STORE_NAME = read("STORE_NAME", str, "Quire Books")
STORE_CURRENCY = read("STORE_CURRENCY", currency, "EUR")
STORE_TIME_ZONE = read("STORE_TIME_ZONE", time_zone, "UTC")  # by which the days of sales begin
STORE_ADDRESS = read("STORE_ADDRESS", str, "")  # for invoices; lines are parted by |
STORE_TAX_ID = read("STORE_TAX_ID", str, "")

CART_MOST_COPIES = read("CART_MOST_COPIES", whole_number(1, 10_000), 20)
CART_MOST_LINES = read("CART_MOST_LINES", whole_number(1, 1_000), 50)

LOW_STOCK = read("LOW_STOCK", whole_number(0, 10_000), 3)  # copies of an offer of which staff are told

money = decimal_number("0", "99999.99", 2)
TAX_RATE = read("TAX_RATE", decimal_number("0", "99.99", 2), Decimal(0))  # per cent, contained in all prices
SHIPPING_RATE = read("SHIPPING_RATE", money, Decimal(0))
SHIPPING_FREE_FROM: Decimal | None = read("SHIPPING_FREE_FROM", money, None)

PAYMENT_PROVIDER = "orders.payment.mock.MockProvider"
PAYMENT_TIMEOUT = read("PAYMENT_TIMEOUT", whole_number(1, 60), 15)  # seconds; far below the age that is swept
PAYMENT_SUCCESS_RATE = read("PAYMENT_SUCCESS_RATE", decimal_number("0", "1", 4), Decimal("0.9"))
PAYMENT_TEST_TOKENS = read("PAYMENT_TEST_TOKENS", boolean, False)

WEB_HOST = read("WEB_HOST", str, "127.0.0.1" if IS_LOCAL else "0.0.0.0")  # noqa: S104  a server's only door
WEB_PROCESSES = read("WEB_PROCESSES", whole_number(1, 64), min(os.cpu_count() or 1, 8))
WEB_THREADS = read("WEB_THREADS", whole_number(1, 256), 4)
GRPC_HOST = read("GRPC_HOST", str, WEB_HOST)
GRPC_PORT = read("GRPC_PORT", whole_number(1, 65535), 50051)
GRPC_THREADS = read("GRPC_THREADS", whole_number(1, 256), 16)
DATABASE_POOL_SIZE = read("DATABASE_POOL_SIZE", whole_number(0, 256), 0)
STATEMENT_TIMEOUT = read("STATEMENT_TIMEOUT", whole_number(0, 86400), 0)
LOCK_TIMEOUT = read("LOCK_TIMEOUT", whole_number(0, 86400), 5)

RATE_LIMITS = read("RATE_LIMITS", boolean, True)

# Sign-in by Google and GitHub is offered where its client is named. The addresses are for a GitHub of one's own,
# and for tests.
GOOGLE_CLIENT_ID = os.environ.get("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = os.environ.get("GOOGLE_CLIENT_SECRET", "")
GOOGLE_URL = read("GOOGLE_URL", web_address, "https://accounts.google.com")
GITHUB_CLIENT_ID = os.environ.get("GITHUB_CLIENT_ID", "")
GITHUB_CLIENT_SECRET = os.environ.get("GITHUB_CLIENT_SECRET", "")
GITHUB_URL = read("GITHUB_URL", web_address, "https://github.com")

METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
LOG_LEVEL = read("LOG_LEVEL", log_level, "INFO")


# Applications

INSTALLED_APPS = [
    "bookstore.web",
    "bookstore.staff",
    "bookstore.core",
    "accounts",
    "catalog",
    "orders",  # before prebooking: whoever closes an account locks the orders first, then the books
    "cart",
    "wishlist",
    "prebooking",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",  # for its words in other languages
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_countries",
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
    "bookstore.core.middleware.CompressPages",
    "bookstore.core.middleware.ContentSecurity",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bookstore.core.middleware.OptionalSlash",
    "bookstore.core.middleware.SpeakLanguage",
    "bookstore.core.middleware.RefuseUnreadable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bookstore.staff.middleware.LimitBodies",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.NoteUse",
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
                "cart.context_processors.cart",
            ],
        },
    },
]


# Database: the one that DATABASE_URL names, else a PostgreSQL of our own below DATA_DIR

# The pool itself waits little and gives up at once. It would pause after each failure, for ever longer, and let
# requests wait when the database is long back; our backend is patient in its place.
DATABASE_POOL = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 0.25, "reconnect_timeout": 0}
DATABASES = {
    "default": {
        **(DATABASE_URL or {"NAME": "bookstore"}),
        "ENGINE": "bookstore.core.postgres" if DATABASE_URL else "bookstore.core.local_postgres",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": not DATABASE_POOL_SIZE,  # our backend looks at the pool's
        "OPTIONS": {
            "prepare_threshold": 5,  # what a connection runs again and again is planned once
            # A link that died without a word is noticed after 10 to 20 seconds, not after a quarter of an hour.
            "tcp_user_timeout": 10_000,  # milliseconds, the others are seconds
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            **DATABASE_URL.get("OPTIONS", {}),
            "options": (
                f"-c lock_timeout={LOCK_TIMEOUT}s -c statement_timeout={STATEMENT_TIMEOUT}s"
                " -c plan_cache_mode=force_generic_plan"  # planning by its values anew is what preparing is to save
                " -c jit=off -c work_mem=16MB -c random_page_cost=1.1"
            ),
            "connect_timeout": 5,
            "pool": DATABASE_POOL if DATABASE_POOL_SIZE else False,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Accounts

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "web:home"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.web.forms.SignInForm",
    "signup": "accounts.web.forms.SignUpForm",
    "reset_password": "accounts.web.forms.AskForResetForm",
    "reset_password_from_key": "accounts.web.forms.ResetPasswordForm",
    "reauthenticate": "accounts.web.forms.ReauthenticateForm",
    "change_password": "accounts.web.forms.ChangePasswordForm",
    "add_email": "accounts.web.forms.ChangeEmailForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"  # asked for, not demanded before buying
ACCOUNT_CHANGE_EMAIL = True  # one e-mail an account; a new one counts once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # programs that look at mails follow links too
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before what a thief of a session would do
ACCOUNT_RATE_LIMITS = False  # counts in each process for itself; ours are in bookstore.core.rate_limits
MFA_FORMS = {
    "authenticate": "accounts.web.forms.CodeForm",
    "reauthenticate": "accounts.web.forms.ReauthenticateByCodeForm",
    "activate_totp": "accounts.web.forms.ActivateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = STORE_NAME
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a telephone's clock may be wrong

SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_ADAPTER = "accounts.social.SocialAdapter"
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": []},
    "github": {"OAUTH_PKCE_ENABLED": True, "APPS": []},
}
if GOOGLE_CLIENT_ID:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "google",
            "name": "Google",
            "client_id": GOOGLE_CLIENT_ID,
            "secret": GOOGLE_CLIENT_SECRET,
            "settings": {"server_url": GOOGLE_URL},
        }
    ]
if GITHUB_CLIENT_ID:
    SOCIALACCOUNT_PROVIDERS["github"]["APPS"] = [
        {"name": "GitHub", "client_id": GITHUB_CLIENT_ID, "secret": GITHUB_CLIENT_SECRET}
    ]
if GITHUB_URL != "https://github.com":
    SOCIALACCOUNT_PROVIDERS["github"]["GITHUB_URL"] = GITHUB_URL

# Where the buttons of these sign-ins lead by way of the shop; browsers hold forms to it along all redirects.
PROVIDER_ORIGINS = [
    "{0.scheme}://{0.netloc}".format(urlsplit(url))
    for client_id, url in [(GOOGLE_CLIENT_ID, GOOGLE_URL), (GITHUB_CLIENT_ID, GITHUB_URL)]
    if client_id
]


# API

REST_FRAMEWORK = {
    # In the order that counts: the first that is present says who is calling.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerToken",
        "accounts.authentication.BrowserSession",
    ],
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
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "LEEWAY": timedelta(seconds=30),  # how far the clocks of two machines may be apart
    "USER_ID_CLAIM": "sub",
    # A key of its own, so that nothing else that the secret signs can pass for a token.
    "SIGNING_KEY": hmac.digest(SECRET_KEY.encode(), b"accounts.tokens", "sha256").hex(),
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
    "ENUM_NAME_OVERRIDES": {
        "CartStatusEnum": "cart.models.CartStatus",
        "OrderStatusEnum": "orders.models.OrderStatus",
        "PaymentStatusEnum": "orders.models.PaymentStatus",
        "PrebookStatusEnum": "prebooking.models.PrebookStatus",
    },
}


# Languages, times

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LANGUAGE_COOKIE_NAME = "language"
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
globals().update(EMAIL_URL)
# Nothing leaves this machine then: mails are read on a page, by whoever runs the shop.
OUTBOX = IS_LOCAL and not EMAIL_URL

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "bookstore.core.queue.set_up"


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
        "form-action": [SELF, *PROVIDER_ORIGINS],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
# What the admin's widgets need beyond that.
ADMIN_CONTENT_SECURITY_POLICY = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


# The admin's look: the shop's paper, ink and green

STEPS = ["50", *(str(step) for step in range(100, 1000, 100)), "950"]
PAPER = "#faf8f2 #f0ece1 #ddd6c7 #c4bba8 #aea698 #797162 #4f493e #3a362d #2b2821 #1d1b16 #12110d"
GREEN = "#eef6f1 #d8eadf #b4d5c1 #93ccab #6fb990 #57a87c #1d5c44 #174a37 #123f2e #0d2e22 #071a13"
UNFOLD = {
    "SITE_TITLE": STORE_NAME,
    "SITE_HEADER": STORE_NAME,
    "SITE_SUBHEADER": _("Staff"),
    "SITE_SYMBOL": "menu_book",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")}],
    "STYLES": [
        lambda request, sheet=sheet: static(f"css/staff/{sheet}.css")
        for sheet in ("pages", "charts", "dashboard", "books", "receiving", "orders", "files")
    ],
    "DASHBOARD_CALLBACK": "bookstore.staff.dashboard.add_panels",
    "BORDER_RADIUS": "4px",
    "COLORS": {
        "base": dict(zip(STEPS, PAPER.split(), strict=True)),
        "primary": dict(zip(STEPS, GREEN.split(), strict=True)),
    },
    "SIDEBAR": {"navigation": MENU},
}


# Logs

LOGGING_CONFIG = None
configure_logs(LOG_LEVEL)
