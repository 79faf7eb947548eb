//! The Kubernetes manifests, read into Kubernetes' own types as strictly as an API server that refuses unknown fields; and what they promise.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio, time::Duration};

use k8s_openapi::{
    Resource,
    api::{
        batch::v1::{CronJob, Job, JobSpec},
        core::v1::{ConfigMap, PersistentVolumeClaim, PodSpec, Secret},
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{TRIED_AGAIN, assert_understood, text};
use crate::harness::{ccda_export, finish};

/// The documents of a file.
fn documents(name: &str) -> Vec<Value> {
    let text = text(name);
    let documents = yaml_serde::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap());
    documents.filter(|document| !document.is_null()).collect()
}

/// A document as its type; `Err` where something in it is no part of the type, and would be refused or, worse, ignored.
fn strictly<T: DeserializeOwned + Serialize>(document: &Value) -> Result<T, String> {
    let read: T = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(&read).unwrap();
    if again == *document { Ok(read) } else { Err(format!("read: {again:#}\nwritten: {document:#}")) }
}

/// The one document of this kind.
fn the<T: Resource + DeserializeOwned + Serialize>(name: &str) -> T {
    let of_kind = |document: &&Value| document["kind"] == T::KIND && document["apiVersion"] == T::API_VERSION;
    let documents = documents(name);
    let found: Vec<_> = documents.iter().filter(of_kind).collect();
    assert_eq!(found.len(), 1, "{name} has {} of {}", found.len(), T::KIND);
    strictly(found[0]).unwrap()
}

fn nightly() -> (CronJob, JobSpec) {
    let cron: CronJob = the("cronjob.yaml");
    let job = cron.spec.clone().unwrap().job_template.spec.unwrap();
    (cron, job)
}

fn backfill() -> JobSpec {
    the::<Job>("backfill-job.yaml").spec.unwrap()
}

fn pod(job: &JobSpec) -> PodSpec {
    job.template.spec.clone().unwrap()
}

/// A key of the job that the ConfigMap holds.
fn of_job(key: &str) -> String {
    let configuration: ConfigMap = the("cronjob.yaml");
    let job: toml::Table = configuration.data.unwrap()["nightly.toml"].parse().unwrap();
    job[key].as_str().unwrap().to_owned()
}

#[test]
fn every_document_is_what_its_type_knows_and_nothing_else() {
    let kinds = |name: &str| documents(name).iter().map(|document| document["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds("cronjob.yaml"), ["ConfigMap", "Secret", "PersistentVolumeClaim", "CronJob"]);
    assert_eq!(kinds("backfill-job.yaml"), ["Job"]);
    the::<ConfigMap>("cronjob.yaml");
    the::<Secret>("cronjob.yaml");
    the::<PersistentVolumeClaim>("cronjob.yaml");
    nightly();
    backfill();
    // A key that is misspelt anywhere, or stands in the wrong place, is found.
    let cron = documents("cronjob.yaml").remove(3);
    let places = ["/spec", "/spec/jobTemplate/spec/podFailurePolicy", "/spec/jobTemplate/spec/template/spec/containers/0/securityContext"];
    for place in places {
        let mut broken = cron.clone();
        broken.pointer_mut(place).unwrap()["readOnlyRootFileSystem"] = true.into();
        assert!(strictly::<CronJob>(&broken).is_err(), "{place}");
    }
}

#[test]
fn one_night_is_one_run_at_the_time_of_the_job_and_ends_by_itself() {
    let (cron, job) = nightly();
    let spec = cron.spec.unwrap();
    assert_eq!((spec.schedule, spec.time_zone), (of_job("schedule"), Some(of_job("time_zone"))));
    assert_eq!(spec.concurrency_policy.as_deref(), Some("Forbid"));
    // Less than ten seconds would never start; without it, a hundred missed nights would never start again.
    assert!(spec.starting_deadline_seconds.unwrap() >= 600);
    let duration = |key: &str| humantime::parse_duration(&of_job(key)).unwrap();
    let pings = 2 * ccda_export::report::HealthCheck::TIMEOUT;
    let longest = duration("deadline") + duration("grace") + pings;
    let active = Duration::from_secs(job.active_deadline_seconds.unwrap() as u64);
    assert!(active > longest && active < longest + Duration::from_secs(900), "{active:?} for {longest:?}");
    for job in [&job, &backfill()] {
        let grace = Duration::from_secs(pod(job).termination_grace_period_seconds.unwrap() as u64);
        assert!(grace > duration("grace") + pings, "{grace:?}");
    }
}

#[test]
fn what_another_run_can_do_is_tried_again_and_everything_else_fails_the_job() {
    for job in [nightly().1, backfill()] {
        let rules = job.pod_failure_policy.clone().unwrap().rules;
        assert_eq!(rules.iter().map(|rule| rule.action.as_str()).collect::<Vec<_>>(), ["Ignore", "FailJob"]);
        let disruption = &rules[0].on_pod_conditions.as_ref().unwrap()[0];
        assert_eq!((disruption.type_.as_str(), disruption.status.as_str()), ("DisruptionTarget", "True"));
        let codes = rules[1].on_exit_codes.as_ref().unwrap();
        assert_eq!((codes.operator.as_str(), codes.container_name.as_deref()), ("NotIn", Some(pod(&job).containers[0].name.as_str())));
        assert_eq!(codes.values, TRIED_AGAIN.map(|code| code as i32));
        assert!(job.backoff_limit.unwrap() > 0);
        // The policy asks for it.
        assert_eq!(pod(&job).restart_policy.as_deref(), Some("Never"));
    }
}

#[test]
fn the_pod_has_no_right_that_it_does_not_need() {
    for job in [nightly().1, backfill()] {
        let pod = pod(&job);
        let of_pod = pod.security_context.unwrap();
        assert_eq!(of_pod.run_as_non_root, Some(true));
        assert!(of_pod.run_as_user > Some(999) && of_pod.run_as_group > Some(999) && of_pod.fs_group == of_pod.run_as_group);
        assert_eq!(of_pod.seccomp_profile.unwrap().type_, "RuntimeDefault");
        assert_eq!((pod.automount_service_account_token, pod.containers.len()), (Some(false), 1));
        let container = &pod.containers[0];
        let own = container.security_context.clone().unwrap();
        assert_eq!((own.allow_privilege_escalation, own.read_only_root_filesystem), (Some(false), Some(true)));
        assert_eq!(own.capabilities.unwrap().drop, Some(vec!["ALL".to_owned()]));
        let resources = container.resources.clone().unwrap();
        assert!(resources.requests.unwrap().contains_key("memory") && resources.limits.unwrap().contains_key("memory"));
    }
}

#[test]
fn one_volume_can_be_written_and_secrets_are_files_for_the_group_alone() {
    let claim: PersistentVolumeClaim = the("cronjob.yaml");
    for job in [nightly().1, backfill()] {
        let pod = pod(&job);
        let container = &pod.containers[0];
        let environment =
            |name: &str| container.env.as_ref().unwrap().iter().find(|variable| variable.name == name).unwrap().value.clone().unwrap();
        let volumes = pod.volumes.unwrap();
        let volume = |at: &str| {
            let mounts = container.volume_mounts.as_ref().unwrap();
            let mount = mounts.iter().find(|mount| mount.mount_path == at).unwrap_or_else(|| panic!("nothing is mounted at {at}"));
            (volumes.iter().find(|volume| volume.name == mount.name).unwrap(), mount.read_only == Some(true))
        };
        let (state, read_only) = volume(&environment("STATE_DIRECTORY"));
        assert_eq!(Some(state.persistent_volume_claim.clone().unwrap().claim_name), claim.metadata.name);
        assert!(!read_only);
        let (configuration, read_only) = volume(&environment("CONFIGURATION_DIRECTORY"));
        assert!(read_only && Some(configuration.config_map.clone().unwrap().name) == the::<ConfigMap>("cronjob.yaml").metadata.name);
        let (secrets, read_only) = volume(&environment("CREDENTIALS_DIRECTORY"));
        let secret = secrets.secret.clone().unwrap();
        assert!(read_only && secret.secret_name == the::<Secret>("cronjob.yaml").metadata.name);
        assert_eq!(secret.default_mode, Some(0o440));
        // No secret comes by a variable, which every child and every dump would have.
        assert!(container.env_from.is_none() && container.env.as_ref().unwrap().iter().all(|variable| variable.value_from.is_none()));
        // Runs that share the database share its node: locks do not hold between machines.
        let affinity = pod.affinity.unwrap().pod_affinity.unwrap().required_during_scheduling_ignored_during_execution.unwrap().remove(0);
        assert_eq!(affinity.topology_key, "kubernetes.io/hostname");
        assert_eq!(affinity.label_selector.unwrap().match_labels, job.template.metadata.unwrap().labels);
    }
    assert_eq!(claim.spec.unwrap().access_modes, Some(vec!["ReadWriteOnce".to_owned()]));
}

#[test]
fn the_backfill_runs_in_the_pod_of_the_nightly_run() {
    let (mut nightly, mut backfill) = (pod(&nightly().1), pod(&backfill()));
    let args = [&mut nightly, &mut backfill].map(|pod| pod.containers[0].args.take().unwrap());
    assert_eq!(nightly, backfill);
    assert_eq!(args[0], ["run", "--wait", "/etc/ccda-export/nightly.toml"]);
    assert_eq!(args[1][..2], ["backfill", "/etc/ccda-export/nightly.toml"]);
}

#[test]
fn the_commands_of_the_containers_are_commands_of_this_program() {
    for job in [nightly().1, backfill()] {
        let args = pod(&job).containers[0].args.clone().unwrap();
        assert_understood(&args.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn the_job_in_the_manifest_passes_check_with_the_secrets_mounted_as_they_will_be() {
    let dir = tempfile::tempdir().unwrap();
    let [configuration, secrets] = ["etc", "secrets"].map(|name| dir.path().join(name));
    for folder in [&configuration, &secrets] {
        fs::create_dir(folder).unwrap();
    }
    for (name, content) in the::<ConfigMap>("cronjob.yaml").data.unwrap() {
        fs::write(configuration.join(name), content.replace("/run/secrets/ccda-export", secrets.to_str().unwrap())).unwrap();
    }
    for (name, content) in the::<Secret>("cronjob.yaml").string_data.unwrap() {
        let path = secrets.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o440)).unwrap();
    }
    let check = || {
        let mut command = ccda_export();
        command.env("STATE_DIRECTORY", "/var/lib/ccda-export").env("CREDENTIALS_DIRECTORY", &secrets).arg("check");
        finish(command.arg(configuration.join("nightly.toml")).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let ended = check();
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
    assert!(ended.stdout.contains("1 tenant, 1 account, 1 patient: ") && ended.stdout.contains("at /var/lib/ccda-export/nightly.sqlite"));
    // With the health check that stands there as a comment.
    let job = configuration.join("nightly.toml");
    fs::write(&job, fs::read_to_string(&job).unwrap().replace("#health_check", "health_check").replace("#contact", "contact")).unwrap();
    assert!(check().stderr.contains("health_check: cannot read "));
    fs::write(secrets.join("health-check"), "https://hc-ping.com/key/nightly\n").unwrap();
    fs::set_permissions(secrets.join("health-check"), fs::Permissions::from_mode(0o440)).unwrap();
    assert_eq!(check().code(), 0);
}
