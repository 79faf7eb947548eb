//! `patient_summary`: a line for each patient, whatever is held of them.

use crate::harness::{Sandbox, call};

fn ccda_export(sandbox: &Sandbox, args: &[&str]) {
    let job = sandbox.job();
    let ended = call([args[0].as_ref(), job.as_os_str()].into_iter().chain(args[1..].iter().map(|arg| arg.as_ref())));
    assert_eq!(ended.code(), 0, "{ended:#?}");
}

#[tokio::test]
async fn each_patient_has_a_line_and_windows_are_not_merged_into_a_chart() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3", "--seed", "3"]);
    ccda_export(&sandbox, &["run", "--patient", "1"]);
    let token = sandbox.ask("SELECT patient_token FROM patients WHERE id = 2").await.remove(0).remove(0);
    std::fs::write(sandbox.path("second.txt"), token).unwrap();
    let second = sandbox.path("second.txt");
    let months = ["--from", "2025-01-01", "--to", "2025-06-30", "--every", "month"];
    ccda_export(&sandbox, &[&["backfill", "--patients", second.to_str().unwrap()], &months[..]].concat());
    let lines = "SELECT patient_id, known_by, document_id IS NOT NULL, name IS NOT NULL FROM patient_summary ORDER BY 1";
    assert_eq!(sandbox.ask(lines).await, [["1", "chart", "1", "1"], ["2", "windows", "0", "0"], ["3", "nothing", "0", "0"]]);
    assert!(sandbox.count("SELECT count(*) FROM problems p JOIN documents d ON d.id = p.document_id WHERE d.patient_id = 2").await > 0);
    assert_eq!(sandbox.count("SELECT problems + medications + immunizations FROM patient_summary WHERE patient_id = 2").await, 0);
}

#[tokio::test]
async fn what_it_counts_is_what_the_views_list() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "30", "--seed", "5"]);
    for _ in 0..2 {
        ccda_export(&sandbox, &["run", "--again"]);
    }
    assert_eq!(sandbox.count("SELECT count(*) FROM patient_summary WHERE known_by = 'chart'").await, 30);
    let counted = [
        ("sum(problems)", "SELECT count(*) FROM current_problems"),
        ("sum(medications)", "SELECT count(*) FROM active_medications"),
        ("sum(allergies)", "SELECT count(*) FROM allergy_list WHERE assertion = 'present'"),
        ("sum(no_known_allergies)", "SELECT count(*) FROM allergy_list WHERE assertion = 'no_known'"),
        ("sum(immunizations)", "SELECT count(*) FROM immunization_history WHERE assertion = 'present'"),
        ("count(last_encounter_at)", "SELECT count(DISTINCT patient_id) FROM encounter_history"),
        ("count(smoking_status)", "SELECT count(*) FROM smoking_status"),
        ("count(systolic)", "SELECT count(*) FROM latest_vitals WHERE code = '8480-6'"),
        ("count(last_result_at)", "SELECT count(DISTINCT patient_id) FROM latest_results"),
    ];
    for (summed, listed) in counted {
        let sum = sandbox.count(&format!("SELECT {summed} FROM patient_summary")).await;
        assert!(sum > 0, "{summed}");
        assert_eq!(sum, sandbox.count(listed).await, "{summed}");
    }
}
