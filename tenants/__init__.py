"""WHO: tenants, users, roles, keys, and the only doors to the database.

Promise: no tenant reads or writes another's data, and every change has a tenant, a person and a time.
Knows nothing of money, leads or HTTP.
"""
