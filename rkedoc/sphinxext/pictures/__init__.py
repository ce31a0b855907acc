"""Pictures: how what they show is laid out, drawn, written for other programs, and made an image."""
