"""The commands that steps of a plan run on servers: functions of the shell library, with their numbers of arguments."""

from dataclasses import dataclass

from mlnc.upgrade.steps.shell_args import Words

_DOMAIN, _VOLUME, _SERVER, _SIZE = 3, 4, 3, 4
"""Number of arguments for each: ``domain_words``, ``volume_words``, ``target_words``, ``size_words``."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The number of arguments of a command: *fixed*, up to *optional* more, or any multiple of *repeated* more."""

    fixed: int
    optional: int = 0
    repeated: int = 0

    def allow(self, count: int) -> bool:
        """Report whether the command takes *count* arguments."""
        more = count - self.fixed
        return 0 <= more <= self.optional or (self.repeated > 0 and more >= 0 and more % self.repeated == 0)


COMMANDS = {
    "need_peer": Arguments(_SERVER + 1, optional=1),
    "need_domain_ours": Arguments(_DOMAIN),
    "need_no_domain": Arguments(2),
    "need_memory": Arguments(2, repeated=2),
    "need_disk": Arguments(1),
    "need_volume": Arguments(1 + _VOLUME, repeated=1 + _VOLUME),
    "need_no_volume": Arguments(1 + _VOLUME),
    "need_new": Arguments(1 + _VOLUME + _SIZE),
    "need_copy": Arguments(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "need_copy_here": Arguments(_DOMAIN + 2 * _VOLUME + _SIZE),
    "need_growth": Arguments(_DOMAIN + _VOLUME + _SIZE),
    "bridges_up": Arguments(0, repeated=3),
    "carrier_gone": Arguments(2),
    "bridge_gone": Arguments(3),
    "copy_first": Arguments(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "copy_last": Arguments(_DOMAIN + _SERVER + 2 * _VOLUME + _SIZE),
    "copy_here": Arguments(_DOMAIN + 2 * _VOLUME + _SIZE),
    "stop_host": Arguments(_DOMAIN + 1),
    "start_host": Arguments(_DOMAIN),
    "rename_volume": Arguments(4 + 2 * _VOLUME),
    "grow_volume": Arguments(_DOMAIN + _VOLUME + _SIZE),
    "discard_volume": Arguments(_DOMAIN + _VOLUME),
    "retire_volume": Arguments(1 + _VOLUME),
    "migrate_live": Arguments(_DOMAIN + _SERVER + _VOLUME, repeated=_VOLUME),
    "migrate_over": Arguments(_DOMAIN + _SERVER + 1 + _VOLUME, repeated=_VOLUME),
    "hand_over": Arguments(_DOMAIN + _SERVER + _VOLUME, repeated=_VOLUME),
    "set_memory": Arguments(_DOMAIN + 2),
    "set_vcpus": Arguments(_DOMAIN + 2),
    "set_affinity": Arguments(_DOMAIN + 2),
    "attach_card": Arguments(_DOMAIN + 3),
    "detach_card": Arguments(_DOMAIN + 3),
    "move_card": Arguments(_DOMAIN + 3),
    "attach_disk": Arguments(_DOMAIN + 4),
}
"""Every command that a plan can contain. A name that begins with ``need_`` only checks, and has nothing to undo."""


def check_command(command: Words) -> None:
    """Raise ValueError unless *command* is empty, or one of COMMANDS with its number of arguments."""
    if command and not (command[0] in COMMANDS and COMMANDS[command[0]].allow(len(command) - 1)):
        raise ValueError(f"no command of a plan: {' '.join(command)}")
