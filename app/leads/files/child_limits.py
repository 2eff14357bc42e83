"""What the reading process may take: set by itself before it reads the first byte.

Invariant: little memory, little time, no new files, no dump of its memory, no network where the kernel allows it; it
dies with the process that started it.
"""

import ctypes
import os
import resource
import signal

MOST_MEMORY = 512 * 1024 * 1024
TEXT_MEMORY = 144 * 1024 * 1024
MOST_FILES = 16
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def shut_in(cpu_seconds: int, parent: int) -> None:
    """Give up what reading does not need. The whole memory may be taken only after `limit_memory` allowed it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (TEXT_MEMORY, MOST_MEMORY))
    if os.uname().sysname == "Linux":
        kernel = ctypes.CDLL(None)
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(_PR_SET_DUMPABLE, 0)
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # not allowed everywhere; then the other limits stand
    if os.getppid() != parent:
        os._exit(1)


def limit_memory(bytes_allowed: int) -> None:
    """How much memory may be taken from here on."""
    resource.setrlimit(resource.RLIMIT_AS, (min(bytes_allowed, MOST_MEMORY), MOST_MEMORY))
