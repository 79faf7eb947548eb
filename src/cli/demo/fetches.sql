SELECT kind, outcome, coalesce(reason, '-') AS reason, count(*) AS attempts, round(avg(duration_ms), 1) AS mean_ms
FROM attempts
GROUP BY kind, outcome, reason;
