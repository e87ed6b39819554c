"""manifest.json.sig: a signature of the manifest with an SSH key, by OpenSSH's ssh-keygen.

The manifest's own digest shows a change by accident; who changes it on purpose can compute a new one. A signature
cannot be made without the key. The format is OpenSSH's (PROTOCOL.sshsig), with a namespace of our own, so that a
signature made for another purpose is not accepted.
"""

import subprocess
from pathlib import Path

from gaitcore.artefacts.records import read_bytes
from gaitcore.audit.manifest import NAME, SIGNATURE, check_manifest
from gaitcore.errors import DataError

NAMESPACE = "gaitcore-manifest"


def sign_manifest(folder: Path, key: str | Path) -> Path:
    """Sign a manifest with which the whole folder agrees, and return the path of the signature.

    Args:
        folder: the results folder.
        key: an SSH private key; ssh-keygen asks for its passphrase.

    Raises:
        DataError: the folder is not as listed, the key cannot be used, or OpenSSH is not installed.
    """
    if not check_manifest(folder).passes:
        raise DataError(f"{folder}: not as its manifest lists it, so it is not signed; see: check-manifest {folder}")
    key, signature = Path(key).expanduser(), folder / SIGNATURE
    if not key.is_file():
        raise DataError(f"{key}: no such file, expected an SSH private key; make one with: ssh-keygen -t ed25519")
    signed = _ssh_keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(key), stdin=read_bytes(folder / NAME))
    if signed.returncode:
        raise DataError(f"{key}: cannot sign ({_last_line(signed.stderr)}); expected an SSH private key.")
    signature.write_bytes(signed.stdout)
    return signature


def verify_signature(folder: Path, signers: str | Path) -> str:
    """Verify the signature of a manifest and return the name of its signer.

    Args:
        folder: the results folder.
        signers: the signers that are trusted, as ``ALLOWED SIGNERS`` in ssh-keygen(1): a name and a public key a line.

    Raises:
        DataError: there is no signature, it is not of this manifest, its signer is not listed, or OpenSSH is not
            installed.
    """
    manifest, signature, signers = read_bytes(folder / NAME), folder / SIGNATURE, Path(signers).expanduser()
    if not signature.is_file():
        raise DataError(f"{signature}: no such file; the manifest is not signed.")
    if not signers.is_file():
        raise DataError(f"{signers}: no such file, expected a line for each signer: NAME ssh-ed25519 AAAA...")
    found = _ssh_keygen("-Y", "find-principals", "-s", str(signature), "-f", str(signers))
    names = found.stdout.decode(errors="replace").splitlines()
    if found.returncode or not names:
        raise DataError(f"{signature}: not signed by anyone whom {signers} lists; do not rely on this folder.")
    files = ("-f", str(signers), "-s", str(signature))
    verified = _ssh_keygen("-Y", "verify", "-n", NAMESPACE, "-I", names[0], *files, stdin=manifest)
    if verified.returncode:
        raise DataError(
            f"{folder / NAME}: not what {names[0]} signed; put the original back, or ask for a new signature."
        )
    return names[0]


def _ssh_keygen(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(["ssh-keygen", *arguments], input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        raise DataError("ssh-keygen was not found; signatures need OpenSSH 8.2 or newer.") from None


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"
