"""/api/v1: JSON over bearer keys, described by its own OpenAPI document."""
