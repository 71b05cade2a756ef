"""
The pages of an account.

allauth's are named one by one: what is missing here, such as signing in by telephone or by a mailed code, the shop
does not have.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib.auth.decorators import login_required
from django.db.transaction import atomic
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.web import doors, views

ours = [
    path("", views.overview, name="overview"),
    path("profile/", views.profile, name="profile"),
    path("again/", views.sign_in_again, name="sign_in_again"),
    path("language/", views.language, name="language"),
    path("addresses/", views.addresses, name="addresses"),
    path("addresses/new/", views.new_address, name="new_address"),
    path("addresses/<int:pk>/", views.address, name="address"),
    path("addresses/<int:pk>/default/", views.default_address, name="default_address"),
    path("addresses/<int:pk>/delete/", views.delete_address, name="delete_address"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/end/", views.end_session, name="end_session"),
    path("sessions/end-all/", views.end_sessions, name="end_sessions"),
    path("data/", views.data, name="data"),
    path("data/download/", views.download, name="download"),
    path("delete/", views.close, name="close"),
]

GOOGLE = {"provider_id": "google"}

coming_in = [
    path("login/", doors.SignIn.as_view(), name="account_login"),
    path("logout/", require_POST(account.logout), name="account_logout"),
    path("signup/", doors.SignUp.as_view(), name="account_signup"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", doors.ConfirmEmail.as_view(), name="account_confirm_email"),
    path("password/reset/", doors.AskForReset.as_view(), name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        doors.ResetPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("github/login/", doors.if_offered(github.oauth2_login), name="github_login"),
    path("github/login/callback/", doors.if_offered(github.oauth2_callback), name="github_callback"),
    path("google/login/", openid.login, GOOGLE, name="openid_connect_login"),
    path("google/login/callback/", openid.callback, GOOGLE, name="openid_connect_callback"),
]

being_in = [
    path("reauthenticate/", doors.Reauthenticate.as_view(), name="account_reauthenticate"),
    path("email/", doors.ChangeEmail.as_view(), name="account_email"),
    path("password/change/", doors.ChangePassword.as_view(), name="account_change_password"),
    path("password/set/", login_required(doors.SetPassword.as_view()), name="account_set_password"),
    path("2fa/", require_safe(mfa.index), name="mfa_index"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", atomic(login_required(totp.deactivate_totp)), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", require_safe(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("3rdparty/", atomic(social.connections), name="socialaccount_connections"),
]

for page in [*ours, *coming_in, *being_in]:
    # They are one person's: nobody on the way may keep them, nor the browser show them after signing out.
    page.callback = never_cache(page.callback)

urlpatterns = [path("", include((ours, "accounts"))), *coming_in, *being_in]
