# What happens before and after the jobs of a run: no changed file is used, and the manifest lists what was made.
from gaitcore_workflow.kept import discard, forget, keep, return_benchmarks
from gaitcore.audit.manifest import renew_manifest, write_manifest
from gaitcore.audit.receipts import MANIFEST, JobPlace, add_benchmarks, check_changed
from gaitcore.files import check_writable, correct_times
from gaitcore_workflow.handlers import add_handlers
from gaitcore_workflow.recorded import keep_unrecorded
from gaitcore_workflow.run_locks import alive, others, remove_stale_locks

# DVC runs Snakemake once for each stage, and deletes the files of a stage before. Those that Snakemake made alone are
# kept from the first stage to the last, whose jobs take their files from there.
STAGE = os.environ.get("DVC_STAGE")

if workflow.is_main_process:
    try:
        check_writable(
            Path(".snakemake"), "Snakemake keeps its records there, also for -n"
        )
        check_writable(Path(RESULTS), "results are written there")
        if remove_stale_locks(CONFIG.experiment):
            print(
                f"The lock of a run of {CONFIG.experiment} that was killed was removed.",
                file=sys.stderr,
            )
        if processes := others(CONFIG.experiment):
            print(
                f"Another run of {CONFIG.experiment}, or a job of one that was killed, is alive and holds its files; "
                f"wait until it has ended, or end it with: kill {' '.join(map(str, processes))}",
                file=sys.stderr,
            )
        ALIVE = alive(CONFIG.experiment)
        check_changed(Path(RESULTS))
    except GaitError as error:
        sys.exit(str(error))


def swept_alone():
    """Whether there is a sweep and the tables, whose last job writes the manifest, have not been made."""
    made_by_job = JobPlace(Path(RESULTS), "manifest").receipt
    return Path(RESULTS, "sweep", "sweep.csv").exists() and not made_by_job.exists()


onstart:
    try:
        for job in workflow.dag.needrun_jobs():
            correct_times(map(Path, job.input), Path(RESULTS))
            if job.log:
                place = JobPlace.of_log(job.log[0])
                (forget if workflow.dag.reason(job).forced else keep)(place)
        if STAGE:
            keep_unrecorded(Path(RESULTS))
    except GaitError as error:
        sys.exit(str(error))


onsuccess:
    try:
        done = discard if STAGE in (None, "tables") else return_benchmarks
        done(Path(RESULTS))
        add_benchmarks(Path(RESULTS))
        if swept_alone():
            write_manifest(
                Path(RESULTS, MANIFEST),
                [*POSE_SOURCES, *SILHOUETTE_SOURCES],
                manifest_facts(),
            )
        else:
            renew_manifest(RESULTS)
        print(
            f"The results of {CONFIG.experiment} are in {RESULTS}/.",
            file=sys.stderr,
        )
    except GaitError as error:
        sys.exit(str(error))


onerror:
    done = return_benchmarks if STAGE else discard
    done(Path(RESULTS))
    add_benchmarks(Path(RESULTS))


# Snakemake runs the handlers of the main workflow alone; as a module of another one, this workflow adds its own.
if not workflow.modifier.is_main_snakefile():
    try:
        add_handlers(
            workflow, {"onstart": onstart, "onsuccess": onsuccess, "onerror": onerror}
        )
    except GaitError as error:
        sys.exit(str(error))
