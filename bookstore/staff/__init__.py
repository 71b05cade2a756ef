"""What staff see that no single app could show: pages of the admin that span them."""
