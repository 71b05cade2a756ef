import pytest
from django.contrib.auth.models import Group


@pytest.fixture
def no_groups(db: None) -> None:
    """Leave none of the groups that a shop begins with: core's tests take groups for rows of any kind."""
    Group.objects.all().delete()
