# What happens before and after the jobs of a run: no changed file is used, and the manifest lists what was made.
from gaitcore.audit.kept import discard, forget, keep
from gaitcore.audit.manifest import renew_manifest
from gaitcore.audit.receipts import JobPlace, add_benchmarks, check_changed

if workflow.is_main_process:
    try:
        check_changed(Path(RESULTS))
    except GaitError as error:
        sys.exit(str(error))


onstart:
    for job in workflow.dag.needrun_jobs():
        if job.log:
            place = JobPlace.of_log(job.log[0])
            (forget if workflow.dag.reason(job).forced else keep)(place)


onsuccess:
    try:
        discard(Path(RESULTS))
        add_benchmarks(Path(RESULTS))
        renew_manifest(RESULTS)
    except GaitError as error:
        sys.exit(str(error))


onerror:
    discard(Path(RESULTS))
    add_benchmarks(Path(RESULTS))
