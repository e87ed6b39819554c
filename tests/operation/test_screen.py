"""The screen of ``make tables``, with real Snakemake on a small workflow whose jobs speak as the real ones do."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from places import REPOSITORY

from gaitcore_workflow.events import event_line, event_of, for_people
from gaitcore_workflow.progress import SECONDS, Run, duration
from gaitcore_workflow.screen import ending, results

SNAKEFILE = """\
rule tables:
    input: "results/demo/tables/table2.md"

rule train:
    output: "w{seed}"
    log: "logs/train-{seed}.log"
    message: "Training gaitmixer, seed {wildcards.seed}, on demo"
    threads: 2
    script: "train.py"

rule write_tables:
    input: "w0", "w1"
    output: "results/demo/tables/table2.md"
    log: "logs/tables.log"
    message: "Writing the tables of demo"
    shell: "echo '| Method | NM |' > {output}"
"""
TRAIN = """\
import sys, time
from pathlib import Path
seed = snakemake.wildcards.seed
for epoch in (1, 2):
    line = f"epoch {epoch}/2  loss 0.1000  spread 0.200  70 sequences/s  00:0{2 - epoch} left"
    print(f"[train {seed}] {line}", file=sys.stderr, flush=True)
    time.sleep(snakemake.config.get("wait", 0.1))
if snakemake.config.get("warns"):
    print(f"[train {seed}] Warning: 1 of 3 videos gave no pose: a.mp4: no video.", file=sys.stderr, flush=True)
if str(snakemake.config.get("fails")) == seed:
    sys.exit(f"[train {seed}] poses.csv, line 3: 5 values, expected 52.")
