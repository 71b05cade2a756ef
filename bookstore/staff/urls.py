"""Staff pages that span apps, below the admin's address; each view is wrapped by `admin.site.admin_view`."""

from django.contrib import admin
from django.urls import path

from bookstore.staff.customers import customer
from bookstore.staff.retrying import retry_jobs, retry_mails

app_name = "staff"

urlpatterns = [
    path("customers/<int:pk>/", admin.site.admin_view(customer), name="customer"),
    path("failed-jobs/retry/", admin.site.admin_view(retry_jobs), name="retry_jobs"),
    path("failed-mails/retry/", admin.site.admin_view(retry_mails), name="retry_mails"),
]
