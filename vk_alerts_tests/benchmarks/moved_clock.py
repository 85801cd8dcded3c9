"""A clock that can be moved for a program and all it starts, so that quarters of an hour pass in seconds.

A small library, compiled with the machine's C compiler and loaded in front of the C library's, adds a number
from a shared file to what the machine's clock says. Durations (the monotonic clock, sleeps) are as they are.
"""

import mmap
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long long *moved;

static long long by(void) {
    if (!moved) {
        const char *path = getenv("MOVED_CLOCK");
        int file = path ? open(path, O_RDONLY) : -1;
        if (file < 0) return 0;
        void *page = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
        close(file);
        if (page == MAP_FAILED) return 0;
        moved = page;
    }
    return *moved;
}

static void move(struct timespec *t, long long ns) {
    long long all = t->tv_sec * 1000000000LL + t->tv_nsec + ns;
    t->tv_sec = all / 1000000000LL;
    t->tv_nsec = all % 1000000000LL;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    int status = syscall(SYS_clock_gettime, clock, t);
    if (!status && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(t, by());
    return status;
}

int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}

/* The kernel knows the machine's clock only. Small numbers are of the monotonic one. */
static struct timespec unmoved(const struct timespec *until) {
    struct timespec t = *until;
    if (t.tv_sec > 1000000000) move(&t, -by());
    return t;
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec t = unmoved(until);
    return real(c, m, &t);
}

int sem_timedwait(sem_t *s, const struct timespec *until) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec t = unmoved(until);
    return real(s, &t);
}
"""


class MovedClock:
    """The clock of the programs that are started with `environment`.

    Attributes:
        environment: variables that make a program live by it.
    """

    def __init__(self, page: mmap.mmap, environment: dict[str, str]) -> None:
        self._page = page
        self.environment = environment

    def now(self) -> datetime:
        """The moment that the programs live in, aware UTC."""
        return datetime.now(UTC) + timedelta(microseconds=self._moved_by() / 1000)

    def set(self, moment: datetime) -> None:
        """Lets it be ``moment`` now, earlier or later than before."""
        nanoseconds = (moment - datetime.now(UTC)) // timedelta(microseconds=1) * 1000
        self._page[:8] = struct.pack("<q", nanoseconds)

    def wait_until(self, moment: datetime) -> None:
        """Returns when it is ``moment``."""
        time.sleep(max(0.0, (moment - self.now()).total_seconds()))

    def _moved_by(self) -> int:
        return int(struct.unpack("<q", self._page[:8])[0])


@contextmanager
def moved_clock(folder: Path) -> Iterator[MovedClock]:
    """A clock that is right until it is moved; its files lie in ``folder``."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise click.ClickException("cc: there is no C compiler, and the clock cannot be moved without one")
    source, library, offset = (folder / name for name in ("clock.c", "clock.so", "moved_by"))
    source.write_text(_SOURCE, "utf-8")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    offset.write_bytes(bytes(8))
    with offset.open("r+b") as file, mmap.mmap(file.fileno(), 8) as page:
        yield MovedClock(page, {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(offset)})
