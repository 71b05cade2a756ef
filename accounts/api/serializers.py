"""What the API's calls on accounts take and show."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from bookstore.core.fields import TextField

LONGEST_PASSWORD = 4096
LONGEST_TOKEN = 4096


class EmailField(TextField):
    """Whatever may be an e-mail; whether it is one is for the service to say, or nobody's to know."""

    def __init__(self) -> None:
        super().__init__(max_length=320)


class PasswordField(TextField):
    def __init__(self) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, write_only=True, style={"input_type": "password"})


class TokenField(TextField):
    def __init__(self) -> None:
        super().__init__(max_length=LONGEST_TOKEN)


class NameField(TextField):
    def __init__(self) -> None:
        super().__init__(max_length=User._meta.get_field("full_name").max_length, allow_blank=True, required=False)


# What is sent


class RegisterSerializer(serializers.Serializer):
    email = EmailField()
    password = PasswordField()
    full_name = NameField()


class LoginSerializer(serializers.Serializer):
    email = EmailField()
    password = PasswordField()


class SecondFactorSerializer(serializers.Serializer):
    mfa_token = TokenField()
    code = TextField(max_length=64, help_text="Of the authenticator app, or a recovery code; each counts once.")


class RefreshSerializer(serializers.Serializer):
    refresh_token = TokenField()


class PasswordResetSerializer(serializers.Serializer):
    email = EmailField()


class PasswordResetConfirmSerializer(serializers.Serializer):
    uid = TextField(max_length=64)
    token = TokenField()
    new_password = PasswordField()


class PasswordChangeSerializer(serializers.Serializer):
    current_password = PasswordField()
    new_password = PasswordField()


class ProfileInputSerializer(serializers.Serializer):
    full_name = NameField()


# What is shown

ROLE = serializers.ChoiceField(["user", "admin", "service"])


class TokensSerializer(serializers.Serializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")


class RegisteredSerializer(TokensSerializer):
    id = serializers.IntegerField()
    email = serializers.CharField()
    role = ROLE
    full_name = serializers.CharField()


class MeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.CharField()
    email_verified = serializers.BooleanField()
    role = ROLE
    full_name = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReasonSerializer(serializers.Serializer):
    reason = TextField(required=False, allow_blank=True, default="", max_length=500, help_text="Kept in the trail.")


@extend_schema_serializer(component_name="User")
class UserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.CharField()
    full_name = serializers.CharField()
    role = ROLE
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
