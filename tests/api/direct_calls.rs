//! Rules that hold for every caller of the services, whatever surface it comes from.

use std::{collections::BTreeMap, sync::Arc};

use azotte_customers::{
    domain::{
        attribute::Attribute,
        caller::{Caller, PartnerCaller, PartnerRole},
        change::Change,
        country::CountryCode,
        customer::{CustomerRef, Profile, ProfileChange},
        customer_urn::Cell,
        external_id::ExternalId,
        language::LanguageCode,
        legal_type::LegalType,
        partner::{PartnerCustomer, PartnerCustomerId, ResellerId},
        precondition::Precondition,
        region::ClaimedRegion,
        tenant::Tenant,
        text::Text,
        upsert::{Guard, IfTaken},
    },
    postgres::{customers::PgCustomers, partner::PgPartners, resellers},
    sandbox::seed,
    service::{
        customers::{CustomersError, CustomersService},
        partners::{PartnersError, PartnersService},
    },
};
use uuid::Uuid;

use crate::support::{Server, caller::caller};

const RESELLER: ResellerId = ResellerId(Uuid::from_u128(1));
const OTHER_RESELLER: ResellerId = ResellerId(Uuid::from_u128(2));

#[tokio::test]
async fn an_incomplete_record_is_never_stored() {
    let server = Server::start().await;
    let customers = customers(&server);
    let requiring = requiring(&[Attribute::Gender, Attribute::Email]);
    let corporate = ProfileChange { legal_type: Change::Set(LegalType::Corporate), ..Default::default() };

    let lacks_what_the_tenant_requires =
        customers.store(&requiring, profile(), Guard::default(), IfTaken::Fail).await;
    let lacks_a_company = customers
        .store(&caller(seed::TENANT_ID), profile().changed_by(corporate), Guard::default(), IfTaken::Fail)
        .await;

    let missing = vec![Attribute::Email, Attribute::Gender];
    assert_eq!(lacks_what_the_tenant_requires, Err(CustomersError::Incomplete(missing)));
    assert_eq!(lacks_a_company, Err(CustomersError::Incomplete(vec![Attribute::CorporationInfo])));
    assert_eq!(server.counts().await, (0, 0));
}

#[tokio::test]
async fn a_record_never_becomes_incomplete() {
    let server = Server::start().await;
    let customers = customers(&server);
    let stored = customers.store(&caller(seed::TENANT_ID), profile(), Guard::default(), IfTaken::Fail).await;
    let urn = stored.unwrap().customer.urn;
    let change = ProfileChange { first_name: Change::Set(Text::parse("Ana").unwrap()), ..Default::default() };

    let requiring = requiring(&[Attribute::Email]);
    let updated = customers
        .update(&requiring, &CustomerRef::Urn(urn), &Precondition::None, Guard::default(), change)
        .await;

    assert_eq!(updated, Err(CustomersError::Incomplete(vec![Attribute::Email])));
}

#[tokio::test]
async fn a_partner_s_record_is_complete_too() {
    let server = Server::start().await;
    let partners = PgPartners::new(customers(&server));
    let csp = PartnerCaller { caller: requiring(&[Attribute::Email]), role: PartnerRole::Csp };

    let created = partners.create(&csp, company(None)).await;

    assert_eq!(created, Err(PartnersError::Incomplete(vec![Attribute::Email])));
    assert_eq!(server.counts().await, (0, 0));
}

#[tokio::test]
async fn a_reseller_creates_nothing_for_another() {
    let server = Server::start().await;
    let partners = PgPartners::new(customers(&server));
    for id in [RESELLER, OTHER_RESELLER] {
        resellers::add(&server.pool, seed::TENANT_ID, id, "Resale Ltd").await.unwrap();
    }
    let role = PartnerRole::Reseller(RESELLER);
    let reseller = PartnerCaller { caller: caller(seed::TENANT_ID), role };

    let created = partners.create(&reseller, company(Some(OTHER_RESELLER))).await;

    assert_eq!(created, Err(PartnersError::Forbidden));
    assert_eq!(server.counts().await, (0, 0));
}

fn customers(server: &Server) -> PgCustomers {
    PgCustomers::new(server.connections.clone(), Cell::default(), || 7)
}

/// A caller whose tenant requires these fields.
fn requiring(required: &[Attribute]) -> Caller {
    let caller = caller(seed::TENANT_ID);
    let tenant = Tenant { required: required.to_vec(), ..Tenant::clone(&caller.tenant) };
    Caller { tenant: Arc::new(tenant), ..caller }
}

fn profile() -> Profile {
    let (country, language) = (CountryCode::parse("DE").unwrap(), LanguageCode::parse("de").unwrap());
    Profile::new(ExternalId::parse("crm-1").unwrap(), ClaimedRegion { country, language })
}

fn company(reseller: Option<ResellerId>) -> PartnerCustomer {
    PartnerCustomer {
        id: PartnerCustomerId(Uuid::from_u128(3)),
        company_name: Some(Text::parse("Fabrikam").unwrap()),
        tax_id: None,
        country: CountryCode::parse("PT").unwrap(),
        address_line1: None,
        address_line2: None,
        city: None,
        state: None,
        zip: None,
        first_name: None,
        middle_name: None,
        last_name: None,
        email: None,
        phone: None,
        internal_identifier: None,
        reseller,
        associations: Vec::new(),
        provider_customers: BTreeMap::new(),
    }
}
