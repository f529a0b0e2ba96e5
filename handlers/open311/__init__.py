"""What programs may do for people and read, by Open311 GeoReport v2."""
