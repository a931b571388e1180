"""How rules and kernels are compiled: once for a machine, kept on disk, and never stale.

numba's own cache notices an edit in the file of a function but not in the files it calls or takes
constants from. The cache folder is therefore keyed on all of them, so that an edited rule takes effect.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numpy as np

try:
    import fcntl
except ImportError:  # a system without it: two first starts at once may both compile
    fcntl = None  # type: ignore[assignment]

PACKAGE = Path(__file__).parent
CACHES_KEPT = 4  # newest folders of other versions, kept however old
SECONDS_KEPT = 24 * 3600  # and any used within a day
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+pipeline_sim[ \t]+import[ \t]+|(?:from|import)[ \t]+pipeline_sim\.)([\w.]+)",
    re.MULTILINE,
)
_COMPILES = re.compile(
    rb"^[ \t]*from[ \t]+pipeline_sim\.compiling[ \t]+import[^\n(]*(?:\([^)]*)?"
    rb"\b(?:rule|kernel|flow|compiled_once)\b|\bcompiling\.(?:rule|kernel|flow|compiled_once)\b"
    rb"|^[ \t]*(?:from|import)[ \t]+numba\b",
    re.MULTILINE,
)
_ready: set[str] = set()  # engines that have run in this process


# what is compiled, and where it is kept -----------------------------------------------------------
def compiled_sources() -> list[Path]:
    """Every file that compiles something, and all of the package that these import, step by step."""
    texts = {path: path.read_bytes() for path in sorted(PACKAGE.rglob("*.py"))}
    imported = {path: {part.decode() for part in _IMPORT.findall(text)} for path, text in texts.items()}
    found: set[Path] = set()
    ahead = [path for path, text in texts.items() if _COMPILES.search(text)]
    while ahead:
        path = ahead.pop()
        if path not in found and path in texts:
            found.add(path)
            ahead += [one for module in imported[path] for one in _files(module)]
    return sorted(found)


def _files(module: str) -> list[Path]:
    """Files of a dotted name below the package; of a room imported by name, all of it."""
    path = PACKAGE.joinpath(*module.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def cache_key() -> str:
    """Hash of what compiled code depends on: sources and where they are, compiler, Python and processor."""
    python = (sys.implementation.cache_tag, sys.flags.optimize)
    machine = (numba.__version__, *python, llvmlite.binding.get_host_cpu_name())
    digest = hashlib.sha256(repr(machine).encode())
    for path in compiled_sources():
        digest.update(f"{path}\n{path.stat().st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Where compiled code is kept: a user cache folder, else a temporary one of this user; None if neither
    can be written, and then everything is compiled anew by each process."""
    key = cache_key()
    for root in (_user_cache(), _temporary_cache()):
        if root is not None and (folder := _usable(root / key)) is not None:
            return folder
    return None


def _user_cache() -> Path | None:
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen) / "pipeline_sim"
    try:
        return Path.home() / ".cache" / "pipeline_sim"
    except RuntimeError:  # no home at all
        return None


def _temporary_cache() -> Path | None:
    """A folder that nobody else can have filled: what is found in a cache is run."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    root = Path(tempfile.gettempdir()) / f"pipeline_sim-{user}"
    try:
        root.mkdir(mode=0o700, exist_ok=True)
        found = root.lstat()
    except OSError:
        return None
    private = not hasattr(os, "getuid") or (found.st_uid == user and not found.st_mode & 0o022)
    return root if private and root.is_dir() and not root.is_symlink() else None


def _usable(folder: Path) -> Path | None:
    """The folder, made and marked as used now; None if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            os.utime(folder)
    except OSError:
        return None
    return folder


CACHE = None if numba.config.DISABLE_JIT else cache_folder()  # type: ignore[attr-defined]


