"""Sites of several clusters and versions side by side: what lies where, and what leads from one to the other."""
