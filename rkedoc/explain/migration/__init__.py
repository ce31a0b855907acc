"""Moving from RKE1 to RKE2: what becomes of what stands in a cluster. Rules are data; finders read the snapshot."""
