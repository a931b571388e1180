"""``python -m pipeline_sim``: the same as ``pipeline-sim``."""

from pipeline_sim.cli import main

if __name__ == "__main__":
    main()
