SELECT l.tenant, count(*) AS documents, min(b.length) AS smallest, max(b.length) AS largest, max(l.title) AS title
FROM latest_documents l JOIN bodies b ON b.id = l.body_id
GROUP BY l.tenant;
