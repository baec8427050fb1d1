"""Requests and answers, validated and serialised by Pydantic."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Region(Model):
    country_code: str
    language_code: str


class CustomerFields(Model):
    external_identifier: Annotated[str, Field(min_length=1)]
    email: str | None = None
    phone_number: str | None = None
    salutation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    gender: Literal["Female", "Male", "Other", "Unspecified"] | None = None
    legal_type: Literal["Individual", "Corporate"] = "Individual"
    primary_billing_address: dict[str, Any] | None = None
    corporation_info: dict[str, Any] | None = None
    privacy: dict[str, Any] | None = None
    status: str = "Active"


class StoreRequest(Model):
    customer: CustomerFields
    claimed_region: Region


class Customer(CustomerFields):
    customer_urn: str
    claimed_region: Region
    version: int
    created_at: datetime
    updated_at: datetime


class Options(Model):
    available_channels: list[str]
    can_save_payment_method: bool


class SnapShot(Customer):
    options: Options


class Status(Model):
    message_code: str


class StoreAnswer(Model):
    result: Customer
    status: Status


class InfoAnswer(Model):
    result: SnapShot
    status: Status
