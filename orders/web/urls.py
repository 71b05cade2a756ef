from django.urls import path

from orders.web import checkout, views

app_name = "orders"
urlpatterns = [
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("orders/<slug:number>/", views.order, name="order"),
    path("orders/<slug:number>/cancel/", views.cancel, name="cancel"),
    path("orders/<slug:number>/again/", views.again, name="again"),
    path("orders/<slug:number>/invoice/", views.invoice, name="invoice"),
    path("orders/<slug:number>/invoice.pdf", views.invoice_pdf, name="invoice_pdf"),
]
