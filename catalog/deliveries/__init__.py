"""What comes in at the delivery desk, scan by scan; `catalog.services.deliveries` writes it."""
