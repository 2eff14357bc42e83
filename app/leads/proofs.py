"""What must hold about uploads and their leads; each query must return no rows."""

PROOFS = {
    "every row of an upload is accounted for": """
        SELECT id::text FROM batch WHERE accepted + rejected + duplicates + quarantined <> rows_read""",
    "an upload keeps the reason of each row that became no lead": """
        SELECT b.id::text FROM batch b
        LEFT JOIN batch_problem p ON p.tenant_id = b.tenant_id AND p.batch_id = b.id
        WHERE b.state IN ('checking', 'checked', 'published', 'undone') AND b.rows_read > 0
        GROUP BY b.tenant_id, b.id HAVING count(p.line) <> b.rejected + b.duplicates""",
    "a lead can be opened unless its person was erased": """
        SELECT l.id::text FROM lead l LEFT JOIN lead_salt s ON s.tenant_id = l.tenant_id AND s.lead_id = l.id
        WHERE (l.sealed IS NOT NULL) <> (s.salt IS NOT NULL)""",
}
