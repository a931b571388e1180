"""England's medical training pipeline, one doctor at a time."""
