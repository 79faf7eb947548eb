SELECT tenant, patients, with_document, oldest_document_at
FROM tenant_freshness
ORDER BY oldest_document_at;
