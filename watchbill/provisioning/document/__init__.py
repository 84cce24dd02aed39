"""The organisation as one document: what may stand in it, as pydantic models, one module a subject."""
