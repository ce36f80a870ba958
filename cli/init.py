"""``mlnc init``: creation of a course repository that is ready to build."""

from pathlib import Path

SITE = """\
# The service hosts of this course. A build of this folder reads this file automatically.

service_host atlas {
	address 192.0.2.2
	memory 16G
	lvm_vg vg0
	templates /srv/mlnc/templates
	xen_kernel /boot/vmlinuz-guest
	xen_ramdisk /boot/initrd-guest.img
}
"""

PROJECT = """\
# A first project: one virtual machine with a network of its own.

global {
	project first
}

switch lan { }

host linux {
	xen
	lvm
	service_host atlas
	template debian-12.ext4
	memory 256M
	root_passwd @secret

	network eth0 {
		switch lan
		address 10.0.0.1/24
	}
}
"""

IGNORE = """\
# Never commit passwords.
/course/secrets.yaml*
"""

TASKS = '''\
"""The commands for the servers of this course: invoke --list."""
from mlnc.rehearsal.tasks import *  # noqa: F403
from mlnc.runner.tasks import *  # noqa: F403
'''

FILES = {
    "course/site.mln": SITE,
    "course/first.mln": PROJECT,
    ".gitignore": IGNORE,
    "tasks.py": TASKS,
}
"""The files of a new repository."""

NEXT = """\
Next:
  edit course/site.mln and course/first.mln
  mlnc build course/       compile into out/; review and commit it
  mlnc secrets course/     generate the passwords
  invoke rehearse          rehearse a deployment in folders, without a server
  invoke plan              show what a deployment would change
  invoke deploy            deploy
"""


class InitRefused(Exception):
    """The folder cannot become a course; the message gives the reason."""


def init(folder: Path) -> list[str]:
    """Write the files of a new course to *folder*, created if it is missing; return their paths.

    Raises InitRefused, with nothing written, if one of them exists; InitRefused also if the disk does not allow it.
    """
    existing = [path for path in FILES if (folder / path).exists() or (folder / path).is_symlink()]
    if existing:
        raise InitRefused(f"{folder} already contains {', '.join(existing)}; nothing was written")
    try:
        for path, text in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with open(folder / path, "x", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        raise InitRefused(f"{error.filename}: {error.strerror}") from error
    return list(FILES)
