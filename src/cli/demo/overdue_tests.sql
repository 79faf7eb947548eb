SELECT p.tenant, p.display, count(*) AS overdue, min(p.planned_for) AS oldest
FROM planned_care p
WHERE p.code IN ('4548-4', '6301-6', '3016-3') AND p.planned_for <= '2025-09-30'
  AND NOT EXISTS (SELECT 1 FROM latest_results r WHERE r.patient_id = p.patient_id AND r.code = p.code AND r.time >= p.planned_for)
GROUP BY p.tenant, p.display ORDER BY overdue DESC, p.tenant, p.display;
