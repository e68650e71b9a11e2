"""Export schedules as CronJobs of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from crawler.jobs.schedules import Schedule
from crawler.jobs.timers import ZONE, crontab

# Names of the image, of the Secret with the environment, and of the claim of the corpus's volume
NAME = "press-corpus"
MAX_NAME = 52  # characters of the name of a CronJob; Kubernetes appends eleven for each job
CORPUS = "/corpus"


def cron_jobs(
    schedules: Iterable[Schedule], words: Sequence[str], environment: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the YAML text of a CronJob for each schedule, by file name, and a remark for each that has none.

    Each runs `press-corpus job SOURCE` with *words*, options of the command, and *environment*. Every expression of a
    schedule is valid in Kubernetes, but the name of a source may not be.
    """
    files: dict[str, str] = {}
    remarks = []
    for schedule in schedules:
        name = object_name(schedule.source)
        if not name or f"{name}.yaml" in files:
            remarks.append(f"{schedule.source} has no CronJob: its name is too long, or another source has it, too")
        else:
            files[f"{name}.yaml"] = yaml.safe_dump(cron_job(schedule, name, words, environment), sort_keys=False)
    return files, remarks


def cron_job(schedule: Schedule, name: str, words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the CronJob of a schedule: see `cron_jobs`."""
    variables = {"OUTPUT_DIR": CORPUS, **environment}
    container = {
        "name": NAME,
        "image": NAME,
        "args": ["job", schedule.source, *words],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "envFrom": [{"secretRef": {"name": NAME}}],
        "volumeMounts": [{"name": "corpus", "mountPath": CORPUS}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        },
    }  # fmt: skip
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 90,  # the run records its end
        "securityContext": {"runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001},
        "containers": [container],
        "volumes": [
            {"name": "corpus", "persistentVolumeClaim": {"claimName": NAME}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "labels": {"app": NAME}},
        "spec": {
            "schedule": crontab(schedule.cron),
            "timeZone": ZONE,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,  # one catch-up run
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            # No second attempt: the exit code is the verdict of the run, and the next run fetches what is open.
            "jobTemplate": {
                "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"app": NAME}}, "spec": pod}}
            },
        },
    }


def object_name(source: str) -> str:
    """Return the name of the CronJob of *source*: lower-case letters, digits and "-"; "" if Kubernetes refuses it."""
    word = re.sub("[^a-z0-9]+", "-", source.lower()).strip("-")
    name = f"{NAME}-{word}"
    return name if word and len(name) <= MAX_NAME else ""
