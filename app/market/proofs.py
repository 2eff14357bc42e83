"""What must hold about sales; each query must return no rows."""

PROOFS = {
    "a PPL sale has exactly one charge, a PPA sale exactly one hold": """
        SELECT s.id::text FROM sale s
        LEFT JOIN journal j ON j.source_id = s.id AND j.kind = CASE s.terms WHEN 'ppl' THEN 'sale' ELSE 'hold' END
        WHERE s.net_minor > 0 GROUP BY s.id HAVING count(j.id) <> 1""",
    "a sale and its purchase agree": """
        SELECT coalesce(s.id, p.id)::text FROM sale s FULL JOIN purchase p ON p.id = s.id
        WHERE s.id IS NULL OR p.id IS NULL OR s.company_id <> p.tenant_id OR s.tenant_id <> p.agency_id
          OR s.net_minor <> p.net_minor OR s.vat_minor <> p.vat_minor OR s.state <> p.state""",
    "a targeted lead is sold to its addressee only": """
        SELECT s.id::text FROM sale s JOIN lead l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
        LEFT JOIN addressee a ON a.tenant_id = l.tenant_id AND a.id = l.addressee_id
        WHERE l.type = 'targeted' AND s.company_id IS DISTINCT FROM a.company_id""",
    "no lead is sold once too often": """
        SELECT l.id::text FROM lead l JOIN slot s ON s.tenant_id = l.tenant_id AND s.lead_id = l.id AND s.active
        GROUP BY l.tenant_id, l.id HAVING count(*) > l.max_sales""",
    "an active sale holds its slots": """
        SELECT s.id::text FROM sale s LEFT JOIN slot x ON x.sale_id = s.id AND x.active
        WHERE s.state <> 'returned' GROUP BY s.id HAVING count(x.number) = 0""",
    "a listing shows the slots that are left": """
        SELECT l.lead_id::text FROM listing l LEFT JOIN slot s ON s.lead_id = l.lead_id AND s.active
        GROUP BY l.lead_id HAVING l.slots_left <> l.max_sales - count(s.number)""",
    "a returned sale is refunded, and only that": """
        SELECT s.id::text FROM sale s LEFT JOIN journal j ON j.kind = 'return' AND j.source_id = s.id
        WHERE s.net_minor > 0 AND s.terms = 'ppl' AND (s.state = 'returned') <> (j.id IS NOT NULL)""",
    "a captured action has its journal": """
        SELECT a.id::text FROM action a LEFT JOIN journal j ON j.kind = 'capture' AND j.key = a.id::text
        WHERE (a.captured_at IS NOT NULL) <> (j.id IS NOT NULL)""",
    "a released sale has its journal": """
        SELECT s.id::text FROM sale s LEFT JOIN journal j ON j.kind = 'release' AND j.source_id = s.id
        WHERE s.terms = 'ppl' AND s.net_minor > s.commission_minor
          AND (s.released_at IS NOT NULL AND s.state = 'active') <> (j.id IS NOT NULL)""",
}
