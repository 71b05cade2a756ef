"""Every write of accounts that has a rule."""

from accounts.services.addresses import add_address, change_address, delete_address, make_default_address
from accounts.services.closing import account_closing, close_account, personal_data, personal_data_collected
from accounts.services.emails import (
    ask_for_email,
    ask_to_confirm,
    check_email,
    confirm_email,
    is_confirmed,
    send_confirmation,
    withdraw_email,
)
from accounts.services.languages import check_language, choose_language
from accounts.services.notices import (
    count_unread,
    delete_old_notices,
    notify,
    post_notice_mail,
    preferences_of,
    read_all_notices,
    read_notice,
    read_unsubscribe_token,
    set_preferences,
    unsubscribe,
    unsubscribe_token,
    wants_mail,
)
from accounts.services.passwords import ask_for_password_reset, change_password, find_by_password, reset_password
from accounts.services.people import deactivate_user, note_email, reactivate_user, register_user
from accounts.services.providers import user_for
from accounts.services.second_factor import has_second_factor, spend_code
from accounts.services.service_accounts import (
    create_service_account,
    renew_service_account,
    revoke_service_account,
)
from accounts.services.sessions import (
    close_session,
    delete_old_sessions,
    end_all_sessions,
    end_browser,
    end_session,
    keep_browser_session,
    open_session,
    refresh_session,
    sign_in,
)

__all__ = [
    "account_closing",
    "add_address",
    "ask_for_email",
    "ask_for_password_reset",
    "ask_to_confirm",
    "change_address",
    "change_password",
    "check_email",
    "check_language",
    "choose_language",
    "close_account",
    "close_session",
    "confirm_email",
    "count_unread",
    "create_service_account",
    "deactivate_user",
    "delete_address",
    "delete_old_notices",
    "delete_old_sessions",
    "end_all_sessions",
    "end_browser",
    "end_session",
    "find_by_password",
    "has_second_factor",
    "is_confirmed",
    "keep_browser_session",
    "make_default_address",
    "note_email",
    "notify",
    "open_session",
    "personal_data",
    "personal_data_collected",
    "post_notice_mail",
    "preferences_of",
    "reactivate_user",
    "read_all_notices",
    "read_notice",
    "read_unsubscribe_token",
    "refresh_session",
    "register_user",
    "renew_service_account",
    "reset_password",
    "revoke_service_account",
    "send_confirmation",
    "set_preferences",
    "sign_in",
    "spend_code",
    "unsubscribe",
    "unsubscribe_token",
    "user_for",
    "wants_mail",
    "withdraw_email",
]
