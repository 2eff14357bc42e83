"""What the database itself says about its rules: everything that autogenerate cannot see, as sorted lines of text.

`catalogue.txt` is the reviewed state; after a migration `python -m tests.catalogue` writes it anew, and the difference
is read in review like code.
"""

import sys
from pathlib import Path

import psycopg

SNAPSHOT = Path(__file__).with_name("catalogue.txt")

_OURS = """n.nspname = 'public' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.objid = {oid} AND d.deptype = 'e')"""
"""Not what an extension brought."""

_QUERIES = {
    "role": """
        SELECT rolname || concat_ws(' ', ':', CASE WHEN rolcanlogin THEN 'login' END,
          CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
          CASE WHEN rolinherit THEN 'inherit' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
          CASE WHEN rolcreatedb THEN 'CREATEDB' END)
          || coalesce((SELECT string_agg(format(', member of %s (inherit %s, set %s, admin %s)', roleid::regrole,
            inherit_option, set_option, admin_option), '' ORDER BY roleid::regrole::text)
            FROM pg_auth_members WHERE member = r.oid), '')
        FROM pg_roles r WHERE rolname IN ('app', 'owner', 'platform')""",
    "schema": """
        SELECT format('%s: %s may %s', nspname, coalesce(nullif(grantee, 0)::regrole::text, 'public'),
          string_agg(privilege_type, ', ' ORDER BY privilege_type))
        FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public' GROUP BY nspname, grantee""",
    "table": f"""
        SELECT format('%s: %s of %s%s%s%s', c.relname, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view'
          WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'p' THEN 'partitioned table'
          ELSE c.relkind::text END, c.relowner::regrole, CASE WHEN c.relrowsecurity THEN ', row security' END,
          CASE WHEN c.relforcerowsecurity THEN ', forced' END, ', ' || array_to_string(c.reloptions, ' '))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm', 'S', 'p', 'f') AND {_OURS.format(oid="c.oid")}""",
    "policy": """
        SELECT format('%s.%s: %s for %s to %s%s%s', tablename, policyname, lower(permissive), cmd,
          array_to_string(roles, ', '), ' using ' || qual, ' check ' || with_check)
        FROM pg_policies WHERE schemaname = 'public'""",
    "grant": f"""
        SELECT format('%s: %s may %s', c.relname, coalesce(nullif(g.grantee, 0)::regrole::text, 'public'),
          string_agg(g.privilege_type || g.columns, ', ' ORDER BY g.privilege_type))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (
          SELECT grantee, privilege_type, '' AS columns FROM aclexplode(c.relacl) UNION ALL
          SELECT a.grantee, a.privilege_type, format(' (%s)', string_agg(attname, ', ' ORDER BY attname))
          FROM pg_attribute, aclexplode(attacl) a WHERE attrelid = c.oid GROUP BY 1, 2) g
        WHERE g.grantee <> c.relowner AND {_OURS.format(oid="c.oid")} GROUP BY c.relname, g.grantee""",
    "check": """
        SELECT format('%s.%s: %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace""",
    "index": """
        SELECT format('%s.%s:%s', tablename, indexname, substring(indexdef FROM ' USING .*'))
        FROM pg_indexes WHERE schemaname = 'public'""",
    "default": """
        SELECT format('%s.%s: %s', adrelid::regclass, attname, pg_get_expr(adbin, adrelid))
        FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)""",
    "trigger": """
        SELECT format('%s: %s', tgname, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal""",
    "function": f"""
        SELECT format('%s: of %s, %s, %s, %s, execute by %s, body %s', p.oid::regprocedure,
          p.proowner::regrole, CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'invoker' END,
          CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
          coalesce(array_to_string(p.proconfig, ' '), 'no settings'),
          coalesce((SELECT string_agg(coalesce(nullif(grantee, 0)::regrole::text, 'public'), ', '
            ORDER BY grantee::regrole::text) FROM aclexplode(p.proacl)), 'public'),
          md5(pg_get_functiondef(p.oid)))
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind IN ('f', 'p') AND {_OURS.format(oid="p.oid")}""",
}


def describe(connection: psycopg.Connection) -> list[str]:
    """Roles, tables, policies, grants, checks, indexes, defaults, triggers and functions, a line each, sorted."""
    return [
        f"{kind} {line}"
        for kind, query in _QUERIES.items()
        for line in sorted(" ".join(str(row[0]).split()) for row in connection.execute(query))
    ]


def main() -> None:
    """Write the snapshot from a freshly migrated database."""
    from tests import servers

    running = servers.start_servers()
    address = servers.urls(running, servers.template_database(running)).superuser
    with psycopg.connect(address.replace("+psycopg", "", 1)) as connection:
        SNAPSHOT.write_text("\n".join(describe(connection)) + "\n", encoding="utf-8")
    sys.stdout.write(f"{SNAPSHOT} is written\n")


if __name__ == "__main__":
    main()
