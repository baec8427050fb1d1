//! A partner's new customer: record, projection, relations, provider customers and event in one transaction.

use std::collections::BTreeMap;

use sqlx::{PgConnection, types::Json};

use super::{PgPartners, find, load, row::MarginColumn};
use crate::domain::{
    caller::{PartnerCaller, PartnerRole},
    customer::Profile,
    partner::{
        Contact, PartnerCustomer, PartnerCustomerId, ProviderCustomer, ProviderInstanceId, ResellerId,
        StoredPartnerCustomer,
    },
    tenant::TenantId,
};
use crate::postgres::{
    error::is_serialization_failure,
    session::{begin, commit, rollback},
};
use crate::service::{
    customers::{Identity, TakenIdentity},
    partners::{Creation, PartnersError},
    storage_error::StorageError,
};

const ATTEMPTS: usize = 4;

impl PgPartners {
    pub(super) async fn create_new(
        &self,
        connection: &mut PgConnection,
        caller: &PartnerCaller,
        customer: &PartnerCustomer,
    ) -> Result<Creation, PartnersError> {
        check_references(&mut *connection, caller, customer).await?;
        let profile = customer.projection();
        let missing = profile.missing(&caller.caller.tenant.required);
        if !missing.is_empty() {
            return Err(PartnersError::Incomplete(missing));
        }
        for _ in 0..ATTEMPTS {
            match self.insert(&mut *connection, caller, customer, &profile).await {
                Ok(Some(number)) => return Ok(self.creation(customer, number, true)),
                Ok(None) => {}
                Err(error) if is_serialization_failure(&error) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(number) = find_equal(&mut *connection, caller, customer).await? {
                return Ok(self.creation(customer, number, false));
            }
            let taken = self.taken(&mut *connection, caller.caller.tenant_id(), customer, &profile).await?;
            if !taken.is_empty() {
                return Err(PartnersError::Taken(taken));
            }
        }
        Err(StorageError::Unavailable.into())
    }

    fn creation(&self, customer: &PartnerCustomer, number: i64, is_new: bool) -> Creation {
        Creation { id: customer.id, urn: self.customers.urn(number), is_new }
    }

    /// Everything, under the number returned; or `None` and nothing: an identity is taken.
    async fn insert(
        &self,
        connection: &mut PgConnection,
        caller: &PartnerCaller,
        customer: &PartnerCustomer,
        profile: &Profile,
    ) -> Result<Option<i64>, sqlx::Error> {
        let tenant = caller.caller.tenant_id();
        let mut transaction = begin(connection).await?;
        let number = self.customers.next_number();
        let inserted = self.customers.insert(&mut transaction, &caller.caller, number, profile).await?;
        if inserted.is_none() || !insert_partner(&mut transaction, tenant, number, customer).await? {
            rollback(transaction).await?;
            return Ok(None);
        }
        insert_associations(&mut transaction, tenant, number, customer).await?;
        insert_providers(&mut transaction, tenant, number, customer).await?;
        commit(transaction).await?;
        Ok(Some(number))
    }

    /// The identities of the projection, and the partner's id where C2A has since given the customer another
    /// external id.
    async fn taken(
        &self,
        connection: &mut PgConnection,
        tenant: TenantId,
        customer: &PartnerCustomer,
        profile: &Profile,
    ) -> Result<Vec<TakenIdentity>, PartnersError> {
        let mut taken = self.customers.taken(&mut *connection, tenant, profile, None).await?;
        if taken.iter().all(|taken| taken.identity != Identity::ExternalId) {
            let holder = find_number(connection, tenant, customer.id).await?;
            let holder = holder.map(|number| self.customers.urn(number));
            taken.extend(holder.map(|holder| TakenIdentity { identity: Identity::ExternalId, holder }));
        }
        taken.sort_by_key(|taken| taken.identity);
        Ok(taken)
    }
}

/// Whoever may see it.
#[tracing::instrument(name = "partner.taken", skip_all)]
async fn find_number(
    connection: &mut PgConnection,
    tenant: TenantId,
    id: PartnerCustomerId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select customer_number
        from partner_customers
        where tenant_id = $1
          and partner_id = $2
        "#,
        tenant.0,
        id.0,
    )
    .fetch_optional(connection)
    .await
}

/// The number of this very customer, if it is there already.
async fn find_equal(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    customer: &PartnerCustomer,
) -> Result<Option<i64>, PartnersError> {
    let Some(number) = find::visible(&mut *connection, caller, customer.id).await? else { return Ok(None) };
    let stored = load::customers(connection, caller.caller.tenant_id(), &[number]).await?;
    let is_equal = |stored: &StoredPartnerCustomer| match stored {
        StoredPartnerCustomer::Living(stored) => stored.same_request_as(customer),
        StoredPartnerCustomer::Erased(_) => false,
    };
    Ok(stored.iter().any(is_equal).then_some(number))
}

