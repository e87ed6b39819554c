"""A Slurm of one node on this machine, from Debian's packages: ``apt-get install slurm-wlm munge``.

    python tests/one_node_slurm.py FOLDER

runs it until Ctrl-C. No systemd, no cgroups, no accounting; the daemons are children of this process and listen on
loopback. The GPUs are made up. It needs root, since the configuration must stand where every job looks for it.
"""

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
DEFAULT_PLACE = Path("/etc/slurm")  # the executor takes SLURM_* variables away from jobs
GPUS, CPUS, MEGABYTES = 4, 8, 64_000  # of the node, whatever the machine has

CONFIGURATION = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={controller}
SlurmdPort={node}
SlurmctldParameters=disable_triggers
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
GresTypes=gpu
ReturnToService=2
MinJobAge=3600
KillWait=10
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={megabytes} Gres=gpu:{gpus}
PartitionName=cpu Nodes={host} Default=YES MaxTime=INFINITE
PartitionName=gpu Nodes={host} MaxTime=INFINITE
"""


def missing() -> str | None:
    """Why no Slurm can be started here; None if one can."""
    absent = [daemon for daemon in DAEMONS if shutil.which(daemon) is None]
    if absent:
        return f"{', '.join(absent)} not installed (Debian: apt-get install slurm-wlm munge)"
    if os.geteuid() != 0:
        return "only root can start a Slurm"
    if (DEFAULT_PLACE / "slurm.conf").exists():
        return f"{DEFAULT_PLACE}/slurm.conf is there already: this machine belongs to a cluster"
    return None


@contextmanager
def one_node_slurm(folder: Path):
    """Run a Slurm whose state lies in ``folder``; its daemons end with the block, by their own process ids."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    links = _configure(folder)
    daemons: list[subprocess.Popen] = []
    try:
        key = str(folder / "munge.key")
        munge = ["munged", "--foreground", "--force", "--key-file", key, "--socket", str(folder / "munge.socket")]
        munge += ["--pid-file", str(folder / "munged.pid"), "--seed-file", str(folder / "munge.seed")]
        for command in (munge, ["slurmctld", "-D", "-c"], ["slurmd", "-D"]):
            log = (folder / f"{command[0]}.log").open("w")
            daemons.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
            log.close()
            _wait_until(_READY[command[0]], daemons[-1], folder)
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(timeout=120)
        for link in links:
            link.unlink()


def slurm(*command: str) -> str:
    """What a command of Slurm's prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _configure(folder: Path) -> list[Path]:
    host = socket.gethostname().split(".")[0]
    ports = dict(zip(("controller", "node"), _free_ports(2), strict=True))
    values = {"host": host, "folder": folder, "cpus": CPUS, "megabytes": MEGABYTES, "gpus": GPUS, **ports}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
    devices = [folder / f"gpu{number}" for number in range(GPUS)]
    for device in devices:  # Slurm insists on a device; another /dev/null will do
        if not device.exists():
            os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    (folder / "gres.conf").write_text("".join(f"Name=gpu File={device}\n" for device in devices))
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    folder.chmod(0o755)
    DEFAULT_PLACE.mkdir(exist_ok=True)
    links = [DEFAULT_PLACE / name for name in ("slurm.conf", "gres.conf")]
    for link in links:
        link.symlink_to(folder / link.name)
    return links


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for free in sockets:
        free.bind(("127.0.0.1", 0))
    ports = [free.getsockname()[1] for free in sockets]
    for free in sockets:
        free.close()
    return ports


def _wait_until(ready, daemon: subprocess.Popen, folder: Path) -> None:
    for _ in range(1200):
        if daemon.poll() is not None:
            raise RuntimeError((folder / f"{daemon.args[0]}.log").read_text())
        if ready(folder):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{daemon.args[0]} is not ready after two minutes; see {folder}/{daemon.args[0]}.log")


def _answers(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


_READY = {
    "munged": lambda folder: (folder / "munge.socket").exists(),
    "slurmctld": lambda _: "UP" in _answers("scontrol", "ping"),
    "slurmd": lambda _: _answers("sinfo", "-h", "-o", "%T", "-p", "cpu").strip() == "idle",
}


if __name__ == "__main__":
    if reason := missing():
        sys.exit(f"No Slurm can be started here: {reason}.")
    with one_node_slurm(Path(sys.argv[1]).resolve()):
        print(slurm("sinfo", "-N", "-o", "%N %P %T %c %m %G"))
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