Path(snakemake.output[0]).touch()
"""
LOG = Path(".snakemake/log/screen.log")
SCREEN = [sys.executable, str(REPOSITORY / "workflow_scripts" / "screen.py"), "--cores", "2"]


@pytest.fixture
def place(tmp_path) -> dict:
    """A folder with the small workflow, and how to run it there."""
    for name, text in {"Snakefile": SNAKEFILE, "train.py": TRAIN, "config.yaml": "experiment: demo\n"}.items():
        (tmp_path / name).write_text(text)
    return {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(REPOSITORY)}, "text": True}


def said(place, *arguments) -> tuple[int, str]:
    """Exit status, and all that stands on a screen that is no terminal."""
    done = subprocess.run([*SCREEN, *arguments], **place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, re.sub(r"\d+ s\b", "N s", done.stdout)


@pytest.mark.workflow
def test_a_file_has_what_runs_how_far_it_is_its_warnings_and_at_the_end_the_table(place):
    status, text = said(place, "tables", "--config", "warns=1")
    lines = text.splitlines()
    trained = [line for line in lines if "seed 0" in line]
    assert status == 0
    assert lines[0] == "3 jobs to run on 2 cores"
    assert lines.count("  Warning: 1 of 3 videos gave no pose: a.mp4: no video.") == 2  # of two jobs
    assert trained == [
        "  Training gaitmixer, seed 0, on demo: epoch 1/2  loss 0.1000  spread 0.200  70 sequences/s  00:01 left",
        "  Training gaitmixer, seed 0, on demo: epoch 2/2  loss 0.1000  spread 0.200  70 sequences/s  00:00 left",
        next(line for line in lines if line.endswith("left)") and "seed 0" in line),
    ]
    assert re.fullmatch(r"  [12]/3  Training gaitmixer, seed 0, on demo \(N s; about N s left\)", trained[-1])
    assert "  3/3  Writing the tables of demo (N s)\nDone in N s.\n" in text
    assert "\n| Method | NM |\n" in text
    assert text.count("snakemake --cores all") == 2  # what to do next
    log = (place["cwd"] / ".snakemake/log/screen.log").read_text()
    assert "Training gaitmixer, seed 0, on demo" in log
    assert "\x1e" not in log

    assert "snakemake --cores all report    tables" in text

    status, again = said(place, "tables", "--config", "experiment=demo")
    assert status == 0
    assert "snakemake --cores all report --config experiment=demo    tables" in again
    assert again.startswith("Nothing to do: all files are up to date.\n\n| Method | NM |\n")


@pytest.mark.workflow
def test_a_failed_job_is_named_with_its_sentence_and_its_log(place):
    status, text = said(place, "tables", "--config", "fails=0")
    assert status == 1
    assert text.endswith(
        "Failed: Training gaitmixer, seed 0, on demo\n"
        "  poses.csv, line 3: 5 values, expected 52.\n"
        "  Log: logs/train-0.log\n"
        "1 job failed after N s. The same command goes on where it stopped.\n"
        "All messages: .snakemake/log/screen.log\n"
    )
    assert "RuleException" not in text


@pytest.mark.workflow
def test_a_workflow_that_cannot_be_read_says_why_and_nothing_else(place):
    (place["cwd"] / "Snakefile").write_text('import sys\nsys.exit("config.yaml: seeds is missing.")\n')
    assert said(place, "tables") == (
        1,
        "config.yaml: seeds is missing.\nAll messages: .snakemake/log/screen.log\n",
    )


@pytest.mark.workflow
def test_a_target_that_nothing_makes_is_named_also_beside_a_profile(place):
    profile = place["cwd"] / "profiles" / "default" / "config.yaml"
    profile.parent.mkdir(parents=True)
    profile.write_text("keep-going: true\n")
    status, text = said(place, "nonsense")
    assert status == 1
    assert text.startswith("MissingRuleException:\nNo rule to produce nonsense (")
    assert text.endswith("\nAll messages: .snakemake/log/screen.log\n")


@pytest.mark.workflow
def test_a_killed_snakemake_takes_its_jobs_along_and_says_what_to_do(place):
    with subprocess.Popen(
        [*SCREEN, "tables", "--config", "wait=600"], **place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        for line in run.stdout:
            if "epoch 1/2" in line:
                break
        snakemake = int(Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0])
        os.kill(snakemake, signal.SIGKILL)
        rest = run.stdout.read()
    assert run.returncode == 128 + signal.SIGKILL
    assert "Snakemake was ended by SIGKILL. The same command goes on where it stopped." in rest.splitlines()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(place["cwd"]) not in listed


@pytest.mark.workflow
def test_a_terminal_has_one_line_that_changes(place):
    outside, inside = pty.openpty()
    with subprocess.Popen([*SCREEN, "tables", "--config", "wait=1.5"], **place, stdout=inside, stderr=inside) as run:
        os.close(inside)
        text = ""
        while True:
            try:
                text += os.read(outside, 65536).decode()
            except OSError:  # the other end is closed
                break
    assert run.wait() == 0
    assert re.search(
        r"\r\x1b\[K0 of 3 jobs, about \d+ s left: Training gaitmixer, seed [01], on demo, epoch [12]/2", text
    )


# --- sums ---


def event(name, **values):
    return event_line({"event": name, "level": "INFO", "text": "", **values})


def begun(stats, cores=2):
    run = Run(("tables",))
    run.read(event("resources_info", cores=cores), 0.0)
    run.read(event("run_info", stats=stats), 0.0)
    return run


def start(run, jobid, now, seed=0):
    values = {"wildcards": {"seed": seed}, "log": ["l"], "threads": 2, "rule_msg": f"Training, seed {seed}"}
    run.read(event("job_info", jobid=jobid, rule_name="train", **values), now)


def test_the_time_left_counts_what_runs_and_what_waits():
    run = begun({"train": 4, "tables": 1, "total": 5})
    assert run.left(0.0) is None
    start(run, 1, 0.0)
    run.read("[train 0] epoch 1/4  loss 0.1  00:30 left", 10.0)
    assert run.left(10.0) == 30 + 3 * 40  # the others take as long as this one: 10 s and 30 s
    assert run.left(20.0) == 20 + 3 * 40
    run.read(event("job_finished", job_id=1), 50.0)
    assert run.left(50.0) == 3 * 50


def test_jobs_that_share_the_cores_are_counted_by_their_threads():
    run = begun({"train": 4, "total": 4}, cores=8)
    start(run, 1, 0.0)
    run.read("[train 0] epoch 4/4  loss 0.1  00:00 left", 40.0)
    run.read(event("job_finished", job_id=1), 40.0)
    assert run.left(40.0) == 3 * 40 * 2 / 8


def test_a_system_that_learns_nothing_says_nothing_about_the_time_of_a_training():
    run = begun({"train": 2, "write_tables": 1, "total": 3})
    start(run, 1, 0.0)
    run.read(event("job_finished", job_id=1), 3.0)
    assert run.left(3.0) is None
    start(run, 2, 3.0, seed=1)
    run.read("[train 1] epoch 1/4  loss 0.1  00:30 left", 13.0)
    assert run.left(13.0) == 30 + SECONDS / 2  # the tables take one of two cores


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_in_words(seconds, expected):
    assert duration(seconds) == expected


def test_a_lock_of_another_run_is_the_only_sentence():
    run = begun({})
    sentence = "Another run of demo, or a job of one that was killed, is alive and holds its files; wait."
    run.read(sentence, 0.0)
    run.read(event("error", text="LockException: ..."), 0.0)
    assert list(ending(run, 1, "1 s", LOG)) == [sentence, "All messages: .snakemake/log/screen.log"]


def test_what_a_job_says_is_shown_if_it_is_an_epoch_or_a_warning():
    run = begun({"train": 1, "total": 1})
    start(run, 1, 0.0)
    assert run.read("[train 0] epoch 2/4  loss 0.1  1:00:30 left", 10.0) == [
        "  Training, seed 0: epoch 2/4  loss 0.1  1:00:30 left"
    ]
    assert run.read("[train 0] Warning: 1 of 3 videos gave no pose.", 11.0) == [
        "  Warning: 1 of 3 videos gave no pose."
    ]
    assert run.read("[train 0] reading poses", 12.0) == []
    assert run.read("[train 7] epoch 2/4  loss 0.1  00:30 left", 12.0) == []  # a job that does not run
    assert run.status(20.0) == "0 of 1 jobs, about 1 h 0 min left: Training, seed 0, epoch 2/4"


def test_jobs_that_only_name_files_are_not_counted():
    run = Run(("tables",))
    assert run.read(event("run_info", stats={"train": 1, "tables": 1, "total": 2}), 0.0) == ["1 job to run on 1 core"]
    run.read(event("job_info", jobid=0, rule_name="tables"), 0.0)
    assert run.running == {}
    assert run.read(event("job_finished", job_id=0), 1.0) == []
    assert (run.done, run.total) == (0, 1)


def test_a_run_that_a_signal_ended_says_how_it_goes_on():
    run = begun({"train": 1, "total": 1})
    start(run, 1, 0.0)
    run.read("[train 0] poses.csv, line 3: 5 values, expected 52.", 1.0)
    assert run.read(event("job_error", jobid=1), 2.0) == ["  failed: Training, seed 0"]
    assert list(ending(run, -9, "2 s", LOG)) == [
        "Failed: Training, seed 0",
        "  poses.csv, line 3: 5 values, expected 52.",
        "  Log: l",
        "Snakemake was ended by SIGKILL. The same command goes on where it stopped.",
        "All messages: .snakemake/log/screen.log",
    ]


def test_a_line_that_a_kill_cut_off_is_no_event():
    whole = event("error", text="LockException: ...")
    assert event_of(whole)["text"] == "LockException: ..."
    assert event_of(whole[:-20]) is None
    assert event_of("a line of a job") is None
    assert for_people(whole) == "LockException: ...\n"
    assert for_people(event("job_info", rule_msg="Training, seed 0")) == "Training, seed 0\n"
    assert for_people("a line of a job\n") == "a line of a job\n"


@pytest.mark.parametrize(
    ("arguments", "experiment", "chosen"),
    [(["tables"], "demo", ""), (["tables", "--config", "experiment=mine"], "mine", " --config experiment=mine")],
)
def test_the_results_are_those_of_the_experiment_that_ran(tmp_path, monkeypatch, arguments, experiment, chosen):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("experiment: demo\n")
    tables = Path("results", experiment, "tables")
    assert list(results(arguments)) == []  # not yet made
    tables.mkdir(parents=True)
    (tables / "table2.md").write_text("| Method |\n")
    table, where, after = results(arguments)
    assert table == "\n| Method |\n"
    assert where == f"Where it is: {tables}/table2.md; with intervals and tests: {tables}/summary.md"
    assert f"snakemake --cores all report{chosen}    tables" in after
    assert list(results(["figures"])) == []
