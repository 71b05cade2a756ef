from django import forms


class HeartForm(forms.Form):
    """What a heart sends: how it is to be, so that a double click is one."""

    wanted = forms.ChoiceField(choices=[("on", ""), ("off", "")])
    words = forms.BooleanField(required=False)


class ShareForm(forms.Form):
    shows_name = forms.BooleanField(required=False)
