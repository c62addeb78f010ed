"""Whose processor time it was: a measurement on a machine that others had says nothing."""

import os
import resource
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Shares:
    """From its making on: which share of the processors went to neither us, nor a server, nor PostgreSQL."""

    def __init__(self, server_pid):
        self.server_pid = server_pid
        self.busy, self.whole, self.known = self._now()

    def others(self):
        busy, whole, known = self._now()
        return max(0.0, (busy - self.busy) - (known - self.known)) / max(whole - self.whole, 1.0)

    def _now(self):
        """Seconds of all processors: busy (or taken by another machine), in all, and ours."""
        user, nice, system, idle, iowait, irq, softirq, steal = (int(word) / TICKS for word in Path("/proc/stat").read_text().split()[1:9])
        busy = user + nice + system + irq + softirq + steal
        ours = [self.server_pid, *(int(entry) for entry in os.listdir("/proc") if entry.isdigit() and name(entry) == "postgres")]
        mine = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        known = sum(spent(pid) for pid in ours) + sum(one.ru_utime + one.ru_stime for one in mine)
        return busy, busy + idle + iowait, known


def name(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def spent(pid):
    """Seconds of processor time of a process; none for one that is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / TICKS
