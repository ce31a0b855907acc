"""Many clusters: tables of what each of their snapshots holds, questions to all of them, and where they have drifted apart."""
