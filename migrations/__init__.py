"""Alembic migrations; shipped with the package so that an installed arena can upgrade its database."""
