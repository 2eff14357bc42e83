"""Every model of the marketplace, gathered for migrations; code imports a model from the package that owns it."""
# ruff: noqa: F401 (imported to be registered on Base)

import app.delivery.models
import app.incoming.models
import app.leads.batch_models
import app.leads.forms.models
import app.leads.list_upload_models
import app.leads.models
import app.leads.quick.models
import app.leads.rechecks.models
import app.leads.scoring.models
import app.leads.screening_models
import app.leads.upload_models
import app.market.models
import app.market.return_models
import app.outcomes.models
import billing.models
import tenants.models
from tenants.db import Base

__all__ = ["Base"]
