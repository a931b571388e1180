"""How rules are compiled: once, cached on disk, and never stale.

numba's own cache notices an edit in the file of a function but not in the files it calls. The cache
folder is therefore keyed on a hash of every source that is compiled, so an edited rule takes effect.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

PACKAGE = Path(__file__).parent
COMPILED_SOURCES = ("compiling.py", "randomness.py", "rules/*.py")


def source_hash() -> str:
    """Hash of all compiled sources and of the compiler's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for pattern in COMPILED_SOURCES:
        for path in sorted(PACKAGE.glob(pattern)):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled rules are kept: a user cache folder, or a temporary one if that is read-only."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "pipeline_sim" / source_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    folder = Path(tempfile.gettempdir()) / f"pipeline_sim-{os.getuid()}" / source_hash()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]


def rule(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a rule, small enough to be inlined where another rule calls it."""
    return numba.njit(cache=True, nogil=True)(function)


kernel = rule
"""The same for a loop over many people (a round, an allocation)."""
