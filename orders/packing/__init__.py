"""What is on the way from the shelf into a parcel: who packs what, what is to be fetched, what lies in the parcel."""