# compiling ----------------------------------------------------------------------------------------
def rule(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a rule, small enough to be inlined where another rule calls it.

    With compilation switched off (``NUMBA_DISABLE_JIT=1``) it stays a Python function whose whole
    numbers wrap around silently, as compiled ones do.
    """
    return _compiled(function)


def by_field(array: Any) -> Any:
    """An array of records as compiled code reads it, ``array[k].field``, also with compilation off."""
    return array.view(np.recarray) if numba.config.DISABLE_JIT else array  # type: ignore[attr-defined]


kernel = rule
"""The same for a loop over many people (a round, an allocation)."""


def flow(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a part of an engine that makes no arrays: those it is given are not reference counted.

    Counting costs more than the work of an event. The option is private to numba: its range is pinned in
    setup.cfg and the engines' identity is tested.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for what becomes part of its caller: to hand it the tables takes longer than its work."""
    return _compiled(function, _nrt=False, forceinline=True)


def compiled_once(signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same for a function called from many places, for the types of a numba signature only.

    Other numbers are converted; otherwise there would be a copy for every constant it is called with.
    """
    return lambda function: _compiled(function, signature, _nrt=False)


def _compiled(function: Callable[..., Any], signature: Any = None, **options: Any) -> Callable[..., Any]:
    """``error_model``: no check for a divisor of 0 before every division; the blueprint has none."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return np.errstate(over="ignore")(function)
    with _numba_cache_in(CACHE):
        compile_it = numba.njit(
            signature, cache=CACHE is not None, nogil=True, error_model="numpy", **options
        )
        compiled: Callable[..., Any] = compile_it(function)
    return compiled


@contextmanager
def _numba_cache_in(folder: Path | None) -> Iterator[None]:
    """Functions compiled in this block are kept in ``folder``; others in the user's program are not."""
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(folder or "")  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


# the first start ----------------------------------------------------------------------------------
def is_cold(engine: str) -> bool:
    """Whether running ``engine`` has to compile first: it has never run to its end on this machine."""
    if numba.config.DISABLE_JIT or engine in _ready:  # type: ignore[attr-defined]
        return False
    return CACHE is None or not _mark(CACHE, engine).exists()


def announce_if_cold(engine: str, seconds: int) -> None:
    """Tell the user on stderr, if it is so, that ``engine`` is about to be compiled and how long it takes."""
    if is_cold(engine):
        once = "each time, as no cache folder can be written" if CACHE is None else "once"
        sys.stderr.write(f"Compiling the engine for this machine, {once} (about {seconds} s)...\n")
        sys.stderr.flush()


@contextmanager
def first_use(engine: str) -> Iterator[None]:
    """Run ``engine`` inside this block. The first time, other processes wait here until it is compiled.

    A block that ends well leaves a mark in the cache folder: from then on nothing is announced and
    nobody waits. Old cache folders are cleared away on that occasion.
    """
    if not is_cold(engine):
        yield
        return
    with _lock(CACHE):
        yield
        if CACHE is not None:
            with suppress(OSError):
                _mark(CACHE, engine).touch()
    _ready.add(engine)
    if CACHE is not None:
        clear_old_caches(CACHE)


def _mark(folder: Path, engine: str) -> Path:
    return folder / f"{engine}.ready"


@contextmanager
def _lock(folder: Path | None) -> Iterator[None]:
    """Only one process at a time; the system lets go if the process dies."""
    if folder is None or fcntl is None:
        yield
        return
    try:
        file = (folder / "lock").open("w")
    except OSError:
        yield
        return
    with file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clear_old_caches(current: Path) -> None:
    """Delete folders of other versions beside ``current``: not the newest few, nor any used in the last day.

    A running process loses nothing by it but time: what it has loaded stays, the rest is compiled again.
    """
    with suppress(OSError):
        others = [one for one in current.parent.iterdir() if re.fullmatch("[0-9a-f]{16}", one.name)]
        used = sorted(((one.stat().st_mtime, one) for one in others if one != current), reverse=True)
        for when, folder in used[CACHES_KEPT:]:
            if time.time() - when > SECONDS_KEPT:
                gone = folder.with_name(f".{folder.name}.old")  # all of it at once
                folder.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
