"""manifest.json.sig: made and verified by the real ssh-keygen."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from gaitcore.__main__ import main

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

MANIFEST = Path("results/tiny/manifest.json")


@pytest.fixture
def signed(results, capsys):
    """The folder, signed with a new key; ``signers`` lists it, ``others`` lists another one."""
    for name in ("key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name], check=True)
    Path("signers").write_text(f"a.author@example.org {Path('key.pub').read_text()}")
    Path("others").write_text(f"someone@example.org {Path('other.pub').read_text()}")
    assert main(["sign", "results/tiny", "--key", "key"]) == 0
    assert capsys.readouterr().out == f"{MANIFEST}.sig: written; publish it beside the manifest.\n"
    return results


def check(capsys, *options):
    status = main(["check-manifest", "results/tiny", *options])
    said = capsys.readouterr()
    return status, said.out + said.err


def resealed(change):
    """The manifest with other content and a digest that fits it."""
    from gaitcore.audit.manifest import _sealed

    content = json.loads(MANIFEST.read_text())
    del content["digest"]
    change(content)
    MANIFEST.write_text(_sealed(content))


def test_a_signature_is_verified_and_its_signer_named(signed, capsys):
    status, said = check(capsys, "--signers", "signers")
    assert status == 0
    assert said.endswith("results/tiny: signed by a.author@example.org.\n")
    assert check(capsys)[0] == 0  # the signature is no file that the manifest lacks


def test_a_manifest_that_was_sealed_anew_fails(signed, capsys):
    resealed(lambda content: content.update(gaitcore="9.9.9"))
    assert check(capsys)[0] == 0  # its own digest fits
    assert check(capsys, "--signers", "signers") == (
        1,
        f"{MANIFEST}: not what a.author@example.org signed; put the original back, or ask for a new signature.\n",
    )


def test_another_signer_no_signature_and_no_list_of_signers_fail_with_a_sentence(signed, capsys):
    assert check(capsys, "--signers", "others") == (
        1,
        f"{MANIFEST}.sig: not signed by anyone whom others lists; do not rely on this folder.\n",
    )
    assert check(capsys, "--signers", "nobody") == (
        1,
        "nobody: no such file, expected a line for each signer: NAME ssh-ed25519 AAAA...\n",
    )
    Path(f"{MANIFEST}.sig").unlink()
    assert check(capsys, "--signers", "signers") == (1, f"{MANIFEST}.sig: no such file; the manifest is not signed.\n")


def test_a_signature_for_another_purpose_is_not_accepted(signed, capsys):
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", "key", MANIFEST],
        check=True,
        input=b"y\n",
        capture_output=True,
    )
    status, said = check(capsys, "--signers", "signers")
    assert (status, said.partition(";")[0]) == (1, f"{MANIFEST}: not what a.author@example.org signed")


@pytest.mark.parametrize("content", [None, "not a key"])
def test_a_key_that_cannot_sign_ends_in_a_sentence(results, capsys, content):
    if content:
        Path("key").write_text(content)
        Path("key").chmod(0o600)
    assert main(["sign", "results/tiny", "--key", "key"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("key: ")
    assert "expected an SSH private key" in said
    assert said.count("\n") == 1


def test_a_folder_that_is_not_as_listed_is_not_signed(results, capsys):
    Path("results/tiny/split.csv").write_text("changed")
    assert main(["sign", "results/tiny", "--key", "key"]) == 1
    assert capsys.readouterr().err == (
        "results/tiny: not as its manifest lists it, so it is not signed; see: check-manifest results/tiny\n"
    )


def test_without_openssh_there_is_one_sentence(signed, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert check(capsys, "--signers", "signers") == (
        1,
        "ssh-keygen was not found; signatures need OpenSSH 8.2 or newer.\n",
    )
