SELECT p.patient_id, p.display AS problem, m.display AS medication, substr(h.time, 1, 10) AS last_hba1c
FROM current_problems p
JOIN active_medications m ON m.patient_id = p.patient_id AND m.display LIKE 'metformin%'
LEFT JOIN latest_results h ON h.patient_id = p.patient_id AND h.code = '4548-4'
WHERE p.tenant = 'TENANT_AA' AND p.icd10 LIKE 'E11%' AND coalesce(h.time, '') < '2025-07-01'
ORDER BY p.patient_id;
