"""The endpoints `info` and `store` with FastAPI and asyncpg."""

import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from asyncpg import UniqueViolationError
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from customers import TENANT, Customers, connect
from models import InfoAnswer, Status, StoreAnswer, StoreRequest

API_KEY = os.environ["API_KEY"].encode()
SUCCESS = Status(message_code="SUCCESS")
TAKEN = {
    "customers_tenant_id_external_id_key": "CUSTOMER_ALREADY_STORED",
    "customers_tenant_id_email_key_key": "USER_WITH_SAME_EMAIL_EXISTS",
    "customers_tenant_id_phone_number_key": "USER_WITH_SAME_PHONE_NUMBER_EXISTS",
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with await connect() as pool:
        app.state.customers = Customers(pool)
        yield


async def authenticate(x_api_key: Annotated[str, Header()] = "", x_tn: Annotated[str, Header()] = "") -> None:
    if not hmac.compare_digest(x_api_key.encode(), API_KEY) or x_tn.lower() != TENANT:
        raise HTTPException(401)


# Without `async` it would be called in a thread.
async def customers(request: Request) -> Customers:
    return request.app.state.customers


app = FastAPI(
    lifespan=lifespan, dependencies=[Depends(authenticate)], openapi_url=None, docs_url=None, redoc_url=None
)
CustomersOfApp = Annotated[Customers, Depends(customers)]


@app.get("/api/c2a/customer/info", response_model_exclude_none=True)
async def info(
    customers: CustomersOfApp,
    urn: Annotated[str | None, Query(pattern=r"^cu\.00\.[1-9][0-9]{0,17}$")] = None,
    exId: Annotated[str | None, Query(min_length=1)] = None,
) -> InfoAnswer:
    if urn is not None:
        customer = await customers.find_by_urn(urn)
    elif exId is not None:
        customer = await customers.find_by_external_id(exId)
    else:
        raise HTTPException(400, "INVALID_REQUEST")
    if customer is None:
        raise HTTPException(404, "CUSTOMER_NOT_FOUND")
    return InfoAnswer(result=customer, status=SUCCESS)


@app.post("/api/c2a/customer/store", response_model_exclude_none=True)
async def store(customers: CustomersOfApp, request: StoreRequest) -> StoreAnswer:
    return StoreAnswer(result=await customers.store(request.customer, request.claimed_region), status=SUCCESS)


@app.exception_handler(HTTPException)
async def failed(_: Request, error: HTTPException) -> Response:
    return Response(status_code=401) if error.status_code == 401 else failure(error.status_code, error.detail)


@app.exception_handler(RequestValidationError)
async def invalid(_: Request, error: RequestValidationError) -> Response:
    return failure(400, "INVALID_REQUEST")


@app.exception_handler(UniqueViolationError)
async def taken(_: Request, error: UniqueViolationError) -> Response:
    if error.constraint_name not in TAKEN:
        raise error
    return failure(409, TAKEN[error.constraint_name])


def failure(status: int, code: str) -> JSONResponse:
    return JSONResponse({"status": {"messageCode": code}}, status)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
