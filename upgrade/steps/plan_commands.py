"""The commands that steps of a plan run on servers: functions of the shell library, with their numbers of arguments."""

from dataclasses import dataclass

from mlnc.upgrade.steps.shell_args import Arguments

_DOMAIN, _VOLUME, _SERVER, _SIZE = 3, 4, 3, 4
"""Number of arguments of ``domain_arguments``, ``volume_arguments``, ``target_arguments``, ``size_arguments``."""


@dataclass(frozen=True, slots=True)
class ArgumentCount:
    """The number of arguments of a command: *fixed*, up to *optional* more, or any multiple of *repeated* more."""

    fixed: int
    optional: int = 0
    repeated: int = 0

    def allow(self, count: int) -> bool:
        """Report whether the command takes *count* arguments."""
        more = count - self.fixed
        return 0 <= more <= self.optional or (self.repeated > 0 and more >= 0 and more % self.repeated == 0)


COMMANDS = {
    "need_peer": ArgumentCount(_SERVER + 1, optional=1),
    "need_domain_ours": ArgumentCount(_DOMAIN),
    "need_no_domain": ArgumentCount(2),
    "need_memory": ArgumentCount(2, repeated=2),
    "need_disk": ArgumentCount(1),
    "need_volume": ArgumentCount(1 + _VOLUME, repeated=1 + _VOLUME),
    "need_no_volume": ArgumentCount(1 + _VOLUME),
    "need_new": ArgumentCount(1 + _VOLUME + _SIZE),
    "need_copy": ArgumentCount(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "need_copy_here": ArgumentCount(_DOMAIN + 2 * _VOLUME + _SIZE),
    "need_growth": ArgumentCount(_DOMAIN + _VOLUME + _SIZE),
    "bridges_up": ArgumentCount(0, repeated=3),
    "carrier_gone": ArgumentCount(2),
    "bridge_gone": ArgumentCount(3),
    "copy_first": ArgumentCount(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "copy_last": ArgumentCount(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "copy_here": ArgumentCount(_DOMAIN + 2 * _VOLUME + _SIZE),
    "stop_host": ArgumentCount(_DOMAIN + 1),
    "start_host": ArgumentCount(_DOMAIN),
    "rename_volume": ArgumentCount(4 + 2 * _VOLUME),
    "grow_volume": ArgumentCount(_DOMAIN + _VOLUME + _SIZE),
    "discard_volume": ArgumentCount(_DOMAIN + _VOLUME),
    "retire_volume": ArgumentCount(1 + _VOLUME),
    "migrate_live": ArgumentCount(_DOMAIN + _SERVER + _VOLUME, repeated=_VOLUME),
    "migrate_over": ArgumentCount(_DOMAIN + _SERVER + 1 + _VOLUME, repeated=_VOLUME),
    "hand_over": ArgumentCount(_DOMAIN + _SERVER + _VOLUME, repeated=_VOLUME),
    "set_memory": ArgumentCount(_DOMAIN + 2),
    "set_vcpus": ArgumentCount(_DOMAIN + 2),
    "set_affinity": ArgumentCount(_DOMAIN + 2),
    "attach_card": ArgumentCount(_DOMAIN + 3),
    "detach_card": ArgumentCount(_DOMAIN + 3),
    "move_card": ArgumentCount(_DOMAIN + 3),
    "attach_disk": ArgumentCount(_DOMAIN + 4),
}
"""Every command that a plan can contain. A name that begins with ``need_`` only checks, and has nothing to undo."""


def check_command(command: Arguments) -> None:
    """Raise ValueError unless *command* is empty, or one of COMMANDS with its number of arguments."""
    if command and not (command[0] in COMMANDS and COMMANDS[command[0]].allow(len(command) - 1)):
        raise ValueError(f"no command of a plan: {' '.join(command)}")