/// Every reseller and provider instance it names is the tenant's.
#[tracing::instrument(name = "partner.check_references", skip_all)]
async fn check_references(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    customer: &PartnerCustomer,
) -> Result<(), PartnersError> {
    let named = customer.resellers();
    let instances: Vec<_> = customer.provider_customers.keys().copied().collect();
    let known = sqlx::query!(
        r#"
        select
            array(select id from resellers where tenant_id = $1 and id = any($2)) as "resellers!",
            array(
                select id
                from provider_instances
                where tenant_id = $1
                  and id = any($3)
                  and removed_at is null
            ) as "provider_instances!"
        "#,
        caller.caller.tenant_id().0,
        &named.iter().map(|id| id.0).collect::<Vec<_>>(),
        &instances.iter().map(|id| id.0).collect::<Vec<_>>(),
    )
    .fetch_one(connection)
    .await?;
    let is_unknown = |id: ResellerId| !known.resellers.contains(&id.0);
    let reseller = customer.reseller.is_some_and(is_unknown);
    let associations = customer.associations.iter().enumerate();
    let associations: Vec<usize> =
        associations.filter(|(_, (id, _))| is_unknown(*id)).map(|(position, _)| position).collect();
    let provider_instances: Vec<ProviderInstanceId> =
        instances.into_iter().filter(|id| !known.provider_instances.contains(&id.0)).collect();
    match caller.role {
        PartnerRole::Reseller(_) if reseller => Err(PartnersError::Forbidden),
        _ if !reseller && associations.is_empty() && provider_instances.is_empty() => Ok(()),
        _ => Err(PartnersError::Unknown { reseller, associations, provider_instances }),
    }
}

/// `false`: another customer has this partner id.
#[tracing::instrument(name = "partner.create", skip_all)]
async fn insert_partner(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<bool, sqlx::Error> {
    let PartnerCustomer {
        id,
        reseller,
        middle_name,
        internal_identifier,
        email,
        phone,
        // Rows of their own.
        associations: _,
        provider_customers: _,
        // Of the projection.
        company_name: _,
        tax_id: _,
        country: _,
        address_line1: _,
        address_line2: _,
        city: _,
        state: _,
        zip: _,
        first_name: _,
        last_name: _,
    } = customer;
    let inserted = sqlx::query!(
        r#"
        insert into partner_customers (
            tenant_id,
            customer_number,
            partner_id,
            reseller_id,
            middle_name,
            internal_identifier,
            email_as_text,
            phone_as_text
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict do nothing
        "#,
        tenant.0,
        number,
        id.0,
        reseller.map(|reseller| reseller.0),
        middle_name.as_ref().map(|name| name.as_str()),
        internal_identifier.as_ref().map(|identifier| identifier.as_str()),
        email.as_ref().and_then(Contact::unparsed).map(|text| text.as_str()),
        phone.as_ref().and_then(Contact::unparsed).map(|text| text.as_str()),
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

#[tracing::instrument(name = "partner.create_associations", skip_all)]
async fn insert_associations(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<(), sqlx::Error> {
    let associations = customer.associations.iter();
    let (resellers, names): (Vec<_>, Vec<_>) = associations
        .map(|(reseller, name)| (reseller.0, name.as_ref().map(|name| name.as_str().to_owned())))
        .unzip();
    sqlx::query!(
        r#"
        insert into customer_associations (tenant_id, customer_number, reseller_id, name)
        select $1, $2, association.reseller_id, association.name
        from unnest($3::uuid[], $4::text[]) as association (reseller_id, name)
        "#,
        tenant.0,
        number,
        &resellers,
        &names as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[tracing::instrument(name = "partner.create_providers", skip_all)]
async fn insert_providers(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<(), sqlx::Error> {
    for (instance, provider) in &customer.provider_customers {
        let ProviderCustomer {
            data,
            margin,
            offer_type_margins,
            // The column's own defaults, until the provider answers.
            provider_customer_id: _,
            status: _,
            creation_error: _,
        } = provider;
        let (rule, value) = margin.as_ref().map(|margin| (margin.rule.as_str(), margin.value.get())).unzip();
        let offer_types = offer_type_margins.iter();
        let margins: BTreeMap<_, _> =
            offer_types.map(|(offer_type, margin)| (offer_type, MarginColumn::new(margin))).collect();
        sqlx::query!(
            r#"
            insert into provider_customers (
                tenant_id,
                customer_number,
                provider_instance_id,
                data,
                margin_rule,
                margin_value,
                offer_type_margins
            )
            values ($1, $2, $3, $4, $5, $6, $7)
            "#,
            tenant.0,
            number,
            instance.0,
            data.as_deref(),
            rule,
            value,
            Json(margins) as _,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
