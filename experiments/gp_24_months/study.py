"""What more months of GP training in practice ask of practices and trainers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flagship import run_study

if __name__ == "__main__":
    run_study(__file__)
