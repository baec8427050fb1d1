"""Customers in PostgreSQL, with asyncpg."""

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

import asyncpg

from models import Customer, CustomerFields, Options, Region, SnapShot

TENANT = os.environ["TENANT"]
FIND_BY_NUMBER, FIND_BY_EXTERNAL_ID, STORE = (
    (Path(__file__).parent.parent / "sql" / f"{name}.sql").read_text()
    for name in ("find_by_number", "find_by_external_id", "store")
)
EPOCH = 1_735_689_600_000  # 2025, in milliseconds
SEPA = set(
    "AD AL AT AX BE BG BL CH CY CZ DE DK EE ES FI FR GB GF GG GI GP GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MF MK "
    "MQ MT NL NO PL PM PT RE RO RS SE SI SK SM VA YT".split()
)


class Customers:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.last_number = 0

    async def find_by_urn(self, urn: str) -> SnapShot | None:
        return snapshot(await self.pool.fetchrow(FIND_BY_NUMBER, TENANT, int(urn.removeprefix("cu.00."))))

    async def find_by_external_id(self, external_id: str) -> SnapShot | None:
        return snapshot(await self.pool.fetchrow(FIND_BY_EXTERNAL_ID, TENANT, external_id))

    async def store(self, customer: CustomerFields, region: Region) -> Customer:
        """The customer and its event, in one statement. Raises UniqueViolationError where an identity is taken."""
        row = await self.pool.fetchrow(
            STORE, TENANT, self.next_number(), customer.external_identifier, customer.email, customer.phone_number,
            customer.salutation, customer.first_name, customer.last_name, customer.gender, customer.legal_type,
            customer.primary_billing_address, customer.corporation_info, customer.privacy,
            region.country_code, region.language_code, customer.status,
        )  # fmt: skip
        return Customer(**view(row))

    def next_number(self) -> int:
        """Ordered by time, random within a millisecond, and never twice in one process."""
        number = time.time_ns() // 1_000_000 - EPOCH << 22 | secrets.randbits(22)
        self.last_number = max(number, self.last_number + 1)
        return self.last_number


async def connect() -> asyncpg.Pool:
    return await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8, init=speak_json)


async def speak_json(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def snapshot(row: asyncpg.Record | None) -> SnapShot | None:
    if row is None:
        return None
    channels = ["CARD", "SEPA"] if row["country_code"] in SEPA else ["CARD"]
    return SnapShot(**view(row), options=Options(available_channels=channels, can_save_payment_method=True))


def view(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "customer_urn": f"cu.00.{row['number']}",
        "external_identifier": row["external_id"],
        "email": row["email"],
        "phone_number": row["phone_number"],
        "salutation": row["salutation"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "gender": row["gender"],
        "legal_type": row["legal_type"],
        "primary_billing_address": row["billing_address"],
        "corporation_info": row["corporation_info"],
        "privacy": row["privacy"],
        "claimed_region": Region(country_code=row["country_code"], language_code=row["language_code"]),
        "status": row["status"],
        "version": row["version"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
