"""What only the API key that began it reaches: the walk, which begins things as persons, has no positive control here."""

_UPLOAD = "/api/v1/uploads/<uuid:upload_id>"
_BATCH = ("POST", f"{_UPLOAD}/batch")

BY_ITS_KEY = (
    *((method, _UPLOAD, "path", "upload_id") for method in ("GET", "PATCH", "DELETE")),
    (*_BATCH, "path", "upload_id"),
    *((*_BATCH, "json", name) for name in ("source_id", "consent_text_id", "addressee_id")),
)
