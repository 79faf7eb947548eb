SELECT s.tenant, count(*) AS with_hypertension, sum(s.systolic < 140 AND s.diastolic < 90) AS controlled,
       round(100.0 * sum(s.systolic < 140 AND s.diastolic < 90) / count(*)) AS percent
FROM patient_summary s
WHERE EXISTS (SELECT 1 FROM current_problems p WHERE p.patient_id = s.patient_id AND p.icd10 = 'I10')
GROUP BY s.tenant;
