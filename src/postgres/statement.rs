//! Statements made from a list of columns, for any number of rows at a time.
//!
//! The rows are parameters: an array for each column, unnested as `input`. Where all rows are of one tenant, it is one
//! value in `$1`, so that a database which shards by tenant sends the statement to one place; else `$1` is an array too.

use sqlx::{Postgres, postgres::PgArguments, query::Query};

use crate::domain::tenant::TenantId;

/// A statement's two forms.
pub struct Statement {
    of_one_tenant: &'static str,
    of_many: &'static str,
}

/// What a statement calls the tenant of a row.
#[derive(Clone, Copy)]
pub enum Tenants {
    One,
    Many,
}

/// A column of `input`, and its type.
pub type InputColumn = (&'static str, &'static str);

impl Statement {
    /// Made once, and kept for as long as the program runs.
    pub fn new(text: impl Fn(Tenants) -> String) -> Self {
        let keep = |tenants| &*Box::leak(text(tenants).into_boxed_str());
        Self { of_one_tenant: keep(Tenants::One), of_many: keep(Tenants::Many) }
    }

    pub fn forms(&self) -> [&'static str; 2] {
        [self.of_one_tenant, self.of_many]
    }

    /// In its form for the tenants of the rows, which are bound as `$1`.
    pub fn query(
        &self,
        tenants: impl Iterator<Item = TenantId> + Clone,
    ) -> Query<'static, Postgres, PgArguments> {
        let mut ids = tenants.clone().map(|tenant| tenant.0);
        match Tenants::of(tenants) {
            Tenants::One => sqlx::query(self.of_one_tenant).bind(ids.next()),
            Tenants::Many => sqlx::query(self.of_many).bind(ids.collect::<Vec<_>>()),
        }
    }
}

impl Tenants {
    pub fn of(tenants: impl IntoIterator<Item = TenantId>) -> Self {
        let mut tenants = tenants.into_iter();
        let first = tenants.next();
        if tenants.all(|tenant| Some(tenant) == first) { Self::One } else { Self::Many }
    }

    /// The tenant of a row of `input`.
    pub fn expression(self) -> &'static str {
        match self {
            Self::One => "$1::uuid",
            Self::Many => "input.tenant_id",
        }
    }

    /// The rows, numbered by `place` from 1 on. `columns` are the parameters from `$2` on.
    pub fn input(self, columns: &[InputColumn]) -> String {
        let parameters = columns.iter().zip(2..).map(|((_, sql_type), n)| format!("${n}::{sql_type}[]"));
        let names = columns.iter().map(|(name, _)| (*name).to_owned());
        let (tenant, tenant_id) = match self {
            Self::One => (None, None),
            Self::Many => (Some("$1::uuid[]".to_owned()), Some("tenant_id".to_owned())),
        };
        let parameters: Vec<_> = tenant.into_iter().chain(parameters).collect();
        let names: Vec<_> = tenant_id.into_iter().chain(names).collect();
        format!("unnest({}) with ordinality as input ({}, place)", parameters.join(", "), names.join(", "))
    }
}
