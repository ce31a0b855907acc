"""What changed between two snapshots, in terms of intent."""
