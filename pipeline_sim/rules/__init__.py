"""Rules: what happens to a doctor, written once as compiled scalar functions."""
