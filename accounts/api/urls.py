from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.api import auth, oauth
from accounts.api.notices import NotificationViewSet
from accounts.api.users import UserViewSet

app_name = "accounts_api"

router = SimpleRouter(trailing_slash=False)
router.register("admin/users", UserViewSet, "user")
router.register("notifications", NotificationViewSet, "notification")

urlpatterns = [
    path("auth/register", auth.RegisterView.as_view(), name="register"),
    path("auth/login", auth.LoginView.as_view(), name="login"),
    path("auth/mfa", auth.SecondFactorView.as_view(), name="mfa"),
    path("auth/refresh", auth.RefreshView.as_view(), name="refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="logout"),
    path("auth/me", auth.MeView.as_view(), name="me"),
    path("auth/password/reset", auth.PasswordResetView.as_view(), name="password-reset"),
    path("auth/password/reset/confirm", auth.PasswordResetConfirmView.as_view(), name="password-reset-confirm"),
    path("auth/password/change", auth.PasswordChangeView.as_view(), name="password-change"),
    path("auth/google", oauth.Begin.as_view(name="google"), name="google"),
    path("auth/google/callback", oauth.Callback.as_view(name="google"), name="google-callback"),
    path("auth/github", oauth.Begin.as_view(name="github"), name="github"),
    path("auth/github/callback", oauth.Callback.as_view(name="github"), name="github-callback"),
    *router.urls,
]
