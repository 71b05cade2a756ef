"""Staff pages that span apps, below the admin's address; each view is wrapped by `admin.site.admin_view`."""

from typing import Any

app_name = "staff"

urlpatterns: list[Any] = []
